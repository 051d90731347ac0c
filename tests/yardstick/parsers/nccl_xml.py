# SPDX-License-Identifier: Apache-2.0
"""NCCL's topology file: CPUs, below them PCI devices, below those GPUs with their NVLinks."""
import xml.etree.ElementTree as ET

from facts import Fact

from .words import address, cpu_list, generation

SWITCH = "0x068000"


def read(text):
    found = {}
    for cpu in ET.fromstring(text).iter("cpu"):
        walk(cpu, cpu, [], found)
    return [fact for _, facts in sorted(found.items()) for fact in facts]


def walk(cpu, node, above, found):
    for pci in node.findall("pci"):
        bus = address(pci.get("busid"))
        gpu = pci.find("gpu")
        if gpu is None:
            walk(cpu, pci, above + [bus], found)
            continue
        said = {"bus-id": bus, "compute": f"{int(gpu.get('sm')) / 10:.1f}",
                "numa": cpu.get("numaid"), "cpus": cpu_list(cpu.get("affinity"))}
        if pci.get("link_speed"):
            said["pcie-now"] = f"{generation(pci.get('link_speed'))} x{pci.get('link_width')}"
        if above:
            said["pci-ports"] = " ".join(above)
        links = sorted((address(link.get("target")), link) for link in gpu.findall("nvlink"))
        if links:
            said["links-up"] = str(sum(int(link.get("count")) for _, link in links))
            said["remote"] = ", ".join(f"{link.get('count')} to {to}" for to, link in links)
            kinds = {"switch" if link.get("tclass") == SWITCH else "gpu" for _, link in links}
            said["remote-kind"] = " ".join(sorted(kinds))
        dev = gpu.get("dev")
        found[int(dev)] = [Fact(dev, what, value) for what, value in said.items()]
