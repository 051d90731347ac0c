# SPDX-License-Identifier: Apache-2.0
"""Takes an inventory of simulated machines with a program that nobody here wrote: nvidia-ml-py.

inventory_test.py LIBRARY_FOLDER NVML_H  the tests: what it lists must equal what the files say
inventory_test.py --inventory            only lists, as JSON, whatever libnvidia-ml.so.1 is found
"""
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

try:
    import pynvml
except ImportError:
    sys.exit("the Python package nvidia-ml-py is missing: run scripts/setup.sh test")

LIBRARY_FOLDER = NVML_H = None
NOT_SUPPORTED = "not supported"
# NVML_P2P_CAPS_INDEX_...; the package's own constants are not all numbers.
CAPABILITIES = {"read": 0, "write": 1, "nvlink": 2, "atomics": 3, "pci": 4}


# --- what nvidia-ml-py finds -------------------------------------------------------------------

def ask(function, *arguments):
    try:
        answer = function(*arguments)
    except pynvml.NVMLError_NotSupported:
        return NOT_SUPPORTED
    return answer.decode() if isinstance(answer, bytes) else answer


def field(handle, number, scope=0):
    value = pynvml.nvmlDeviceGetFieldValues(handle, [(number, scope)])[0]
    if value.nvmlReturn == pynvml.NVML_ERROR_NOT_SUPPORTED:
        return NOT_SUPPORTED
    if value.nvmlReturn != pynvml.NVML_SUCCESS:
        return f"code {value.nvmlReturn}"
    is_int = value.valueType == pynvml.NVML_VALUE_TYPE_UNSIGNED_INT
    return value.value.uiVal if is_int else value.value.ullVal


def links(handle):
    """One entry a link, found as other tools find them: until the driver refuses the number."""
    found = []
    for link in range(pynvml.NVML_NVLINK_MAX_LINKS):
        try:
            up = pynvml.nvmlDeviceGetNvLinkState(handle, link)
        except (pynvml.NVMLError_NotSupported, pynvml.NVMLError_InvalidArgument):
            break
        remote = ask(pynvml.nvmlDeviceGetNvLinkRemotePciInfo, handle, link)
        found.append({
            "up": up, "version": ask(pynvml.nvmlDeviceGetNvLinkVersion, handle, link),
            "mbps": field(handle, pynvml.NVML_FI_DEV_NVLINK_GET_SPEED, link),
            "to": remote if remote == NOT_SUPPORTED else ask(lambda: remote.busId),
            "type": ask(pynvml.nvmlDeviceGetNvLinkRemoteDeviceType, handle, link)})
    return found


def chip_to_chip(handle):
    count = field(handle, pynvml.NVML_FI_DEV_C2C_LINK_COUNT)
    if count == NOT_SUPPORTED:
        return count
    return [[field(handle, pynvml.NVML_FI_DEV_C2C_LINK_GET_STATUS, link),
             field(handle, pynvml.NVML_FI_DEV_C2C_LINK_GET_MAX_BW, link)] for link in range(count)]


def slices(handle):
    found = []
    for index in range(pynvml.nvmlDeviceGetMaxMigDeviceCount(handle)):
        try:
            one = pynvml.nvmlDeviceGetMigDeviceHandleByIndex(handle, index)
        except pynvml.NVMLError_NotFound:
            continue
        found.append([ask(pynvml.nvmlDeviceGetName, one), ask(pynvml.nvmlDeviceGetUUID, one),
                      pynvml.nvmlDeviceGetMemoryInfo(one).total,
                      pynvml.nvmlDeviceGetAttributes(one).multiprocessorCount])
    return found


def processors(handle):
    words = ask(pynvml.nvmlDeviceGetCpuAffinity, handle, 4)
    if words == NOT_SUPPORTED:
        return words
    return [64 * w + b for w in range(4) for b in range(64) if words[w] >> b & 1]


