#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""That scripts/update_readme.py finds and renews stale blocks in README.md and docs/, and keeps to its own state."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "update_readme.py"

# Stands in for the program: `count` counts in the kept state, `report` shows what was counted.
PROGRAM = """#!/bin/sh
state="$XDG_STATE_HOME/last"
case "$1" in
  count) echo "run $2" > "$state"; echo "measured $2";;
  report) cat "$state" 2>/dev/null || echo "nothing kept";;
  variable) echo "format ${PEERBENCH_FORMAT:-none}";;
  not-met) echo "not met"; exit 1;;
  *) echo "unknown $1" >&2; exit 64;;
esac
"""


def block(arguments, body):
    return f"<!-- peerbench {arguments} -->\n```text\n{body}\n```\n"


class UpdateReadme(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        for name in ("scripts", "docs", "state"):
            (self.root / name).mkdir()
        self.script = shutil.copy(SCRIPT, self.root / "scripts")
        self.program = self.root / "program"
        self.program.write_text(PROGRAM)
        self.program.chmod(0o755)
        self.write("README.md", block("count 2", "measured 2"))

    def write(self, name, text):
        (self.root / name).write_text(text)

    def read(self, name):
        return (self.root / name).read_text()

    def run_script(self, *options):
        variables = {**os.environ, "XDG_STATE_HOME": str(self.root / "state"), "PEERBENCH_FORMAT": "csv"}
        done = subprocess.run([sys.executable, self.script, *options, self.program], env=variables,
                              capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr

    def test_blocks_that_are_up_to_date_pass(self):
        self.write("docs/a.md", "before\n" + block("not-met", "not met") + "after\n")
        self.assertEqual(self.run_script("--check"), (0, "", ""))

    def test_a_stale_block_is_named_with_its_file_and_left_alone(self):
        for name in ("README.md", "docs/a.md"):
            before = self.read(name) if (self.root / name).exists() else ""
            self.write(name, block("count 7", "measured 6"))
            code, out, _ = self.run_script("--check")
            self.assertEqual(code, 1)
            self.assertIn(f"{name} shows an old output of: peerbench count 7", out)
            self.assertEqual(self.read(name), block("count 7", "measured 6"))
            self.write(name, before)

    def test_stale_blocks_are_renewed_and_nothing_else(self):
        self.write("docs/a.md", "before\n" + block("count 7", "measured 6") + "after\n")
        code, out, _ = self.run_script()
        self.assertEqual((code, out), (0, "docs/a.md: 1 block(s) renewed\n"))
        self.assertEqual(self.read("docs/a.md"), "before\n" + block("count 7", "measured 7") + "after\n")
        self.assertEqual(self.run_script("--check")[0], 0)

    def test_a_report_shows_the_run_above_it_in_its_file(self):
        self.write("docs/a.md", block("count 3", "measured 3") + block("report", "run 3"))
        self.write("docs/b.md", block("report", "nothing kept"))
        self.assertEqual(self.run_script("--check"), (0, "", ""))

    def test_what_the_user_keeps_and_sets_plays_no_part(self):
        self.write("state/last", "the user's\n")
        self.write("docs/a.md", block("report", "nothing kept") + block("count 3", "measured 3") +
                   block("variable", "format none"))
        self.assertEqual(self.run_script("--check"), (0, "", ""))
        self.assertEqual(self.read("state/last"), "the user's\n")

    def test_a_command_that_does_not_work_ends_it(self):
        self.write("docs/a.md", block("no-such-command", "x"))
        code, _, err = self.run_script("--check")
        self.assertEqual(code, 1)
        self.assertIn("peerbench no-such-command: exit 64: unknown no-such-command", err)


if __name__ == "__main__":
    unittest.main()
