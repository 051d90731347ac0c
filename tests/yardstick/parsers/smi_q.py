# SPDX-License-Identifier: Apache-2.0
"""nvidia-smi -q: a tree by indentation, one branch a GPU.

A card at work trains its PCIe link up, so that what the link does then is another fact.
"""
import re

from facts import Fact

from .words import address


def tree(lines):
    """("PCI", "GPU Link Info", "PCIe Generation", "Max") -> "5"."""
    found, above = {}, []
    for line in filter(str.strip, lines):
        key, colon, value = line.partition(" : ")
        depth = len(line) - len(line.lstrip())
        above = [(d, k) for d, k in above if d < depth] + [(depth, key.strip())]
        if colon:
            found[tuple(k for _, k in above)] = value.strip()
    return found


def read(text):
    blocks = re.split(r"^GPU ([0-9A-F]{8}:[0-9A-F:.]+)$", text, flags=re.MULTILINE)[1:]
    found = []
    for of, (bus, block) in enumerate(zip(blocks[::2], blocks[1::2])):
        said = tree(block.splitlines())

        def link(*what):
            return said["PCI", "GPU Link Info", *what]

        def speed(which):
            width = link("Link Width", which).removesuffix("x")
            return f"{link('PCIe Generation', which)} x{width}"

        load = said.get(("Utilization", "GPU")) or said.get(("Utilization", "Gpu"), "N/A")
        busy = load not in ("N/A", "0 %")
        answers = {
            "name": said["Product Name",],
            "bus-id": address(bus),
            "pcie-way": speed("Max"),
            "pcie-busy" if busy else "pcie-now": speed("Current"),
            "pcie-card": link("PCIe Generation", "Device Max"),
            "pcie-slot": link("PCIe Generation", "Host Max"),
            "bar1": said["BAR1 Memory Usage", "Total"],
            "virtualization": said["GPU Virtualization Mode", "Virtualization Mode"].lower(),
            "addressing": said["Addressing Mode",].lower(),
            "mig": said["MIG Mode", "Current"].lower(),
        }
        found += [Fact(str(of), what, value) for what, value in answers.items()
                  if value.lower() != "n/a"]
    return found
