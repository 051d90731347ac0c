# SPDX-License-Identifier: Apache-2.0
"""lspci: the plain list, the registers of one device (-vv), or the tree (-tv)."""
import re

from facts import Fact

from .words import address, generation

MEBIBYTES = {"K": 1 / 1024, "M": 1, "G": 1024, "T": 1024 * 1024}


def read(text):
    if re.search(r"^[-+\\| ]*\[[0-9a-f]{4}:[0-9a-f]{2}\]-", text, re.MULTILINE):
        return tree(text)
    if re.search(r"^\s+LnkCap:|^\s+ACSCtl:", text, re.MULTILINE):
        return registers(text)
    cards = re.findall(r"^(\S+) (?:VGA compatible|3D) controller: NVIDIA", text, re.MULTILINE)
    return [Fact(str(n), "bus-id", address(card)) for n, card in enumerate(cards)]


def registers(text):
    """The address stands before the name of the device or in the command (lspci -s). A list of
    nothing but ACS registers is about all ports of the machine."""
    where = re.search(r"^(?:.*lspci .*-s )?([0-9a-f]{2}:[0-9a-f]{2}\.[0-7])\b", text, re.MULTILINE)
    said = {}
    node = re.search(r"NUMA node: (\d+)", text)
    if node and "PCI bridge" not in text:
        said["numa"] = node[1]
    for what, register in ("pcie-can", "LnkCap"), ("pcie-now", "LnkSta"):
        link = re.search(rf"{register}:.*?Speed ([0-9.]+GT/s).*?Width x(\d+)", text)
        if link:
            said[what] = f"{generation(link[1])} x{link[2]}"
    windows = re.findall(r"Region \d+: .*64-bit, prefetchable.*\[size=(\d+)([KMGT])\]", text)
    if windows:
        # The window to the memory is the largest one.
        said["bar1"] = f"{max(int(int(n) * MEBIBYTES[unit]) for n, unit in windows)} MiB"
    redirects = set(re.findall(r"ACSCtl:.*ReqRedir([+-])", text))
    if len(redirects) == 1:
        said["acs"] = "on" if redirects == {"+"} else "off"
    of = address(where[1]) if where else "ports"
    return [Fact(of, what, value) for what, value in said.items()]


def tree(text):
    """"[0000:c0]-...+-01.1-[c1]--+-00.0 NVIDIA": the card c1:00.0 below the root port c0:01.1."""
    found, domain, bus = [], None, None
    for line in text.splitlines():
        root = re.search(r"\[([0-9a-f]{4}):([0-9a-f]{2})\]", line)
        if root:
            domain, bus = root.groups()
        card = re.search(r"([0-9a-f]{2}\.[0-7])-\[([0-9a-f]{2})\]-+(?:\+-)?(00\.0)  NVIDIA", line)
        if card:
            port, below, function = card.groups()
            of = str(len(found) // 2)
            found += [Fact(of, "bus-id", f"{domain}:{below}:{function}"),
                      Fact(of, "pci-path", f"pci{domain}:{bus} {domain}:{bus}:{port}")]
    return found
