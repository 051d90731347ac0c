#!/usr/bin/env bash
# Brings what the build needs onto this machine: distribution packages, and the CUDA toolkit from NVIDIA's
# wheels where the machine has none. Says what it installs and why; does nothing when all is there.
#
#   scripts/setup.sh [run|test|lint]...   what to prepare for (default: run)
#
# From the environment: PEERBENCH_COMPILER=clang, to compile with Clang instead of the system's compiler.
# Other scripts source it and call `setup`, which leaves PATH and CUDACXX as the build needs them.
# SPDX-License-Identifier: Apache-2.0
# shellcheck source=scripts/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
for part in packages python cuda cuda12; do
  # shellcheck disable=SC1090
  source "$PEERBENCH_ROOT/scripts/lib/$part.sh"
done

# setup USE...: everything for these uses.
setup() {
  [ "${PEERBENCH_COMPILER:-}" != clang ] || set -- "$@" clang
  ensure_packages "$@"
  ensure_cmake
  ensure_cuda
  if [[ " $* " == *" test "* || " $* " == *" lint "* ]]; then
    ensure_wheel "$NVDISASM_WHEEL" "what the kernels' machine code does"
    ensure_wheel "$CUOBJDUMP_WHEEL" "to take it out of the program"
  fi
  if [[ " $* " == *" lint "* ]]; then
    ensure_wheel "$CLANG_TIDY_WHEEL" "static analysis"
    ensure_wheel "$CODESPELL_WHEEL" "misspelt words"
  fi
  if [[ " $* " == *" test "* ]]; then
    ensure_wheel "$JSONSCHEMA_WHEEL" "an independent check of result files"
    ensure_wheel "$NVML_PYTHON_WHEEL" "an independent reader of NVML, for the simulated one"
  fi
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
  set -euo pipefail
  [ $# -gt 0 ] || set -- run
  for use in "$@"; do
    [[ $use =~ ^(run|test|lint)$ ]] || fail "unknown use '$use': expected run, test or lint"
  done
  case " $* " in *" test "* | *" lint "*) set -- run "$@" ;; esac
  setup "$@"
  say "ready: $(command -v cmake), $CUDACXX"
fi
