# SPDX-License-Identifier: Apache-2.0
"""A simulated machine of the shape of a real one gives what the log of the real one says:
machines_test.py PROGRAM
"""
import sys
import unittest

import facts
from answers import ANSWERS, agrees, answer
from program import described, matrix, page, without_nvml

PROGRAM = None

# Where nvidia-smi and the kernel differ. The firmware of this machine names no NUMA node, and then
# nvidia-smi says SYS; the host has one node, so that the cards cannot be on two.
BY_THE_KERNEL = {"dual-rtx4090": ("SYS", "NODE")}


class Machines(unittest.TestCase):
    told = facts.facts()
    said = {}  # of each file; many logs share a machine

    def of(self, log):
        file = log.file()
        if file not in self.said:
            self.said[file] = described(PROGRAM, file)
        return self.said[file]

    def test_every_fact_of_every_log(self):
        for log in facts.logs():
            asked = [fact for fact in self.told[log.path] if fact.what not in log.left_out]
            for fact in asked:
                with self.subTest(log.path, simulated=log.simulated, of=fact.of, fact=fact.what):
                    said = answer(self.of(log), fact)
                    if not agrees(fact, said):
                        self.fail(f"the log says {fact.value}; the program {said}")

    def test_as_many_gpus(self):
        for log in facts.logs():
            for fact in self.told[log.path]:
                if fact.what in ("matrix", "peer-access"):
                    with self.subTest(log=log.path, simulated=log.simulated):
                        self.assertEqual(len(self.of(log).machine["gpus"]), len(fact.value.split()))

    def test_the_kernel_shows_the_same_ways_over_pci(self):
        """Without NVML the words come from the addresses and NUMA nodes below /sys."""
        for log in facts.logs():
            rows = [fact for fact in self.told[log.path]
                    if fact.what == "matrix" and " " in fact.value]
            if not rows:
                continue
            said = without_nvml(PROGRAM, log.file())
            known, instead = BY_THE_KERNEL.get(log.simulated, ("", ""))
            for fact in rows:
                with self.subTest(log=log.path, simulated=log.simulated, of=fact.of):
                    ways = said.row(fact.of, lambda link: link.get("way", "?")).split()
                    for word, way in zip(fact.value.split(), ways, strict=True):
                        if not word.startswith("NV"):
                            self.assertEqual(way, instead if word == known else word)

    def test_the_page_prints_the_same_matrix(self):
        """At 80 and 120 columns no line is longer, and two cards, or eight, are one table."""
        for file in {log.file() for log in facts.logs()}:
            rows = {fact.of: fact.value.split() for log in facts.logs() if log.file() == file
                    for fact in self.told[log.path] if fact.what == "matrix"}
            for width, in_one in (80, 2), (120, 8):
                with self.subTest(simulated=file.stem, width=width):
                    lines = page(PROGRAM, file, width)
                    self.assertEqual([line for line in lines if len(line) > width], [])
                    words, parts = matrix(lines)
                    expected = {(f"gpu{of}", f"gpu{to}"): word for of, row in rows.items()
                                for to, word in enumerate(row) if len(row) > 1}
                    if expected:
                        self.assertEqual(words, expected)
                    if 1 < len(rows) <= in_one:
                        self.assertEqual(parts, 1)


class Tables(unittest.TestCase):
    """The tables are whole, and wide enough to be a yardstick."""

    def test_every_log_has_facts_and_every_fact_a_log(self):
        self.assertEqual(set(facts.facts()), {log.path for log in facts.logs()})

    def test_every_fact_is_one_that_can_be_asked(self):
        for log, told in facts.facts().items():
            self.assertEqual({fact.what for fact in told} - set(ANSWERS), set(), log)

    def test_something_is_asked_and_what_is_left_out_has_a_reason(self):
        for log in facts.logs():
            whats = {fact.what for fact in facts.facts()[log.path]}
            self.assertTrue(whats - log.left_out, f"{log.path}: {log.simulated} is asked nothing")
            self.assertLessEqual(log.left_out, whats, log.path)
            self.assertEqual(bool(log.left_out), bool(log.why), log.path)

    def test_the_same_fact_is_told_once(self):
        for log, told in facts.facts().items():
            self.assertEqual(len({(fact.of, fact.what) for fact in told}), len(told), log)

    def test_at_least_ten_machines_have_a_matrix_and_five_their_links(self):
        def machines(what):
            return {log.machine for log in facts.logs()
                    if any(fact.what == what for fact in facts.facts()[log.path])}

        self.assertGreaterEqual(len(machines("matrix")), 10)
        self.assertGreaterEqual(len(machines("links-up")), 5)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
