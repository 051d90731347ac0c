#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What scripts/compare_results.py finds between two runs, and that it finds nothing between equal ones."""

import copy
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "compare_results.py"
RUN = {
    "started": "2026-01-01T00:00:00Z",
    "cells": [
        {"name": "a", "status": "ok", "median": 50.5, "samples": [50.0, 51.0], "flows": [{"src": "gpu0", "median": 50.5}],
         "ceiling": {"value": 56.25, "source": "NVML"}},
        {"name": "b", "status": "unsupported", "reason": "no peer access", "samples": []},
    ],
    "findings": [{"code": "x"}],
}


class CompareResults(unittest.TestCase):
    def compare(self, after, *options):
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder) / name for name in ("before.json", "after.json")]
            paths[0].write_text(json.dumps(RUN))
            paths[1].write_text(after if isinstance(after, str) else json.dumps(after))
            done = subprocess.run([sys.executable, SCRIPT, *paths, *options], capture_output=True, text=True)
            return done.returncode, done.stdout, done.stderr

    def changed(self, change):
        run = copy.deepcopy(RUN)
        change(run)
        return run

    def test_equal_runs_of_different_times_are_equal(self):
        code, out, _ = self.compare(self.changed(lambda run: run.update(started="2026-01-02T00:00:00Z")))
        self.assertEqual((code, out), (0, "2 cells are equal in every field\n"))

    def test_one_changed_sample_is_told(self):
        code, out, _ = self.compare(self.changed(lambda run: run["cells"][0]["samples"].__setitem__(1, 51.0000001)))
        self.assertEqual(code, 1)
        self.assertIn("a: samples: [50.0, 51.0] -> [50.0, 51.0000001]", out)

    def test_the_field_within_an_object_is_named(self):
        code, out, _ = self.compare(self.changed(lambda run: run["cells"][0]["ceiling"].update(source="a guess")))
        self.assertEqual((code, out), (1, 'a: ceiling.source: "NVML" -> "a guess"\n1 differences\n'))

    def test_a_field_that_came_or_went_is_told(self):
        code, out, _ = self.compare(self.changed(lambda run: run["cells"][1].update(verified=False)))
        self.assertEqual((code, out.splitlines()[0]), (1, "b: verified: nothing -> false"))
        code, out, _ = self.compare(self.changed(lambda run: run["cells"][1].pop("reason")))
        self.assertEqual((code, out.splitlines()[0]), (1, 'b: reason: "no peer access" -> nothing'))

    def test_a_number_is_not_its_text_and_null_is_not_missing(self):
        code, out, _ = self.compare(self.changed(lambda run: run["cells"][0].update(median="50.5", ceiling=None)))
        self.assertEqual(code, 1)
        self.assertIn('a: median: 50.5 -> "50.5"', out)
        self.assertIn("a: ceiling: ", out)

    def test_cells_that_came_went_or_moved_are_told(self):
        code, out, _ = self.compare(self.changed(lambda run: run["cells"].pop()))
        self.assertEqual((code, out.splitlines()[0]), (1, "b: only in the first file"))
        code, out, _ = self.compare(self.changed(lambda run: run["cells"].append({"name": "c"})))
        self.assertEqual((code, out.splitlines()[0]), (1, "c: only in the second file"))
        code, out, _ = self.compare(self.changed(lambda run: run["cells"].reverse()))
        self.assertEqual((code, out.splitlines()[0]), (1, "the cells' order differs"))

    def test_findings_count(self):
        code, out, _ = self.compare(self.changed(lambda run: run.update(findings=[])))
        self.assertEqual((code, out.splitlines()[0]), (1, 'findings: [{"code": "x"}] -> []'))
        self.assertEqual(self.compare(self.changed(lambda run: run.update(findings=[])), "--ignore", "findings")[0], 0)

    def test_what_is_ignored_is_left_out_and_nothing_else(self):
        def change(run):
            run["cells"][0].update(median=1.0, status="corrupt")
        code, out, _ = self.compare(self.changed(change), "--ignore", "median")
        self.assertEqual((code, out), (1, 'a: status: "ok" -> "corrupt"\n1 differences\n'))

    def test_what_is_no_result_is_said_to_be_none(self):
        for text in ("", "[]", '{"cells": {}}', '{"cells": [{}]}', '{"cells": [{"name": "a"}, {"name": "a"}]}'):
            self.assertEqual(self.compare(text)[0], 2, text)


if __name__ == "__main__":
    unittest.main()
