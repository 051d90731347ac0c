#!/usr/bin/env bash
# Proves that a machine without a CUDA toolkit is enough: hides this machine's own, sets up from NVIDIA's
# wheels, builds the programs in build/wheels for a single architecture and runs them.
set -euo pipefail

# Without the machine's toolkit: neither on PATH nor in the environment nor at its usual place.
unset CUDACXX CUDA_HOME CUDA_PATH CUDA_ROOT CUDAToolkit_ROOT LIBRARY_PATH LD_LIBRARY_PATH CPATH \
  CPLUS_INCLUDE_PATH C_INCLUDE_PATH
export PEERBENCH_IGNORE_SYSTEM_CUDA=1
cleaned=
IFS=: read -ra folders <<<"$PATH"
for folder in "${folders[@]}"; do
  [ -e "$folder/nvcc" ] || cleaned+=${cleaned:+:}$folder
done
export PATH=$cleaned

# shellcheck source=scripts/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
export PEERBENCH_BUILD_DIR=$PEERBENCH_ROOT/build/wheels
export PEERBENCH_CUDA_ARCHITECTURES=${PEERBENCH_CUDA_ARCHITECTURES:-90-real}
setup run
# shellcheck source=scripts/lib/build.sh
source "$PEERBENCH_ROOT/scripts/lib/build.sh"
# shellcheck source=scripts/lib/checks.sh
source "$PEERBENCH_ROOT/scripts/lib/checks.sh"
[ "$CUDACXX" = "$PEERBENCH_DEPS/cuda/bin/nvcc" ] || fail "the machine's toolkit was used: $CUDACXX"
configure release OFF
build release programs

start_checks wheels
no_other_toolkit() { ! grep -E '^[^#/]*=/usr/local/cuda|/usr/local/cuda[^:]*\.(so|a)' "$PEERBENCH_BUILD_DIR/CMakeCache.txt"; }
# A box without a GPU still measures its host's memory; a short look is enough here.
peerbench() { "$PEERBENCH_BUILD_DIR/bin/peerbench" "$@"; }
says() {
  local expected=$1
  shift
  "$@" | tee /dev/stderr | grep -q -- "$expected"
}

check "nothing of the machine's toolkit is used" no_other_toolkit
if [ -x "$PEERBENCH_BUILD_DIR/bin/peerbench" ]; then
  check "the machine as it is" peerbench machine
  check "a measured run" peerbench run --budget 1
  check "a simulated dual-card box" says SIMULATED peerbench --simulate dual-rtx3090-nvlink
fi
end_checks
