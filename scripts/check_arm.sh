#!/usr/bin/env bash
# Cross-compiles the programs for 64-bit Arm, as on a DGX Spark or a Jetson, and runs the tests of what its
# CPU does under an emulator. What the GPU runs is the same on both; so is the simulator.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
# shellcheck source=scripts/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
# shellcheck source=scripts/lib/arm.sh
source "$PEERBENCH_ROOT/scripts/lib/arm.sh"
# shellcheck source=scripts/lib/build.sh
source "$PEERBENCH_ROOT/scripts/lib/build.sh"
# shellcheck source=scripts/lib/checks.sh
source "$PEERBENCH_ROOT/scripts/lib/checks.sh"

if [ "$(uname -m)" = aarch64 ]; then
  say "this machine is 64-bit Arm itself: scripts/test.sh runs these tests, and all others, without an emulator"
  exit 0
fi
if [ "$(. /etc/os-release && printf '%s' "${ID:-}")" != debian ]; then
  say "not checked: cross-compiling for 64-bit Arm takes its libraries from Debian, and this is another system"
  exit 0
fi
setup run test
ensure_arm_packages
ensure_arm_cudart

dir=${PEERBENCH_BUILD_DIR:-$PEERBENCH_ROOT/build/arm64}
export PEERBENCH_BUILD_DIR=$dir PEERBENCH_CUDA_ARCHITECTURES=${PEERBENCH_CUDA_ARCHITECTURES:-121-real}
configure arm64 ON
tests=(base_test kernels_test host_pool_test host_pool_simulated_test result_test)
build arm64 programs "${tests[@]}"

start_checks arm64
# all NAME: every test of a program, in one go: starting the emulator for each would take longer than most of them.
all() { timeout 300 qemu-aarch64 "$(find "$dir/tests" -name "$1" -type f)" --gtest_brief=1; }
# The streaming stores that keep a core from reading a line before it writes it, in the loops that have them.
streaming_stores() {
  local stores
  stores=$(aarch64-linux-gnu-objdump -d --no-show-raw-insn \
    "$(find "$dir/kernels" -name 'host_loops_neon*.o')" | grep -c '\bstnp\b')
  [ "$stores" -ge 6 ] || { echo "only $stores stnp in the NEON loops"; return 1; }
}
says() {
  local expected=$1
  shift
  "$@" | tee /dev/stderr | grep -- "$expected" >/dev/null
}

for test in "${tests[@]}"; do check "$test" all "$test"; done
check "streaming stores" streaming_stores
check "a measured run" says neon qemu-aarch64 "$dir/bin/peerbench" run --budget 0.1 --filter 'copy/host0/threads'
check "a simulated DGX Spark" says SIMULATED qemu-aarch64 "$dir/bin/peerbench-sim" --simulate dgx-spark \
  run --filter 'pool/cpu/read'
end_checks