def card(handle):
    memory = ask(pynvml.nvmlDeviceGetMemoryInfo, handle)
    bar1 = ask(pynvml.nvmlDeviceGetBAR1MemoryInfo, handle)
    mig = ask(pynvml.nvmlDeviceGetMigMode, handle)
    return {
        "name": ask(pynvml.nvmlDeviceGetName, handle),
        "uuid": ask(pynvml.nvmlDeviceGetUUID, handle),
        "pci": ask(pynvml.nvmlDeviceGetPciInfo(handle).busId.__str__),
        "pci_device_id": pynvml.nvmlDeviceGetPciInfo(handle).pciDeviceId,
        "capability": list(pynvml.nvmlDeviceGetCudaComputeCapability(handle)),
        "memory": memory if memory == NOT_SUPPORTED else memory.total,
        "bar1": bar1 if bar1 == NOT_SUPPORTED else bar1.bar1Total,
        "generation": [ask(pynvml.nvmlDeviceGetCurrPcieLinkGeneration, handle),
                       ask(pynvml.nvmlDeviceGetMaxPcieLinkGeneration, handle),
                       ask(pynvml.nvmlDeviceGetGpuMaxPcieLinkGeneration, handle)],
        "width": [ask(pynvml.nvmlDeviceGetCurrPcieLinkWidth, handle),
                  ask(pynvml.nvmlDeviceGetMaxPcieLinkWidth, handle)],
        "links": links(handle),
        "c2c": chip_to_chip(handle),
        "mig": mig if mig == NOT_SUPPORTED else mig[0],
        "slices": slices(handle),
        "virtualization": pynvml.nvmlDeviceGetVirtualizationMode(handle),
        "addressing": ask(pynvml.nvmlDeviceGetAddressingMode, handle),
        "memory_node": ask(pynvml.nvmlDeviceGetNumaNodeId, handle),
        "processors": processors(handle)}


def inventory():
    pynvml.nvmlInit()
    handles = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(pynvml.nvmlDeviceGetCount())]
    pairs = list(itertools.permutations(range(len(handles)), 2))
    found = {
        "driver": ask(pynvml.nvmlSystemGetDriverVersion),
        "cuda": pynvml.nvmlSystemGetCudaDriverVersion(),
        "cards": [card(handle) for handle in handles],
        "ways": [ask(pynvml.nvmlDeviceGetTopologyCommonAncestor, handles[a], handles[b])
                 for a, b in pairs],
        "p2p": [[ask(pynvml.nvmlDeviceGetP2PStatus, handles[a], handles[b], index)
                 for index in CAPABILITIES.values()] for a, b in pairs]}
    pynvml.nvmlShutdown()
    return found


# --- what the machine file says ----------------------------------------------------------------

P2P_WORDS = ["OK", "CNS", "GNS", "TNS", "DR", "NS", "U"]  # in the order of NVML's numbers
LINK_DOWN = dict.fromkeys(("version", "mbps", "to", "type"), NOT_SUPPORTED) | {"up": 0}
SIZES = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30}


def in_bytes(text):
    number, unit = text.split()
    return int(number) * SIZES[unit]


def bus_id(address):
    domain, bus, rest = address.upper().split(":")
    return f"{domain.rjust(8, '0')}:{bus}:{rest}"


def expected_links(machine, index):
    found = []
    for bundle in machine.get("links", []):
        if index not in (bundle["a"], bundle.get("b")):
            continue
        for place in range(bundle["links"]):
            if bundle["kind"] == "nvswitch":
                switches = bundle.get("switches") or ["ffffffff:ff:ff.0"]
                to, kind = switches[place % len(switches)], pynvml.NVML_NVLINK_DEVICE_TYPE_SWITCH
            else:
                peer = bundle["b"] if bundle["a"] == index else bundle["a"]
                to = machine["gpus"][peer]["pci_bus_id"]
                kind = pynvml.NVML_NVLINK_DEVICE_TYPE_GPU
            found.append({"up": 1, "version": bundle["nvlink_version"],
                          "mbps": int(bundle["raw_gbs_per_link"]["value"] * 1000),
                          "to": bus_id(to), "type": kind} if place < bundle["up"] else LINK_DOWN)
    ports = machine["gpus"][index].get("nvlink_ports", len(found))
    return found + [LINK_DOWN] * (ports - len(found))


def expected_processors(text):
    found = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def slot_generation(machine, gpu):
    for bridge in machine.get("bridges", []):
        if bridge["address"] == gpu["pci_path"][-1]:
            return bridge["generation"]
    return gpu["pcie_generation"]


