# SPDX-License-Identifier: Apache-2.0
"""nvidia-smi topo -m, and -p2p with one capability.

Columns are apart by tabs (which drivers double where a title is long) or, where the text was
copied from a terminal, by spaces; titles may be underlined by escape sequences; after the GPUs may
follow network cards, and an author may have cut the rest off ("...").
"""
import re

from facts import Fact

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
CAPABILITIES = {"r": "p2p-read", "w": "p2p-write", "n": "p2p-nvlink", "a": "p2p-atomics",
                "p": "p2p-pcie"}
NOT_DEVICES = {"CPU Affinity", "NUMA Affinity", "GPU NUMA ID", "..."}


def cells(line):
    return [cell.strip() for cell in re.split(r"\t| {2,}", line) if cell.strip()]


def read(text):
    lines = [ESCAPES.sub("", line) for line in text.splitlines()]
    mode = re.search(r"topo\s+-p2p\s+([rwnap])\b", text)
    start = next(i for i, line in enumerate(lines) if cells(line)[:1] == ["GPU0"])
    devices = [cell for cell in cells(lines[start]) if cell not in NOT_DEVICES]
    titles = [cell for cell in cells(lines[start]) if cell in NOT_DEVICES - {"..."}]
    gpus = [device for device in devices if re.fullmatch(r"GPU\d+", device)]
    what = CAPABILITIES[mode[1]] if mode else "matrix"
    found = []
    for line in lines[start + 1:]:
        name, *rest = cells(line) or [""]
        if name not in gpus:
            continue
        words, behind = rest[:len(devices)], rest[len(devices):]
        of = name.removeprefix("GPU")
        if len(words) != len(devices) or words[int(of)] != "X":
            raise ValueError(f"not a row of the matrix: {line}")
        found.append(Fact(of, what, " ".join(words[:len(gpus)])))
        if "CPU Affinity" in titles:
            found.append(Fact(of, "cpus", behind[0]))
        if "NUMA Affinity" in titles:
            found.append(Fact(of, "numa", behind[1].replace("N/A", "none")))
    if {fact.of for fact in found} != {gpu.removeprefix("GPU") for gpu in gpus}:
        raise ValueError("a row of the matrix is missing")
    return found
