# SPDX-License-Identifier: Apache-2.0
"""The readers of logs, on made-up texts in the formats of the real ones."""
import unittest

from facts import Fact, folded, numbers
from parsers import device_query, hwloc_xml, lspci, nccl_xml, nvlink, smi_q, topo, words


def rows(facts):
    return folded(sorted(facts, key=lambda fact: fact.what))


class Topo(unittest.TestCase):
    def test_tabs_underlined_titles_and_network_cards(self):
        text = ("\t\x1b[4mGPU0\tGPU1\tNIC0\tCPU Affinity\tNUMA Affinity\tGPU NUMA ID\x1b[0m\n"
                "GPU0\t X \tNV2\tSYS\t0-3,8-11\t0\t\tN/A\n"
                "GPU1\tNV2\t X \tPIX\t4-7\t1\t\tN/A\n"
                "NIC0\tSYS\tPIX\t X \t\t\t\n\nLegend:\n\n  X    = Self\n\n"
                "NIC Legend:\n\n  NIC0: mlx5_0\n")
        self.assertEqual(rows(topo.read(text)), [
            ("0", "cpus", "0-3,8-11"), ("1", "cpus", "4-7"),
            ("0", "matrix", "X NV2"), ("1", "matrix", "NV2 X"),
            ("0", "numa", "0"), ("1", "numa", "1")])

    def test_spaces_and_no_numa_node(self):
        text = ("        GPU0    GPU1    CPU Affinity    NUMA Affinity\n"
                "GPU0     X      PHB     0-7             N/A\n"
                "GPU1    PHB      X      0-7             N/A\n")
        self.assertEqual(rows(topo.read(text)), [
            ("0-1", "cpus", "0-7"), ("0", "matrix", "X PHB"), ("1", "matrix", "PHB X"),
            ("0-1", "numa", "none")])

    def test_a_first_line_without_its_tab_and_columns_cut_off(self):
        text = "GPU0\tGPU1\t...\nGPU0\t X \tSYS\t...\nGPU1\tSYS\t X \t...\n"
        self.assertEqual(topo.read(text), [Fact("0", "matrix", "X SYS"),
                                           Fact("1", "matrix", "SYS X")])

    def test_capabilities_are_named_by_the_command(self):
        text = ("$ nvidia-smi topo -p2p w\n        GPU0    GPU1\n"
                " GPU0   X       CNS\n GPU1   OK      X\n")
        self.assertEqual(topo.read(text), [Fact("0", "p2p-write", "X CNS"),
                                           Fact("1", "p2p-write", "OK X")])

    def test_what_is_no_matrix_is_refused(self):
        for text in "\tGPU0\tGPU1\nGPU0\t X \tSYS\n", "\tGPU0\tGPU1\nGPU0\t X \tSYS\nGPU1\tSYS\n":
            with self.assertRaises(ValueError):
                topo.read(text)


class NvLink(unittest.TestCase):
    def test_states(self):
        text = ("GPU 0: A (UUID: GPU-0)\n\t Link 0: 25.781 GB/s\n\t Link 1: <inactive>\n"
                "GPU 1: A (UUID: GPU-1)\n"
                "NVML: Unable to retrieve NVLink information as all links are inActive\n"
                "GPU 2: B (UUID: GPU-2)\nDevice does not have or support Nvlink\n")
        self.assertEqual(rows(nvlink.read(text)), [
            ("0", "link-gbs", "25.781"), ("0", "links-present", "2"),
            ("1", "links-present", "some"), ("2", "links-present", "0"),
            ("0", "links-up", "1"), ("1-2", "links-up", "0")])

    def test_what_they_lead_to(self):
        text = ("GPU 0: A (UUID: GPU-0)\n  Link 0: Remote Device 00000000:C1:00.0: Link 3\n"
                "  Link 1: Remote Device 00000000:41:00.0: Link 0\n"
                "  Link 2: Remote Device 00000000:41:00.0: Link 1\n")
        self.assertEqual(nvlink.read(text),
                         [Fact("0", "remote", "2 to 0000:41:00.0, 1 to 0000:c1:00.0")])

    def test_silence_is_no_answer(self):
        with self.assertRaises(ValueError):
            nvlink.read("GPU 0: A (UUID: GPU-0)\n")


