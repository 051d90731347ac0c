# SPDX-License-Identifier: Apache-2.0
"""nvidia-smi nvlink -s (state and rate of each link) and -R (what each link leads to)."""
import re
from collections import Counter

from facts import Fact

from .words import address


def read(text):
    blocks = re.split(r"^GPU (\d+): .*$", text, flags=re.MULTILINE)[1:]
    found = []
    for of, block in zip(blocks[::2], blocks[1::2]):
        states = re.findall(r"Link \d+: (<inactive>|[0-9.]+ GB/s)", block)
        remotes = re.findall(r"Link \d+: Remote Device ([0-9A-Fa-f:.]+): Link \d+", block)
        if remotes:
            counts = sorted(Counter(map(address, remotes)).items())
            found.append(Fact(of, "remote", ", ".join(f"{n} to {to}" for to, n in counts)))
            continue
        if re.search(r"all links are inActive", block):
            up, present = [], "some"
        elif re.search(r"does not have or support Nvlink", block, re.IGNORECASE):
            up, present = [], "0"
        else:
            if not states:
                raise ValueError(f"GPU {of}: no link and no word why")
            up = [state.removesuffix(" GB/s") for state in states if state != "<inactive>"]
            present = str(len(states))
        found += [Fact(of, "links-up", str(len(up))), Fact(of, "links-present", present)]
        found += [Fact(of, "link-gbs", rate) for rate in sorted(set(up))]
    return found
