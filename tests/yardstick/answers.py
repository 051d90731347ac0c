# SPDX-License-Identifier: Apache-2.0
"""What the program says of a machine, in the words of the facts: `answer(said, fact)`."""
from collections import Counter

# nvml.h, NVML_GPU_VIRTUALIZATION_MODE_*
MODES = {"mode 0": "none", "mode 1": "pass-through", "mode 2": "vgpu"}
ACS = {"no": "off", "yes": "on"}
MIG = {"no": "disabled", "yes": "enabled"}


class Said:
    """The machine of a result document, the signals it was made from (--save-signals), and how to
    have it described while its cards copy."""

    def __init__(self, machine, signals, measured):
        self.machine, self.signals, self._measured, self._busy = machine, signals, measured, None

    def busy(self, of):
        if self._busy is None:
            self._busy = self._measured()["gpus"]
        return self._busy[self.gpu(of)["ordinal"]]

    def gpu(self, of):
        return next(gpu for gpu in self.machine["gpus"]
                    if of in (str(gpu["ordinal"]), gpu["pci_bus_id"]))

    def asked(self, of):
        return self.signals["gpus"][self.gpu(of)["ordinal"]]

    def links(self, of):
        """By the GPU at the other end."""
        return {link["to"]: link for link in self.machine["links"] if str(link["from"]) == of}

    def row(self, of, word):
        """One row of a matrix; what a GPU is to itself is X."""
        links = self.links(of)
        gpus = range(len(self.machine["gpus"]))
        return " ".join("X" if str(to) == of else word(links[to]) for to in gpus)

    def ports_above(self):
        """PCI ports on the way to any card, by address."""
        return {port["address"]: port
                for gpu in self.signals["gpus"] for port in gpu["pci_path"][:-1]}


def joined(link):
    """As nvidia-smi prints it: links that are up, else the way over PCI."""
    return f"NV{link['links_up']}" if link["links_up"] else link.get("way", "?")


def speed(link):
    return f"{link['generation']} x{link['width']}"


def up_ports(said, of):
    return [port for port in said.asked(of).get("ports", []) if port["up"]["value"] == "yes"]


def rates(said, of):
    """GB/s of each link that is up, by the pairs and by the links themselves, which must agree."""
    pairs = {link["raw_gbs_per_link"] for link in said.links(of).values() if link["links_up"]}
    ports = {port["mbps"] / 1000 for port in up_ports(said, of)}
    return " ".join(sorted(f"{rate:.3f}" for rate in pairs | ports))


def remotes(said, of):
    counts = Counter(port["remote_pci"] for port in up_ports(said, of))
    return ", ".join(f"{count} to {to}" for to, count in sorted(counts.items()))


def port_can(said, of):
    port = said.ports_above().get(of)
    return speed(port["max"] if port else said.gpu(of)["pcie"]["card_max"])


def port_now(said, of):
    port = said.ports_above().get(of)
    return speed(port["current"] if port else said.gpu(of)["pcie"]["current"])


def redirects(said, of):
    ports = [port for address, port in said.ports_above().items() if of in ("ports", address)]
    return " ".join({ACS.get(port["acs_redirect"]["value"], "?") for port in ports})


def remote_kinds(said, of):
    return " ".join(sorted({port["remote"].removeprefix("nv") for port in up_ports(said, of)}))


def pci_path(said, of):
    link = said.gpu(of)["pcie"]
    return " ".join([link["root"], *link["bridges"]])


def host_pools(said):
    return [pool for pool in said.machine["pools"] if pool["id"].startswith("host")]


ANSWERS = {
    "matrix": lambda said, of: said.row(of, joined),
    "p2p-read": lambda said, of: said.row(of, lambda link: link["allowed"]["read"]["raw"]),
    "p2p-write": lambda said, of: said.row(of, lambda link: link["allowed"]["write"]["raw"]),
    "p2p-nvlink": lambda said, of: said.row(of, lambda link: link["allowed"]["nvlink"]["raw"]),
    "p2p-atomics": lambda said, of: said.row(of, lambda link: link["allowed"]["atomics"]["raw"]),
    "p2p-pcie": lambda said, of: said.row(of, lambda link: link["allowed"]["pcie"]["raw"]),
    "peer-access": lambda said, of: said.row(of, lambda link: link["can_access"]["value"]),
    "cpus": lambda said, of: said.gpu(of)["cpus"],
    "numa": lambda said, of: said.gpu(of).get("numa_node", "none"),
    "links-up": lambda said, of: said.gpu(of)["nvlinks_up"],
    "links-present": lambda said, of: said.gpu(of)["nvlinks_present"],
    "link-gbs": rates,
    "remote": remotes,
    "remote-kind": remote_kinds,
    "name": lambda said, of: said.gpu(of)["model"],
    "bus-id": lambda said, of: said.gpu(of)["pci_bus_id"],
    "compute": lambda said, of: f"{said.gpu(of)['compute_major']}.{said.gpu(of)['compute_minor']}",
    "memory": lambda said, of: said.gpu(of)["memory_bytes"],
    "multiprocessors": lambda said, of: said.gpu(of)["multiprocessors"],
    "l2": lambda said, of: said.gpu(of)["l2_bytes"],
    "copy-engines": lambda said, of: said.gpu(of)["copy_engines"],
    "integrated": lambda said, of: said.gpu(of)["integrated"]["value"],
    "bar1": lambda said, of: f"{said.gpu(of)['bar1_bytes'] // 2**20} MiB",
    "pcie-now": port_now,
    "pcie-busy": lambda said, of: speed(said.busy(of)["pcie"]["under_load"]),
    "pcie-can": port_can,
    "pcie-way": lambda said, of: speed(said.gpu(of)["pcie"]["narrowest"]),
    "pcie-card": lambda said, of: said.gpu(of)["pcie"]["card_max"]["generation"],
    "pcie-slot": lambda said, of: said.gpu(of)["pcie"]["slot_max"]["generation"],
    "pci-path": pci_path,
    "pci-ports": lambda said, of: " ".join(said.gpu(of)["pcie"]["bridges"]),
    "acs": redirects,
    "mig": lambda said, of: MIG[said.asked(of)["mig"]["value"]],
    "virtualization": lambda said, of: MODES[said.asked(of)["virtual_gpu"]["raw"]],
    "addressing": lambda said, of: said.asked(of)["addressing_mode"].lower(),
    "numa-nodes": lambda said, of: len(host_pools(said)),
    "cores": lambda said, of: sum(pool["cores"] for pool in host_pools(said)),
}


def answer(said, fact):
    """The program's answer to what the fact is about, as text; "unknown" where it has none."""
    try:
        return str(ANSWERS[fact.what](said, fact.of))
    except (KeyError, StopIteration) as missing:
        return f"unknown ({missing})"


def agrees(fact, said):
    """A log may say less than the program: that there are links, or some of the ports on a way."""
    if fact.value == "some":
        return said.isdigit() and int(said) > 0
    if fact.what == "pci-ports":
        ports = iter(said.split())
        return all(port in ports for port in fact.value.split())
    return said == fact.value
