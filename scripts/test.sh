#!/usr/bin/env bash
# Sets up, builds everything and runs the tests; arguments go to ctest (-R NAME runs only some).
# From the environment: PEERBENCH_PRESET, the build: release (default), debug, asan or tsan; PEERBENCH_TARGETS,
# only these test programs ("measure_test result_test", say, with -R '^(measure|result):').
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
# shellcheck source=scripts/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
setup run test
# shellcheck source=scripts/lib/build.sh
source "$PEERBENCH_ROOT/scripts/lib/build.sh"
preset=${PEERBENCH_PRESET:-release}
configure "$preset" ON
read -ra targets <<<"${PEERBENCH_TARGETS:-all}"
build "$preset" "${targets[@]}"
ctest --test-dir "$(build_dir "$preset")" --output-on-failure --no-tests=error \
  --parallel "${PEERBENCH_JOBS:-$(nproc)}" "$@"
