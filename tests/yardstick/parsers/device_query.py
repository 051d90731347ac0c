# SPDX-License-Identifier: Apache-2.0
"""deviceQuery of the CUDA samples; authors left lines out and put separators into numbers."""
import re

from facts import Fact

PATTERNS = {
    "compute": r"CUDA Capability Major/Minor version number:\s+(\S+)",
    "memory": r"Total amount of global memory:.*\((\d+) bytes\)",
    "multiprocessors": r"\((\d+)\) Multiprocessors",
    "l2": r"L2 Cache Size:\s+([\d,]+) bytes",
    "copy-engines": r"Concurrent copy and kernel execution:\s+\w+ with (\d+) copy engine",
    "integrated": r"Integrated GPU sharing Host Memory:\s+(\w+)",
}


def read(text):
    blocks = re.split(r'^Device (\d+): "(.*)"$', text, flags=re.MULTILINE)[1:]
    found = []
    for of, name, block in zip(blocks[::3], blocks[1::3], blocks[2::3]):
        found.append(Fact(of, "name", name))
        place = re.search(r"PCI Domain ID / Bus ID / location ID:\s+(\d+) / (\d+) / (\d+)", block)
        if place:
            domain, bus, device = map(int, place.groups())
            found.append(Fact(of, "bus-id", f"{domain:04x}:{bus:02x}:{device:02x}.0"))
        for what, pattern in PATTERNS.items():
            match = re.search(pattern, block)
            if match:
                value = match[1].replace(",", "").lower()
                found.append(Fact(of, what, str(int(value)) if value.isdigit() else value))
    count = len(blocks) // 3
    peers = {(int(a), int(b)): word.lower() for a, b, word in
             re.findall(r"Peer access from .*?\(GPU(\d+)\) -> .*?\(GPU(\d+)\) : (Yes|No)", text)}
    for a in range(count) if peers else ():
        row = ["X" if a == b else peers[a, b] for b in range(count)]
        found.append(Fact(str(a), "peer-access", " ".join(row)))
    return found
