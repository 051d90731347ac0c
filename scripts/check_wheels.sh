#!/usr/bin/env bash
# Proves that a machine without a CUDA toolkit is enough: hides this machine's own, sets up from NVIDIA's
# wheels, builds the programs in build/wheels (PEERBENCH_BUILD_DIR) and runs them.
#   scripts/check_wheels.sh [--cuda 12|13]    12: the oldest toolkit and the oldest cards that are built for
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
case "$*" in
  '' | '--cuda 13') export PEERBENCH_CUDA=13 toolkit=cuda build=wheels ;;
  '--cuda 12') export PEERBENCH_CUDA=12 toolkit=cuda12 build=wheels-cuda12 ;;
  *) sed -n '4s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2 && exit 64 ;;
esac

# shellcheck source=scripts/lib/no_toolkit.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/no_toolkit.sh"
hide_toolkit
# shellcheck source=scripts/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
export PEERBENCH_BUILD_DIR=${PEERBENCH_BUILD_DIR:-$PEERBENCH_ROOT/build/$build}
setup run
# shellcheck source=scripts/lib/build.sh
source "$PEERBENCH_ROOT/scripts/lib/build.sh"
# shellcheck source=scripts/lib/checks.sh
source "$PEERBENCH_ROOT/scripts/lib/checks.sh"
[ "$CUDACXX" = "$PEERBENCH_DEPS/$toolkit/bin/nvcc" ] || fail "the machine's toolkit was used: $CUDACXX"
configure release OFF
build release programs

start_checks "$build"
no_other_toolkit() {
  ! grep -E '^[^#/]*=/usr/local/cuda|/usr/local/cuda[^:]*\.(so|a)' "$PEERBENCH_BUILD_DIR/CMakeCache.txt"
}
# A box without a GPU still measures its host's memory; a short look is enough here.
peerbench() { "$PEERBENCH_BUILD_DIR/bin/peerbench" "$@"; }
says() {
  local expected=$1
  shift
  # Not grep -q, which ends at the first match and leaves the program writing to nobody.
  "$@" | tee /dev/stderr | grep -- "$expected" >/dev/null
}

check "nothing of the machine's toolkit is used" no_other_toolkit
# The other compiler's kernels are looked at by scripts/lint.sh.
[ "$PEERBENCH_CUDA" != 12 ] || check "its kernels" scripts/check_kernels.py --nvcc "$CUDACXX"
if [ -x "$PEERBENCH_BUILD_DIR/bin/peerbench" ]; then
  check "the machine as it is" peerbench machine
  check "a measured run" peerbench run --budget 1
  check "a simulated dual-card box" says SIMULATED peerbench --simulate dual-rtx3090-nvlink
fi
# What is compiled stays as it is, so this takes seconds: nothing that is left may need the simulator.
without_simulator() {
  local ok=0
  cmake "$PEERBENCH_BUILD_DIR" -DPEERBENCH_SIMULATOR=OFF && build release programs &&
    ! ninja -C "$PEERBENCH_BUILD_DIR" -t targets all | grep gpusim || ok=1
  cmake "$PEERBENCH_BUILD_DIR" -DPEERBENCH_SIMULATOR=ON && return "$ok"
}
[ "$PEERBENCH_CUDA" != 12 ] || check "a build without the simulator" without_simulator
end_checks
