# SPDX-License-Identifier: Apache-2.0
"""The check of the kernels finds kernels that it must refuse.

    check_kernels_test.py NVCC LIBRARY ARCHITECTURES

LIBRARY: the kernels as built for ARCHITECTURES, a list as CMake has it.
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "check_kernels.py"
NVCC, LIBRARY, ARCHITECTURES = (sys.argv.pop(1) for _ in range(3))
# Those that machine code was made for; builds with sanitizers have PTX only.
BUILT_FOR = re.findall(r"\b(\d+)(?=-real|;|$)", ARCHITECTURES)

LOCAL = """
extern "C" __global__ void indexed(int* out, int i) {
  int held[64] = {};
  for (int j = 0; j < i; ++j) held[out[j] % 64] += j;
  out[0] = held[out[i] % 64];
}
"""
# What a read kernel becomes when its result is stored nowhere.
UNREAD = """
extern "C" __global__ void peerbench_read(const uint4* from, unsigned long long bytes) {
  unsigned sum = 0;
  for (unsigned long long i = threadIdx.x; i < bytes / 16; i += blockDim.x) sum += from[i].x;
}
"""
NARROW = """
extern "C" __global__ void peerbench_copy(int* to, const int* from, int n) {
  for (int i = threadIdx.x; i < n; i += blockDim.x) to[i] = from[i];
}
"""
# Four loads a round, of which two are in flight; and eight, whose registers leave no room.
ROUNDS = """
constexpr unsigned stride = 256;
extern "C" __global__ void __launch_bounds__(stride)
    peerbench_copy(uint4* to, const uint4* from, unsigned long long n) {
  constexpr int each = EACH;
#pragma unroll 1
  for (unsigned long long i = threadIdx.x; i + 8 * stride < n; i += 8 * stride) {
#pragma unroll
    for (int half = 0; half < 8; half += each) {
      uint4 taken[each];
#pragma unroll
      for (int k = 0; k < each; ++k) taken[k] = from[i + (half + k) * stride];
#pragma unroll
      for (int k = 0; k < each; ++k) to[i + (half + k) * stride] = taken[k];
    }
  }
}
"""
# What waits for another GPU: WAIT is the loop.
PING_PONG = """
__device__ unsigned long long now() {
  unsigned long long ns;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(ns));
  return ns;
}
__device__ unsigned polled(unsigned* flag) {
  unsigned value;
  asm volatile("ld.relaxed.sys.global.u32 %0, [%1];" : "=r"(value) : "l"(flag) : "memory");
  return value;
}
extern "C" __global__ void peerbench_ping_pong(unsigned* flag, unsigned long long limit) {
  const unsigned long long start = now();
  WAIT
  *flag = 0;
}
"""
# A loop as Pascal's machine code has it: pairs of instructions stand in braces.
PAIRED = """
.L_x_1:
        /*0048*/         {         IADD R2.CC, R2, R6 ;
        /*0050*/                   LDG.E.128 R8, [R4]         }
        /*0058*/                   LDG.E.CV R7, [R2] ;
        /*0068*/         {         IADD R10, R8, R9 ;
        /*0070*/              @!P0 BRA `(.L_x_1)         }
"""


def check(*files, arch=90):
    done = subprocess.run(
        [SCRIPT, "--nvcc", NVCC, "--arch", str(arch), *files],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def check_text(text, arch=90):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "kernel.cu"
        file.write_text(text, encoding="utf-8")
        return check(file, arch=arch)


class CheckKernels(unittest.TestCase):
    def finds(self, fault, text, arch=90):
        code, output = check_text(text, arch)
        self.assertEqual(code, 1, output)
        self.assertRegex(output, fault)
        return output

    @unittest.skipUnless(BUILT_FOR, "built without machine code")
    def test_what_the_program_is_linked_with_passes(self):
        code, output = check(LIBRARY)
        self.assertEqual(code, 0, output)
        for arch in BUILT_FOR:
            self.assertRegex(output, rf"machine code of .*\bsm_{arch}\b")

    def test_local_memory(self):
        self.finds(r"indexed \(sm_90\): \d+ bytes of local memory", LOCAL)

    def test_a_read_that_was_removed(self):
        self.finds(r"peerbench_read \(sm_90\): 0 loads of 16 bytes in flight", UNREAD)

    def test_narrow_accesses(self):
        output = self.finds(r"peerbench_copy \(sm_90\): 0 loads of 16 bytes in flight", NARROW)
        self.assertIn("peerbench_copy (sm_90): 0 stores of 16 bytes in the main loop", output)

    def test_loads_that_wait_for_each_other(self):
        self.finds(r"peerbench_copy \(sm_90\): 2 loads", ROUNDS.replace("EACH", "2"))

    def test_registers_that_leave_no_room(self):
        text = ROUNDS.replace("EACH", "8")
        output = self.finds(r"peerbench_copy \(sm_90\): \d+ registers, 32 leave room", text)
        self.assertIn("1 faults", output)
        code, output = check_text(text, arch=75)  # which has 64 for each
        self.assertEqual(code, 0, output)

    def test_a_wait_without_end(self):
        self.finds("no clock ends the wait", PING_PONG.replace("WAIT", "while (polled(flag) == 0);"))

    def test_a_clock_in_each_poll(self):
        wait = "while (polled(flag) == 0 && now() - start < limit);"
        self.finds("the clock is looked at in each poll", PING_PONG.replace("WAIT", wait))

    def test_a_fence_in_the_wait(self):
        wait = "while (polled(flag) == 0 && now() - start < limit) __threadfence_system();"
        self.finds("a fence in a loop", PING_PONG.replace("WAIT", wait))

    def test_instructions_in_pairs(self):
        sys.path.insert(0, str(SCRIPT.parent))
        import check_kernels

        (loop,) = check_kernels.loops_of(PAIRED)
        self.assertEqual([line.split()[0] for line in loop], ["IADD", "LDG.E.128", "LDG.E.CV", "IADD", "@!P0"])
        self.assertEqual(check_kernels.loads_before_use(loop), 1)
        self.assertTrue(check_kernels.POLL.search(loop[2]))
        self.assertFalse(check_kernels.POLL.search(loop[1]))

    def test_what_does_not_compile(self):
        code, output = check_text("nonsense")
        self.assertNotIn(code, (0, 77), output)


if __name__ == "__main__":
    unittest.main()
