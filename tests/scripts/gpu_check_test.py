"""The GPU check without a GPU, and with stand-ins for the program and for compute-sanitizer."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "gpu_check.sh"

PROGRAM = """#!/bin/sh
case "$1" in
  check) echo "gpus=1: looked for"; exit {found} ;;
  --version) echo "peerbench 0" ;;
  run) [ "$2" = --output ] && echo "{{}}" >"$3"; echo ran "$@"; exit {run} ;;
  *) echo "$@" ;;
esac
"""
SANITIZER = """#!/bin/sh
echo "$@"
[ "$2" != {broken} ] || {{ echo "ERROR SUMMARY: 3 errors"; exit 99; }}
if [ "$2" = racecheck ]; then echo "RACECHECK SUMMARY: 0 hazards displayed"; else echo "ERROR SUMMARY: 0 errors"; fi
exit 70
"""


class GpuCheck(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def stand_in(self, name, text):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)
        return path

    def check(self, found=0, run=0, broken="none", arguments=None):
        program = self.stand_in("peerbench", PROGRAM.format(found=found, run=run))
        self.stand_in("compute-sanitizer", SANITIZER.format(broken=broken))
        done = subprocess.run(
            [SCRIPT, *(arguments or ["--program", program, "--output", self.folder / "out"])],
            env={**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}"},
            capture_output=True, text=True, check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def test_all_well(self):
        code, output, errors = self.check()
        self.assertEqual(code, 0, output + errors)
        self.assertEqual(output.count("ok "), 7, output)
        self.assertEqual((self.folder / "out" / "run.json").read_text(encoding="utf-8"), "{}\n")
        self.assertIn("all well", (self.folder / "out" / "summary.txt").read_text(encoding="utf-8"))

    def test_no_gpu_is_no_failure(self):
        code, _, errors = self.check(found=1)
        self.assertEqual(code, 77)
        self.assertIn("no GPU that CUDA can use", errors)
        self.assertIn("gpus=1: looked for", errors)

    def test_a_finding_of_the_sanitizer(self):
        code, output, _ = self.check(broken="synccheck")
        self.assertEqual(code, 1)
        self.assertIn("FAILED  synccheck", output)
        self.assertEqual(output.count("FAILED"), 1, output)

    def test_a_run_that_fails(self):
        code, output, _ = self.check(run=2)
        self.assertEqual(code, 1)
        self.assertIn("FAILED  default run: exit 2", output)

    def test_wrong_usage(self):
        code, _, errors = self.check(arguments=["--nonsense"])
        self.assertEqual(code, 64)
        self.assertIn("scripts/gpu_check.sh [--program PEERBENCH]", errors)


if __name__ == "__main__":
    sys.exit(unittest.main())