def expected_card(machine, index):
    gpu = machine["gpus"][index]
    best = gpu.get("pcie_max_generation", gpu["pcie_generation"])
    enabled = gpu.get("mig") == "enabled"
    return {
        "name": gpu["name"], "uuid": gpu["uuid"], "pci": bus_id(gpu["pci_bus_id"]),
        "pci_device_id": int(gpu["pci_device_id"], 16),
        "capability": [gpu["compute_major"], gpu["compute_minor"]],
        "memory": in_bytes(gpu.get("nvml_memory_bytes", gpu["memory_bytes"]))
                  if gpu.get("framebuffer", True) else NOT_SUPPORTED,
        "bar1": in_bytes(gpu["bar1_bytes"]) if "bar1_bytes" in gpu else NOT_SUPPORTED,
        # Nothing runs, so the cards rest.
        "generation": [gpu["pcie_generation_idle"], min(best, slot_generation(machine, gpu)), best],
        "width": [gpu["pcie_width"], gpu.get("pcie_max_width", gpu["pcie_width"])],
        "links": expected_links(machine, index),
        "c2c": [[1, gpu["c2c_mbps_per_link"]]] * gpu["c2c_links"] if "c2c_links" in gpu
        else NOT_SUPPORTED,
        "mig": int(enabled) if "mig" in gpu else NOT_SUPPORTED,
        "slices": [[gpu["mig_name"], gpu["mig_uuid"], in_bytes(gpu["mig_memory_bytes"]),
                    gpu["mig_multiprocessors"]]] if enabled else [],
        "virtualization": ["none", "passthrough", "vgpu"].index(gpu.get("virtualization", "none")),
        "addressing": ["none", "hmm", "ats"].index(gpu["addressing_mode"])
        if "addressing_mode" in gpu else NOT_SUPPORTED,
        "memory_node": gpu.get("attributes", {}).get("NumaId", NOT_SUPPORTED),
        "processors": expected_processors(gpu["cpus"]) if "cpus" in gpu else NOT_SUPPORTED}


def expected_p2p(machine, a, b):
    policy = machine.get("peer_default", {})
    for peer in machine.get("peers", []):
        if (peer["from"], peer["to"]) == (a, b):
            policy = peer
    return [P2P_WORDS.index(policy.get(name, "NS")) for name in CAPABILITIES]


def expected(machine, ways):
    shown = [i for i, gpu in enumerate(machine["gpus"]) if not gpu.get("nvml_hidden")]
    pairs = list(itertools.permutations(shown, 2))
    return {"driver": machine["driver_version"], "cuda": machine["cuda_version"],
            "cards": [expected_card(machine, i) for i in shown],
            "ways": [ways[frozenset(pair)] for pair in pairs],
            "p2p": [expected_p2p(machine, a, b) for a, b in pairs]}


# --- machines ----------------------------------------------------------------------------------

def figure(value):
    return {"value": value, "inferred": True}


def gpu(number, **more):
    host, bus = f"{0x10 * (number + 1):02x}", f"{0x10 * (number + 1) + 1:02x}"
    return {"name": "Test Card", "uuid": f"GPU-0000000{number}-0000-0000-0000-000000000000",
            "pci_bus_id": f"0000:{bus}:00.0", "pci_device_id": "0x233010DE",
            "pci_path": [f"pci0000:{host}", f"0000:{host}:01.1"],
            "compute_major": 9, "compute_minor": 0, "multiprocessors": 132,
            "memory_bytes": "80 GiB", "l2_bytes": "50 MiB", "bar1_bytes": "128 GiB", "numa_node": 0,
            "pcie_generation": 4, "pcie_width": 16, "pcie_generation_idle": 1,
            "local_copy_gbs": figure(2000), "copy_latency_us": figure(1.5),
            "kernel_latency_us": figure(2.5), **more}


def bundle(kind, a, links, up, **more):
    return {"kind": kind, "a": a, "links": links, "up": up, "nvlink_version": 6,
            "raw_gbs_per_link": figure(26.5625), "copy_efficiency": figure(0.8),
            "copy_latency_us": figure(2), **more}


def machine(gpus, **more):
    return {"schema": "peerbench.machine/1", "name": "test", "summary": "a test",
            "driver_version": "580.95.05", "cuda_version": 13000,
            "host": {"topology": "pack:1 numa:1 core:2 pu:1", "memory_bytes": "8 GiB",
                     "available_bytes": "4 GiB"}, "gpus": gpus, **more}


