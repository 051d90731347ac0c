#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Renews the outputs shown in README.md and docs/*.md, so that they cannot go stale.

A line `<!-- peerbench ARGS -->` in front of a fenced block says which command's output the block holds. The
commands of a file run in its order and keep their runs in a folder of their own: `peerbench report` shows the
run above it, and what the user keeps is not touched.
Usage: update_readme.py [--check] PROGRAM      (--check: change nothing, exit 1 when a block is stale)
"""

import argparse
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"(<!-- peerbench ?(?P<args>.*?) -->\n+```[a-z]*\n)(?P<body>.*?)(```\n)", re.DOTALL)


def environment(state):
    """The user's, without what changes a page: options of peerbench, and runs that were kept."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PEERBENCH_")}
    return {**kept, "XDG_STATE_HOME": state}


def output_of(program, arguments, state):
    """Standard output of the program, run in the project's folder at 80 columns, without colours."""
    done = subprocess.run([program, *shlex.split(arguments)], cwd=ROOT, env=environment(state),
                          capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode not in (0, 1):
        sys.exit(f"update_readme: peerbench {arguments}: exit {done.returncode}: {done.stderr}")
    return done.stdout


def renewed(text, program):
    """The text with every marked block replaced; also the commands whose block was stale."""
    stale = []
    with tempfile.TemporaryDirectory() as state:

        def replace(match):
            body = output_of(program, match["args"], state)
            if body != match["body"]:
                stale.append(f"peerbench {match['args']}")
            return match[1] + body + match[4]

        return BLOCK.sub(replace, text), stale


def pages(root):
    """The files that may hold marked blocks."""
    return [root / "README.md", *sorted((root / "docs").glob("*.md"))]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("program", type=os.path.abspath)
    options = parser.parse_args()
    failed = False
    for page in pages(ROOT):
        name = page.relative_to(ROOT)
        text, stale = renewed(page.read_text(encoding="utf-8"), options.program)
        if options.check:
            for command in stale:
                print(f"{name} shows an old output of: {command}; run scripts/update_readme.py PROGRAM")
            failed = failed or bool(stale)
        elif stale:
            page.write_text(text, encoding="utf-8")
            print(f"{name}: {len(stale)} block(s) renewed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