CARD_OF_SMI_Q = """
GPU 00000000:{bus}:00.0
    Product Name                : NVIDIA X1
    Addressing Mode             : HMM
    MIG Mode
        Current                 : N/A
    GPU Virtualization Mode
        Virtualization Mode     : Pass-Through
    PCI
        Bus                     : 0x{bus}
        GPU Link Info
            PCIe Generation
                Max             : 4
                Current         : 1
                Device Current  : 1
                Device Max      : 5
                Host Max        : {host}
            Link Width
                Max             : 16x
                Current         : 8x
    BAR1 Memory Usage
        Total                   : 256 MiB
        Used                    : 1 MiB
    Utilization
        Gpu                     : {load} %
"""


class SmiQ(unittest.TestCase):
    def test_two_cards_one_at_work(self):
        text = "Attached GPUs : 2" + CARD_OF_SMI_Q.format(bus="0A", host="4", load=0)
        text += CARD_OF_SMI_Q.format(bus="C2", host="N/A", load=7)
        self.assertEqual(rows(smi_q.read(text)), [
            ("0-1", "addressing", "hmm"), ("0-1", "bar1", "256 MiB"),
            ("0", "bus-id", "0000:0a:00.0"), ("1", "bus-id", "0000:c2:00.0"),
            ("0-1", "name", "NVIDIA X1"), ("1", "pcie-busy", "1 x8"), ("0-1", "pcie-card", "5"),
            ("0", "pcie-now", "1 x8"), ("0", "pcie-slot", "4"), ("0-1", "pcie-way", "4 x16"),
            ("0-1", "virtualization", "pass-through")])


CARD_OF_DEVICE_QUERY = """
Device {n}: "Card"
  CUDA Capability Major/Minor version number:    8.6
  Total amount of global memory:                 1024 MBytes (1073741824 bytes)
  (082) Multiprocessors, (128) CUDA Cores/MP:    10496 CUDA Cores
  L2 Cache Size:                                 6,291,456 bytes (6 MB)
  Concurrent copy and kernel execution:          Yes with 2 copy engine(s)
  Integrated GPU sharing Host Memory:            No
  Device PCI Domain ID / Bus ID / location ID:   1 / {bus} / 0
"""


class DeviceQuery(unittest.TestCase):
    def test_cards_and_their_peers(self):
        text = CARD_OF_DEVICE_QUERY.format(n=0, bus=10) + CARD_OF_DEVICE_QUERY.format(n=1, bus=193)
        text += ("> Peer access from Card (GPU0) -> Card (GPU1) : Yes\n"
                 "> Peer access from Card (GPU1) -> Card (GPU0) : No\n")
        self.assertEqual(rows(device_query.read(text)), [
            ("0", "bus-id", "0001:0a:00.0"), ("1", "bus-id", "0001:c1:00.0"),
            ("0-1", "compute", "8.6"), ("0-1", "copy-engines", "2"), ("0-1", "integrated", "no"),
            ("0-1", "l2", "6291456"), ("0-1", "memory", "1073741824"),
            ("0-1", "multiprocessors", "82"), ("0-1", "name", "Card"),
            ("0", "peer-access", "X yes"), ("1", "peer-access", "no X")])


class NcclXml(unittest.TestCase):
    def test_switches_and_links(self):
        text = """<!-- made up -->
          <system version="1"><cpu numaid="1" affinity="00ff00f0">
            <pci busid="0000:20:00.0" link_speed="16.0 GT/s PCIe" link_width="16">
              <pci busid="0000:22:00.0" link_speed="32.0 GT/s PCIe" link_width="8">
                <gpu dev="0" sm="90">
                  <nvlink target="0000:30:00.0" count="2" tclass="0x068000"/>
                  <nvlink target="0000:2f:00.0" count="3" tclass="0x068000"/></gpu></pci>
              <pci busid="0000:23:00.0"><nic/></pci></pci></cpu></system>"""
        self.assertEqual(rows(nccl_xml.read(text)), [
            ("0", "bus-id", "0000:22:00.0"), ("0", "compute", "9.0"), ("0", "cpus", "4-7,16-23"),
            ("0", "links-up", "5"), ("0", "numa", "1"), ("0", "pci-ports", "0000:20:00.0"),
            ("0", "pcie-now", "5 x8"), ("0", "remote", "3 to 0000:2f:00.0, 2 to 0000:30:00.0"),
            ("0", "remote-kind", "switch")])


