# SPDX-License-Identifier: Apache-2.0
"""Installs the build into an empty folder, moves it, and looks at what is there and how it runs.

    install_test.py CMAKE BUILD_DIR
"""

import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CMAKE, BUILD = sys.argv[1:3]


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        first = Path(scratch.name, "first")
        cls.prefix = Path(scratch.name, "moved")
        subprocess.run([CMAKE, "--install", BUILD, "--prefix", first], check=True, capture_output=True)
        shutil.move(first, cls.prefix)

    def run_program(self, *arguments, name="peerbench", env=None):
        return subprocess.run([self.prefix / "bin" / name, *arguments], env=env or {}, cwd="/",
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)

    def test_what_is_where(self):
        for name in ["bin/peerbench", "bin/peerbench-sim", "bin/peerbench-kernel-variants",
                     "lib/peerbench-sim/libpeerbench_simcore.so",
                     "share/peerbench/machines/dual-rtx3090-nvlink.json",
                     "share/peerbench/result.schema.json", "share/peerbench/signals.schema.json",
                     "share/doc/peerbench/LICENSE"]:
            self.assertTrue((self.prefix / name).is_file(), name)

    def test_the_real_program_never_meets_the_simulator(self):
        """Its run path would decide which libnvidia-ml.so.1 it loads."""
        dynamic = subprocess.run(["readelf", "-d", self.prefix / "bin/peerbench"], check=True,
                                 capture_output=True, text=True).stdout
        self.assertNotIn("peerbench-sim", dynamic)
        self.assertNotIn("simcore", dynamic)
        self.assertNotIn("simulator", self.run_program("machine").stderr)

    def test_a_moved_installation_finds_its_machines(self):
        done = self.run_program("machine", "--simulate", "dual-rtx3090-nvlink")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("SIMULATED", done.stdout)
        self.assertIn("RTX 3090", done.stdout)

    def test_the_kernel_variants_say_that_they_need_a_gpu(self):
        done = self.run_program(name="peerbench-kernel-variants", env={"CUDA_VISIBLE_DEVICES": "-1"})
        self.assertEqual(done.returncode, 77, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertRegex(done.stderr, "^peerbench-kernel-variants needs a GPU, and CUDA offers none here: .+\n$")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
