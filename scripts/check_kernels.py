#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks what the compiler made of the kernels, in the machine code of every architecture: no local
memory, no spilled registers; in the main loop of those that must saturate a memory enough 16-byte
loads under way before the first of them is waited for, at no more registers than leave room for all
threads; in the loops of those that wait no fence, and a clock that ends the wait.

    scripts/check_kernels.py [--nvcc NVCC] [--arch N]... [--table] [FILE ...]

FILE: a built library or object, or a source, which is compiled for the architectures given or else
for all that the toolkit has from 60 on. Default: all of kernels/*.cu.
Exits 1 with what is wrong and where, 77 when a tool is missing.
"""

import argparse
import concurrent.futures
import dataclasses
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
OLDEST = 60  # that the program is built for, with CUDA 12

# Threads that a multiprocessor has room for, as kernels/resident.cuh asks: those that it holds (CUDA
# programming guide, technical specifications for each compute capability), on Pascal three quarters
# of them and on Volta half; 2048 where nothing is said. Registers are given out by eights.
MOST_THREADS = {
    **dict.fromkeys((70, 72, 75), 1024),
    **dict.fromkeys((60, 61, 62, 86, 87, 88, 89, 101, 110, 120, 121), 1536),
}
REGISTERS = 65536

# An instruction in a listing; those that Pascal issues in pairs stand in braces.
INSTRUCTION = re.compile(r"\s*/\*[0-9a-f]+\*/\s+(?:\{\s*)?(.*?)\s*[;}]")
LOAD = re.compile(r"\bLDG?\.E\.128\b")
STORE = re.compile(r"\bSTG?\.E\.128\b")
POLL = re.compile(r"\bLDG?\.E\.(?:(?:64\.)?STRONG\.SYS|CV)\b")
CLOCK = "SR_GLOBALTIMER"
FENCE = "MEMBAR"


@dataclasses.dataclass
class Saturating:
    """What the main loop must have: loads before the first use of one, and stores."""

    loads: int
    stores: int


SATURATING = {
    "peerbench_read": Saturating(4, 0),
    "peerbench_write": Saturating(0, 4),
    "peerbench_copy": Saturating(4, 4),
    "peerbench_triad": Saturating(4, 2),
}
# Kernels that wait, and whether the clock may be looked at in each poll.
WAITING = {"peerbench_gate": True, "peerbench_ping_pong": False}


@dataclasses.dataclass
class Kernel:
    """One kernel for one architecture: its resources, and its instructions where they are looked at."""

    name: str
    arch: int
    registers: int
    local: int
    loops: list = dataclasses.field(default_factory=list)  # innermost first

    def __str__(self):
        return f"{self.name} (sm_{self.arch})"

    def main_loop(self):
        """The loop with the most 16-byte accesses; empty when there is none."""
        return max(self.loops, key=lambda loop: len(accesses(loop)), default=[])


def accesses(code):
    """16-byte loads and stores in order, as "LLSS"."""
    return "".join("L" if LOAD.search(i) else "S" for i in code if LOAD.search(i) or STORE.search(i))


def loads_before_use(loop):
    """16-byte loads of a loop before the first instruction that needs what one of them brings."""
    brought, loads = set(), 0
    for instruction in loop:
        registers = [int(r) for r in re.findall(r"\bR(\d+)\b", instruction)]
        load = LOAD.search(instruction)
        needed = registers if re.search(r"\bSTG?\.", instruction) else registers[1:]
        if brought.intersection(needed):
            break
        if load:
            loads += 1
            brought.update(range(registers[0], registers[0] + 4))
    return loads


def loops_of(listing):
    """Loops in a kernel's listing, shortest first: each from a branch's target to the branch back."""
    labels, code, loops = {}, [], []
    for line in listing.splitlines():
        if label := re.match(r"\s*(\.L\w+):", line):
            labels[label[1]] = len(code)
        elif instruction := INSTRUCTION.match(line):
            code.append(instruction[1])
            target = re.search(r"\bBRA\b.*`\((\.L\w+)\)", instruction[1])
            first = labels.get(target[1]) if target else None
            if first is not None and len(code) - first > 1:  # not the endless end of a kernel
                loops.append(code[first:])
    return sorted(loops, key=len)


def saturating_faults(kernel, needed):
    loop = kernel.main_loop()
    loads, stores = loads_before_use(loop), accesses(loop).count("S")
    if loads < needed.loads:
        yield f"{kernel}: {loads} loads of 16 bytes in flight in the main loop, not {needed.loads}"
    if stores < needed.stores:
        yield f"{kernel}: {stores} stores of 16 bytes in the main loop, not {needed.stores}"
    room = REGISTERS // MOST_THREADS.get(kernel.arch, 2048) // 8 * 8
    if kernel.registers > room:
        yield f"{kernel}: {kernel.registers} registers, {room} leave room for all threads"


def waiting_faults(kernel, clock_in_poll):
    polling = [loop for loop in kernel.loops if any(POLL.search(i) for i in loop)]
    if not polling:
        yield f"{kernel}: no loop that polls"
        return
    if not any(CLOCK in i for loop in polling for i in loop):
        yield f"{kernel}: no clock ends the wait"
    if not clock_in_poll and any(CLOCK in i for i in polling[0]):
        yield f"{kernel}: the clock is looked at in each poll"
    if any(FENCE in i for loop in kernel.loops for i in loop):
        yield f"{kernel}: a fence in a loop"


def faults_of(kernel):
    if kernel.local > 0:
        yield f"{kernel}: {kernel.local} bytes of local memory"
    if kernel.name in SATURATING:
        yield from saturating_faults(kernel, SATURATING[kernel.name])
    if kernel.name in WAITING:
        yield from waiting_faults(kernel, WAITING[kernel.name])


