"""The check of the kernels finds kernels that it must refuse."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "check_kernels.py"
NVCC = sys.argv.pop(1)

LOCAL = """
extern "C" __global__ void indexed(int* out, int i) {
  int held[64] = {};
  for (int j = 0; j < i; ++j) held[out[j] % 64] += j;
  out[0] = held[out[i] % 64];
}
"""
# What a read kernel becomes when its result is stored nowhere, or word by word.
UNREAD = """
extern "C" __global__ void peerbench_read(const uint4* from, unsigned long long bytes) {
  unsigned sum = 0;
  for (unsigned long long i = threadIdx.x; i < bytes / 16; i += blockDim.x) sum += from[i].x;
}
"""
NARROW = """
extern "C" __global__ void peerbench_copy(int* __restrict__ to, const int* __restrict__ from) {
  to[threadIdx.x] = from[threadIdx.x];
}
"""


def check(*files):
    done = subprocess.run(
        [SCRIPT, "--nvcc", NVCC, *files], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def check_text(text):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "kernel.cu"
        file.write_text(text, encoding="utf-8")
        return check(file)


class CheckKernels(unittest.TestCase):
    def test_our_own_pass(self):
        code, output = check()
        self.assertEqual(code, 0, output)
        self.assertIn("machine code of sm_75", output)

    def test_local_memory(self):
        code, output = check_text(LOCAL)
        self.assertEqual(code, 1, output)
        self.assertRegex(output, r"indexed \(sm_\d+\): \d+ bytes stack frame")

    def test_a_read_that_was_removed(self):
        code, output = check_text(UNREAD)
        self.assertEqual(code, 1, output)
        self.assertIn("peerbench_read: 0 global loads of 16 bytes", output)
        self.assertRegex(output, r"peerbench_read \(machine code, sm_\d+\): 0 global loads")

    def test_narrow_accesses(self):
        code, output = check_text(NARROW)
        self.assertEqual(code, 1, output)
        self.assertIn("peerbench_copy: 0 global loads of 16 bytes", output)
        self.assertIn("peerbench_copy: 0 global stores of 16 bytes", output)

    def test_what_does_not_compile(self):
        code, output = check_text("nonsense")
        self.assertNotIn(code, (0, 77), output)


if __name__ == "__main__":
    unittest.main()
