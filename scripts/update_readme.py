#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Renews the outputs shown in README.md, so that they cannot go stale.

A line `<!-- peerbench ARGS -->` in front of a fenced block says which command's output the block holds.
Usage: update_readme.py [--check] PROGRAM      (--check: change nothing, exit 1 when a block is stale)
"""

import argparse
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"(<!-- peerbench ?(?P<args>.*?) -->\n+```[a-z]*\n)(?P<body>.*?)(```\n)", re.DOTALL)


def output_of(program, arguments):
    """Standard output of the program, run in the project's folder at 80 columns, without colours."""
    done = subprocess.run([program, *shlex.split(arguments)], cwd=ROOT, capture_output=True,
                          text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode not in (0, 1):
        sys.exit(f"update_readme: peerbench {arguments}: exit {done.returncode}: {done.stderr}")
    return done.stdout


def renewed(text, program):
    """The text with every marked block replaced; also the commands whose block was stale."""
    stale = []

    def replace(match):
        body = output_of(program, match["args"])
        if body != match["body"]:
            stale.append(f"peerbench {match['args']}")
        return match[1] + body + match[4]

    return BLOCK.sub(replace, text), stale


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("program")
    options = parser.parse_args()
    readme = ROOT / "README.md"
    text, stale = renewed(readme.read_text(encoding="utf-8"), options.program)
    if options.check:
        for command in stale:
            print(f"README.md shows an old output of: {command}; run scripts/update_readme.py PROGRAM")
        sys.exit(1 if stale else 0)
    readme.write_text(text, encoding="utf-8")
    print(f"README.md: {len(stale)} block(s) renewed")


if __name__ == "__main__":
    main()
