#!/usr/bin/env bash
# For gpu_check.sh in a checkout: builds the program and prints where it is.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
# shellcheck source=scripts/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../setup.sh"
setup run
# shellcheck source=scripts/lib/build.sh
source "$PEERBENCH_ROOT/scripts/lib/build.sh"
configure release OFF
build release programs
printf '%s\n' "$(build_dir release)/bin/peerbench"
