# SPDX-License-Identifier: Apache-2.0
"""One small reader a log format; each takes the text of a log and gives its facts."""
from . import device_query, hwloc_xml, lspci, nccl_xml, nvlink, smi_q, topo

FOLDERS = {
    "deviceQuery": device_query.read,
    "hwloc-xml": hwloc_xml.read,
    "lspci": lspci.read,
    "nccl-topo-xml": nccl_xml.read,
    "nvidia-smi-nvlink": nvlink.read,
    "nvidia-smi-q": smi_q.read,
    "nvidia-smi-topo": topo.read,
    "nvidia-smi-topo-p2p": topo.read,
}


def read(path):
    """The facts of the log at `path`, whose folder names its format."""
    return FOLDERS[path.parent.name](path.read_text(encoding="utf-8"))
