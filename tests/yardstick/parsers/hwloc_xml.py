# SPDX-License-Identifier: Apache-2.0
"""hwloc's XML of a host: NUMA nodes with memory, and cores."""
import xml.etree.ElementTree as ET

from facts import Fact


def read(text):
    root = ET.fromstring(text)
    memories = [int(node.get("local_memory", 0)) for node in root.iter("object")
                if node.get("type") == "NUMANode"]
    cores = [node for node in root.iter("object") if node.get("type") == "Core"]
    return [Fact("host", "numa-nodes", str(sum(memory > 0 for memory in memories))),
            Fact("host", "cores", str(len(cores)))]