def tool(name, nvcc):
    """A tool of the toolkit: beside its nvcc, on PATH, or of the wheel in this project's environment.

    Newer ones no longer read the machine code of the oldest cards that CUDA 12 builds for.
    """
    beside = pathlib.Path(shutil.which(nvcc) or nvcc).resolve().parent / name
    if beside.exists():
        return beside
    deps = pathlib.Path(os.environ.get("PEERBENCH_DEPS", ROOT / ".deps"))
    found = sorted((deps / "venv").glob(f"lib/python3*/site-packages/nvidia/cu13/bin/{name}"))
    path = shutil.which(name) or (str(found[0]) if found else None)
    if path is None:
        print(f"no {name}: scripts/setup.sh test gets it")
        sys.exit(77)
    return path


def output_of(*command, folder=None):
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))} failed:\n{done.stderr}")
    return done.stdout


def cubins_of(file, nvcc, architectures, folder):
    """The machine code in a library or object, or of a source: one file named .sm_N.cubin each."""
    if file.suffix != ".cu":
        output_of(tool("cuobjdump", nvcc), "-xelf", "all", file.resolve(), folder=folder)
        return
    for arch in architectures:
        output_of(nvcc, "-std=c++20", f"-I{ROOT}", f"-arch=sm_{arch}", "-cubin",
                  "-o", folder / f"{file.stem}.sm_{arch}.cubin", file)  # fmt: skip


def kernels_of(cubin, nvcc):
    """The kernels in the machine code for one architecture."""
    arch = int(re.search(r"\.sm_(\d+)", cubin.name)[1])
    kernels = {}
    for name, registers, stack, local in re.findall(
        r"Function (\w+):\s+REG:(\d+) STACK:(\d+) .*?LOCAL:(\d+)",
        output_of(tool("cuobjdump", nvcc), "-res-usage", cubin),
    ):
        kernels[name] = Kernel(name, arch, int(registers), int(stack) + int(local))
    if kernels.keys() & (SATURATING | WAITING).keys():
        parts = re.split(r"\.section\s+\.text\.(\w+)", output_of(tool("nvdisasm", nvcc), "-c", cubin))
        for name, listing in zip(parts[1::2], parts[2::2]):
            kernels[name].loops = loops_of(listing)
    return list(kernels.values())


def all_kernels(files, nvcc, architectures):
    """The kernels of all files for every architecture in them."""
    with tempfile.TemporaryDirectory() as name, concurrent.futures.ThreadPoolExecutor() as pool:
        folder = pathlib.Path(name)
        jobs = [(file, [arch]) for file in files if file.suffix == ".cu" for arch in architectures]
        jobs += [(file, []) for file in files if file.suffix != ".cu"]
        list(pool.map(lambda job: cubins_of(job[0], nvcc, job[1], folder), jobs))
        cubins = sorted(folder.glob("*.cubin"))
        jobs = pool.map(lambda cubin: kernels_of(cubin, nvcc), cubins)
        return [kernel for found in jobs for kernel in found]


def table(kernels):
    """Registers and the main loop's accesses of the saturating kernels, as Markdown."""
    names = list(SATURATING)
    rows = [f"| | {' | '.join(name.removeprefix('peerbench_') for name in names)} |",
            "|---" * (len(names) + 1) + "|"]  # fmt: skip
    for arch in sorted({kernel.arch for kernel in kernels}):
        of = {kernel.name: kernel for kernel in kernels if kernel.arch == arch}
        cells = [f"{of[name].registers} `{accesses(of[name].main_loop())}`" for name in names]
        rows.append(f"| sm_{arch} | {' | '.join(cells)} |")
    return "\n".join(rows)


def completeness_faults(kernels, own):
    """Kernels that are not there for every architecture, and of our own those that are expected."""
    architectures = {kernel.arch for kernel in kernels}
    expected = {kernel.name for kernel in kernels} | ((SATURATING | WAITING).keys() if own else set())
    seen = {(kernel.name, kernel.arch) for kernel in kernels}
    for name in sorted(expected):
        missing = [f"sm_{arch}" for arch in sorted(architectures) if (name, arch) not in seen]
        if missing:
            yield f"{name}: not found for {', '.join(missing)}"
    if not kernels:
        yield "no kernels found"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--nvcc", default=os.environ.get("CUDACXX") or shutil.which("nvcc"))
    parser.add_argument("--arch", action="append", type=int, help="compile sources for sm_ARCH only")
    parser.add_argument("--table", action="store_true", help="print registers and accesses as well")
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()
    if not arguments.nvcc:
        print("no nvcc: set CUDACXX or --nvcc")
        return 77
    for name in ("cuobjdump", "nvdisasm"):
        tool(name, arguments.nvcc)  # says what is missing before anything is done
    files = arguments.files or sorted((ROOT / "kernels").glob("*.cu"))
    own = not arguments.files or any(file.suffix != ".cu" for file in files)
    try:
        known = re.findall(r"sm_(\d+)\b", output_of(arguments.nvcc, "--list-gpu-code"))
        architectures = arguments.arch or [a for a in map(int, known) if a >= OLDEST]
        kernels = all_kernels(files, arguments.nvcc, architectures)
    except RuntimeError as error:
        sys.exit(str(error))

    faults = [fault for kernel in kernels for fault in faults_of(kernel)]
    faults += completeness_faults(kernels, own)
    if arguments.table:
        print(table(kernels))
    for fault in faults:
        print(fault)
    print(
        f"{len({kernel.name for kernel in kernels})} kernels in the machine code of "
        f"{', '.join(f'sm_{a}' for a in sorted({k.arch for k in kernels}))}: {len(faults)} faults"
    )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
