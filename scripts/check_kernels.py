#!/usr/bin/env python3
"""Checks what the compiler makes of the kernels: no local memory, no spilled registers, and 16-byte
accesses in those that must saturate a memory.

    scripts/check_kernels.py [--nvcc NVCC] [FILE.cu ...]     (default: all of kernels/)

Exits 1 with what is wrong and where, 77 when there is no nvcc.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
ARCHITECTURES = ("75", "90")  # the oldest that is built for, and one of today's

# 16 bytes at once, as PTX spells it.
WIDE = r"\.v(?:2\.[ubsf]64|4\.[ubsf]32)"
WIDE_LOAD = re.compile(r"\bld\.global(?:\.\w+)*?" + WIDE)
WIDE_STORE = re.compile(r"\bst\.global(?:\.\w+)*?" + WIDE)
# Kernel: fewest wide loads and wide stores in it, as many as it has in flight.
NEEDED = {
    "peerbench_read": (4, 0),
    "peerbench_write": (0, 4),
    "peerbench_copy": (4, 4),
    "peerbench_triad": (8, 4),
}


def resource_faults(report):
    """What ptxas -v tells of local memory and spills, one sentence a kernel."""
    faults, kernel = [], "?"
    for line in report.splitlines():
        if entry := re.search(r"Compiling entry function '(\w+)' for '(\w+)'", line):
            kernel = f"{entry[1]} ({entry[2]})"
        for amount, what in re.findall(
            r"(\d+) bytes (stack frame|spill stores|spill loads|lmem)", line
        ):
            if int(amount) > 0:
                faults.append(f"{kernel}: {amount} bytes {what}")
    return faults


def bodies(ptx):
    """The text of each kernel in PTX, by name."""
    parts = re.split(r"\.visible \.entry (\w+)\(", ptx)
    return dict(zip(parts[1::2], parts[2::2]))


def access_faults(kernels):
    """Kernels of NEEDED with too few 16-byte accesses."""
    faults = []
    for name, (loads, stores) in NEEDED.items():
        if name not in kernels:
            continue
        for what, pattern, needed in (("loads", WIDE_LOAD, loads), ("stores", WIDE_STORE, stores)):
            found = len(pattern.findall(kernels[name]))
            if found < needed:
                faults.append(f"{name}: {found} global {what} of 16 bytes, {needed} are needed")
    return faults


def compile_with(nvcc, arguments, source, output):
    command = [nvcc, "-std=c++20", f"-I{ROOT}", *arguments, "-o", output, source]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{source} does not compile:\n{done.stderr}")
    return done.stdout + done.stderr


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--nvcc", default=os.environ.get("CUDACXX") or shutil.which("nvcc"))
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()
    if not arguments.nvcc:
        print("no nvcc: set CUDACXX or --nvcc")
        return 77
    own = not arguments.files
    files = arguments.files or sorted((ROOT / "kernels").glob("*.cu"))

    faults, kernels, seen = [], {}, 0
    machine_code = [f"-gencode=arch=compute_{a},code=sm_{a}" for a in ARCHITECTURES]
    with tempfile.TemporaryDirectory() as folder:
        output = os.path.join(folder, "out")
        for source in files:
            report = compile_with(
                arguments.nvcc, [*machine_code, "-Xptxas=-v", "-fatbin"], source, output
            )
            seen += len(re.findall("Compiling entry function", report))
            faults += resource_faults(report)
            compile_with(
                arguments.nvcc, [f"-arch=compute_{ARCHITECTURES[-1]}", "-ptx"], source, output
            )
            kernels |= bodies(pathlib.Path(output).read_text(encoding="utf-8"))
    faults += access_faults(kernels)
    if own:
        faults += [f"{name}: not found in kernels/" for name in NEEDED if name not in kernels]
    if seen != len(kernels) * len(ARCHITECTURES) or seen == 0:
        faults.append(f"{seen} reports for {len(kernels)} kernels: is ptxas -v read right?")

    for fault in faults:
        print(fault)
    print(f"{len(kernels)} kernels for sm_{', sm_'.join(ARCHITECTURES)}: {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
