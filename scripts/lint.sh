#!/usr/bin/env bash
# Formatting, licence lines, spelling, static analysis, the arrows between modules, what the compiler makes of the
# kernels, and the shell scripts. Every check runs, then it exits 1 if any of them found something.
# `scripts/lint.sh --quick` leaves out clang-tidy, which takes minutes.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
# shellcheck source=scripts/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
setup run test lint
# shellcheck source=scripts/lib/build.sh
source "$PEERBENCH_ROOT/scripts/lib/build.sh"
cd "$PEERBENCH_ROOT"

passed=0 failed=0
# check NAME COMMAND...: runs one check and counts it.
check() {
  local name=$1 started=$SECONDS
  shift
  if "$@"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    name="$name FAILED"
  fi
  printf 'lint: %s (%d s)\n' "$name" $((SECONDS - started))
}

format_check() {
  git ls-files -z -- '*.cpp' '*.hpp' '*.h' '*.cu' '*.cuh' | xargs -0 "$CLANG_FORMAT" --dry-run -Werror
}
licence_check() {
  local without
  without=$(git ls-files -z -- '*.cpp' '*.hpp' '*.h' '*.c' '*.cu' '*.cuh' '*.py' '*.sh' '*.cmake' '*CMakeLists.txt' .ci/run |
    xargs -0 grep -L 'SPDX-License-Identifier: Apache-2.0' || true)
  [ -z "$without" ] || { printf 'no SPDX-License-Identifier: %s\n' "$without"; return 1; }
}
# .codespellrc says which words are meant.
spelling_check() { git ls-files -z | xargs -0 "$PEERBENCH_DEPS/venv/bin/codespell"; }
shell_check() {
  local scripts
  mapfile -t scripts < <(git ls-files -- '*.sh' .ci/run)
  shellcheck -x "${scripts[@]}"
}
# clang-tidy reads the flags of the release build, and the headers that it generates.
tidy_check() {
  configure release ON &&
    build release all &&
    scripts/lint_tidy.py "$(build_dir release)" "$PEERBENCH_DEPS/venv/bin/clang-tidy"
}

# For every architecture that this toolkit has.
kernels_check() { scripts/check_kernels.py --nvcc "$CUDACXX"; }

check "formatting" format_check
check "licence lines" licence_check
check "spelling" spelling_check
check "layers" scripts/check_layers.py
check "kernels" kernels_check
check "shell scripts" shell_check
[ "${1:-}" = --quick ] || check "clang-tidy" tidy_check
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
