#!/usr/bin/env bash
# Sets up, builds and runs peerbench with the arguments given. Ready at once when nothing has changed.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
# shellcheck source=scripts/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
setup run
# shellcheck source=scripts/lib/build.sh
source "$PEERBENCH_ROOT/scripts/lib/build.sh"
configure release OFF
build release programs
exec "$(build_dir release)/bin/peerbench" "$@"
