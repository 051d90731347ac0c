# SPDX-License-Identifier: Apache-2.0
"""Words that several formats share."""
import re

GENERATIONS = {"2.5": 1, "5": 2, "8": 3, "16": 4, "32": 5, "64": 6}


def generation(gigatransfers):
    """PCIe generation of "32.0 GT/s PCIe", "16GT/s"."""
    number = re.match(r"[0-9]+(\.[0-9]+)?", gigatransfers).group()
    return GENERATIONS[re.sub(r"\.0$", "", number)]


def address(text):
    """"00000000:AD:00.0", "0:ad:00.0", "ad:00.0" -> "0000:ad:00.0", as the kernel writes it."""
    *domain, bus, rest = text.strip().lower().split(":")
    return f"{int(domain[0], 16) if domain else 0:04x}:{int(bus, 16):02x}:{rest}"


def cpu_list(mask):
    """The kernel's mask "000000ff,fff00000" as its list, "20-39"."""
    bits = int(mask.replace(",", ""), 16)
    cpus = [n for n in range(bits.bit_length()) if bits >> n & 1]
    ends = [n for n in cpus if n - 1 not in set(cpus)], [n for n in cpus if n + 1 not in set(cpus)]
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in zip(*ends))