class Inventory(unittest.TestCase):
    maxDiff = None

    def found(self, described):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(described, file)
            file.flush()
            environment = dict(os.environ, LD_LIBRARY_PATH=LIBRARY_FOLDER,
                               PEERBENCH_SIMULATE=file.name)
            run = subprocess.run([sys.executable, __file__, "--inventory"], env=environment,
                                 capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 0, run.stderr)
        return json.loads(run.stdout)

    def check(self, described, ways):
        found = self.found(described)
        self.assertEqual(found, expected(described, ways))
        return found

    def test_a_bridged_pair_with_a_link_down_and_a_narrow_slot(self):
        cards = [gpu(0, nvlink_ports=12, addressing_mode="hmm"),
                 gpu(1, nvlink_ports=12, pcie_width=4, pcie_generation=3, pcie_max_width=16,
                     pcie_max_generation=5, virtualization="passthrough")]
        found = self.check(
            machine(cards, bridges=[{"address": "0000:20:01.1", "generation": 4, "width": 4}],
                    links=[bundle("nvlink", 0, 6, 5, b=1)],
                    peers=[{"from": 0, "to": 1, "access": True, "read": "OK", "write": "OK",
                            "nvlink": "OK", "atomics": "OK", "pci": "CNS"},
                           {"from": 1, "to": 0, "access": False, "read": "DR", "write": "TNS"}]),
            {frozenset((0, 1)): pynvml.NVML_TOPOLOGY_NODE})
        # The same once by hand, so that a mistake common to both sides would show.
        self.assertEqual(found["cards"][1]["generation"], [1, 4, 5])
        self.assertEqual([link["up"] for link in found["cards"][0]["links"]], [1] * 5 + [0] * 7)
        self.assertEqual(found["cards"][0]["links"][0]["to"], "00000000:21:00.0")
        self.assertEqual(found["p2p"], [[0, 0, 0, 0, 1], [4, 3, 5, 5, 5]])

    def test_four_cards_on_switches_below_pcie_switches(self):
        cards = [gpu(i, cpus="0-7,32-39" if i < 3 else "8-15,70", mig="disabled",
                     numa_node=0 if i < 3 else 1) for i in range(4)]
        root, port, upper = "pci0000:10", "0000:10:01.1", "0000:12:00.0"
        cards[0]["pci_path"] = [root, port, upper, "0000:13:00.0"]
        cards[1]["pci_path"] = [root, port, upper, "0000:13:01.0"]
        cards[2]["pci_path"] = [root, port, upper, "0000:13:02.0", "0000:18:00.0", "0000:19:00.0"]
        switches = ["0000:c4:00.0", "0000:c5:00.0", "0000:c6:00.0"]
        ways = {frozenset(pair): pynvml.NVML_TOPOLOGY_SYSTEM
                for pair in itertools.combinations(range(4), 2)}
        ways[frozenset((0, 1))] = pynvml.NVML_TOPOLOGY_SINGLE
        ways[frozenset((0, 2))] = ways[frozenset((1, 2))] = pynvml.NVML_TOPOLOGY_MULTIPLE
        self.check(machine(cards, links=[bundle("nvswitch", i, 18, 18, switches=switches)
                                         for i in range(3)] + [bundle("nvswitch", 3, 18, 18)],
                           peer_default={"access": True, "read": "OK", "write": "OK",
                                         "nvlink": "OK", "atomics": "OK", "pci": "OK"}), ways)

    def test_cards_without_nvlink_of_which_one_is_hidden(self):
        cards = [gpu(0), gpu(1, nvml_hidden=True), gpu(2)]
        cards[2]["pci_path"] = ["pci0000:10", "0000:10:03.1"]
        found = self.check(machine(cards, peer_default={"access": False, "read": "GNS",
                                                        "write": "GNS"}),
                           {frozenset((0, 2)): pynvml.NVML_TOPOLOGY_HOSTBRIDGE})
        self.assertEqual(len(found["cards"]), 2)
        self.assertEqual(found["cards"][0]["links"], [])

    def test_a_superchip(self):
        self.check(machine([gpu(0, c2c_links=10, c2c_mbps_per_link=44712, addressing_mode="ats",
                                attributes={"NumaConfig": 1, "NumaId": 1})]), {})

    def test_one_pool_and_no_framebuffer(self):
        one = gpu(0, framebuffer=False)
        del one["bar1_bytes"]
        self.check(machine([one]), {})

    def test_a_sliced_card(self):
        self.check(machine([gpu(0, mig="enabled", mig_name="Test Card MIG 1g.10gb",
                                mig_uuid="MIG-00000001-0000-0000-0000-000000000000",
                                mig_multiprocessors=16, mig_memory_bytes="10 GiB")]), {})


class Symbols(unittest.TestCase):
    def exported(self):
        output = subprocess.run(["nm", "-D", "--defined-only",
                                 os.path.join(LIBRARY_FOLDER, "libnvidia-ml.so.1")],
                                capture_output=True, text=True, check=True).stdout
        return {line.split()[-1] for line in output.splitlines()}

    def test_every_function_of_the_header_is_there(self):
        with open(NVML_H, encoding="utf-8") as file:
            text = re.sub(r"/\*.*?\*/|//[^\n]*", "", file.read(), flags=re.DOTALL)
        declared = set(re.findall(r"\bDECLDIR\b[^;(]*?\b(nvml\w+)\s*\(", text))
        self.assertGreater(len(declared), 200)
        self.assertEqual(declared - self.exported(), set())

    def test_nothing_but_nvml_is_visible(self):
        self.assertEqual({name for name in self.exported() if not name.startswith("nvml")},
                         {"peerbench_simulated_nvml"})


if __name__ == "__main__":
    if sys.argv[1:] == ["--inventory"]:
        json.dump(inventory(), sys.stdout)
    else:
        LIBRARY_FOLDER, NVML_H = sys.argv[1:3]
        unittest.main(argv=sys.argv[:1])