class Lspci(unittest.TestCase):
    def test_registers(self):
        text = ("c1:00.0 3D controller: NVIDIA Corporation Device 1234\n\tNUMA node: 3\n"
                "\tRegion 1: Memory at 1000 (64-bit, prefetchable) [size=64G]\n"
                "\tRegion 3: Memory at 2000 (64-bit, prefetchable) [size=32M]\n"
                "\t\tLnkCap:\tPort #0, Speed 16GT/s, Width x16, ASPM L1\n"
                "\t\tLnkSta:\tSpeed 2.5GT/s (downgraded), Width x4 (downgraded)\n"
                "\t\tACSCtl:\tSrcValid+ TransBlk- ReqRedir+ CmpltRedir+\n")
        of = "0000:c1:00.0"
        self.assertEqual(rows(lspci.read(text)), [
            (of, "acs", "on"), (of, "bar1", "65536 MiB"), (of, "numa", "3"),
            (of, "pcie-can", "4 x16"), (of, "pcie-now", "1 x4")])

    def test_the_tree_above_the_cards(self):
        text = (" +-[0000:40]-+-00.0  Host bridge\n"
                " |           +-01.1-[41]--+-00.0  NVIDIA Corporation X\n"
                " |           |            \\-00.1  NVIDIA Corporation Audio\n"
                " |           \\-03.1-[42]----00.0  NVIDIA Corporation X\n")
        self.assertEqual(rows(lspci.read(text)), [
            ("0", "bus-id", "0000:41:00.0"), ("1", "bus-id", "0000:42:00.0"),
            ("0", "pci-path", "pci0000:40 0000:40:01.1"),
            ("1", "pci-path", "pci0000:40 0000:40:03.1")])

    def test_the_list_of_devices(self):
        text = ("41:00.0 VGA compatible controller: NVIDIA Corporation X\n"
                "41:00.1 Audio device: NVIDIA Corporation\n"
                "81:00.0 3D controller: NVIDIA Corporation Y\n")
        self.assertEqual(lspci.read(text), [Fact("0", "bus-id", "0000:41:00.0"),
                                            Fact("1", "bus-id", "0000:81:00.0")])

    def test_all_ports_of_a_machine(self):
        off, on = "\t\tACSCtl: SrcValid- ReqRedir-\n", "\t\tACSCtl: SrcValid- ReqRedir+\n"
        self.assertEqual(lspci.read(off + off), [Fact("ports", "acs", "off")])
        self.assertEqual(lspci.read(off + on), [])


class HwlocXml(unittest.TestCase):
    def test_nodes_with_memory_and_cores(self):
        text = """<topology><object type="Machine">
            <object type="NUMANode" local_memory="1024"/><object type="NUMANode" local_memory="0"/>
            <object type="Core"/><object type="Core"/></object></topology>"""
        self.assertEqual(hwloc_xml.read(text), [Fact("host", "numa-nodes", "1"),
                                                Fact("host", "cores", "2")])


class Words(unittest.TestCase):
    def test_generations_addresses_and_lists(self):
        speeds = ("2.5GT/s", "8 GT/s", "32.0 GT/s PCIe")
        self.assertEqual([words.generation(speed) for speed in speeds], [1, 3, 5])
        self.assertEqual(words.address("00010000:C1:00.0"), "10000:c1:00.0")
        self.assertEqual(words.address("c1:00.0"), "0000:c1:00.0")
        self.assertEqual(words.cpu_list("00000001,80000001"), "0,31-32")

    def test_neighbours_share_a_row(self):
        facts = [Fact(str(n), "cpus", "0-3" if n < 2 else "4-7") for n in range(3)]
        self.assertEqual(folded(facts), [("0-1", "cpus", "0-3"), ("2", "cpus", "4-7")])
        self.assertEqual(numbers("0-2"), ["0", "1", "2"])
        self.assertEqual(numbers("0000:c1:00.0"), ["0000:c1:00.0"])


if __name__ == "__main__":
    unittest.main()
