#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs clang-tidy over the house's .cpp files, several at a time in one translation unit.

Most of clang-tidy's time goes into the headers of the libraries, which so are read once a batch, not once a
file. A batch whose files do not go together (two of them name a helper alike) is halved until they do.
    scripts/lint_tidy.py BUILD_DIR CLANG_TIDY    BUILD_DIR has compile_commands.json; exits 1 when anything was found
"""

import json
import os
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BATCH = 8
# What g++ knows and clang does not.
GCC_ONLY = ("-fno-tree-", "-ftree-", "--param", "-fopt-info", "-fpch-preprocess", "-Winvalid-pch")


def commands(build):
    """(file, clang's arguments) of every .cpp file of the house; .cu files are nvcc's."""
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = Path(entry["directory"], entry["file"]).resolve()
        if path.suffix != ".cpp" or not path.is_relative_to(ROOT) or build in path.parents:
            continue
        if path.relative_to(ROOT).parts[0] not in ("src", "kernels", "bench"):
            continue
        words = shlex.split(entry["command"])
        start = next(i for i, word in enumerate(words) if word.startswith("-"))
        end = words.index("-o")
        words = without_precompiled(words[start:end])
        arguments = [word for word in words if not word.startswith(GCC_ONLY)]
        yield path, tuple(arguments)


def without_precompiled(words):
    """Without the headers that g++ has compiled beforehand: they would hide an include that is missing."""
    while "-include" in words:
        place = words.index("-include")
        words = words[:place] + words[place + 2:]
    return words


def batches(build):
    """Files of one folder that are compiled alike, BATCH at most."""
    alike = {}
    for path, arguments in dict(commands(build)).items():
        alike.setdefault((path.parent, arguments), []).append(path)
    for (_, arguments), paths in sorted(alike.items()):
        for first in range(0, len(paths), BATCH):
            yield sorted(paths)[first:first + BATCH], arguments


def tidy(folder, paths, arguments):
    """clang-tidy's findings in these files, as text; empty when there are none."""
    unit = paths[0]
    if len(paths) > 1:
        unit = folder / ("_".join(paths[0].relative_to(ROOT).with_suffix("").parts) + f"_{len(paths)}.cpp")
        unit.write_text("".join(f'#include "{path}"\n' for path in paths))
    done = subprocess.run(
        [sys.argv[2], "--quiet", f"--config-file={ROOT}/.clang-tidy", str(unit), "--", *arguments,
         "-Wno-unknown-warning-option", "-Wno-deprecated-declarations",
         "-Wno-shadow",  # of one file's names by the next one's; g++ warns of those within a file
         f"-I{paths[0].parent}"],
        capture_output=True, text=True, cwd=ROOT)
    if done.returncode == 0:
        return ""
    if len(paths) > 1 and "[clang-diagnostic-error]" in done.stdout:
        half = len(paths) // 2
        return tidy(folder, paths[:half], arguments) + tidy(folder, paths[half:], arguments)
    return done.stdout or done.stderr


def main():
    build = Path(sys.argv[1]).resolve()
    folder = build / "lint"
    folder.mkdir(exist_ok=True)
    work = sorted(batches(build), key=lambda batch: -len(batch[0]))  # the long ones first
    with ThreadPoolExecutor(int(os.environ.get("PEERBENCH_JOBS", os.cpu_count()))) as pool:
        found = [text for text in pool.map(lambda batch: tidy(folder, *batch), work) if text]
    print("\n".join(found) + f"clang-tidy: {sum(len(batch[0]) for batch in work)} files, "
          + (f"findings in {len(found)} of {len(work)} batches" if found else "nothing found"))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
