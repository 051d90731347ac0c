#!/usr/bin/env python3
"""Checks what the compiler makes of the kernels: no local memory, no spilled registers, and 16-byte
accesses in those that must saturate a memory, in PTX and in machine code: a read whose result nobody
uses may be dropped by either step.

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
# Those whose machine code is looked at: with Orin, Thor and Spark, whose pools kernels must read.
DISASSEMBLED = ("75", "87", "90", "110", "121")

# 16 bytes at once, as PTX spells it.
WIDE = r"\.v(?:2\.[ubsf]64|4\.[ubsf]32)"
WIDE_LOAD = re.compile(r"\bld\.global(?:\.\w+)*?" + WIDE)
WIDE_STORE = re.compile(r"\bst\.global(?:\.\w+)*?" + WIDE)
# The same in machine code.
SASS_LOAD = re.compile(r"\bLDG\.E\.128\b")
SASS_STORE = re.compile(r"\bSTG\.E\.128\b")
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


def access_faults(kernels, load=WIDE_LOAD, store=WIDE_STORE, where=""):
    """Kernels of NEEDED with too few 16-byte accesses."""
    faults = []
    for name, (loads, stores) in NEEDED.items():
        if name not in kernels:
            continue
        for what, pattern, needed in (("loads", load, loads), ("stores", store, stores)):
            found = len(pattern.findall(kernels[name]))
            if found < needed:
                faults.append(
                    f"{name}{where}: {found} global {what} of 16 bytes, {needed} are needed"
                )
    return faults


def disassembler():
    """nvdisasm: on PATH, or of the wheel in this project's environment; None where there is none."""
    wheel = "lib/python3*/site-packages/nvidia/cu13/bin/nvdisasm"
    found = sorted((ROOT / ".deps" / "venv").glob(wheel))
    return shutil.which("nvdisasm") or (str(found[0]) if found else None)


def machine_code_faults(nvcc, nvdisasm, source, output):
    """What is missing from the machine code of a source, and the architectures looked at."""
    known = subprocess.run(
        [nvcc, "--list-gpu-code"], capture_output=True, text=True, check=True
    ).stdout.split()
    faults, seen = [], []
    for architecture in DISASSEMBLED:
        if f"sm_{architecture}" not in known:  # of another toolkit
            continue
        compile_with(nvcc, [f"-arch=sm_{architecture}", "-cubin"], source, output)
        listing = subprocess.run(
            [nvdisasm, output], capture_output=True, text=True, check=True
        ).stdout
        parts = re.split(r"\.section\s+\.text\.(\w+)", listing)
        code = dict(zip(parts[1::2], parts[2::2]))
        faults += access_faults(code, SASS_LOAD, SASS_STORE, f" (machine code, sm_{architecture})")
        seen.append(f"sm_{architecture}")
    return faults, seen


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
    nvdisasm, disassembled = disassembler(), []
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
            found = bodies(pathlib.Path(output).read_text(encoding="utf-8"))
            kernels |= found
            if nvdisasm and NEEDED.keys() & found.keys():
                more, disassembled = machine_code_faults(
                    arguments.nvcc, nvdisasm, source, output
                )
                faults += more
    faults += access_faults(kernels)
    if own:
        faults += [f"{name}: not found in kernels/" for name in NEEDED if name not in kernels]
    if seen != len(kernels) * len(ARCHITECTURES) or seen == 0:
        faults.append(f"{seen} reports for {len(kernels)} kernels: is ptxas -v read right?")

    for fault in faults:
        print(fault)
    print(
        f"{len(kernels)} kernels for sm_{', sm_'.join(ARCHITECTURES)}; machine code of "
        f"{', '.join(disassembled) or 'none looked at, for want of nvdisasm'}: {len(faults)} faults"
    )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
