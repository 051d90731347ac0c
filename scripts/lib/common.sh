# shellcheck shell=bash
# What every script here shares: where the project is, how to talk, how versions compare.
# SPDX-License-Identifier: Apache-2.0

PEERBENCH_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# Everything that set-up brings into the project's own folder lies here; git ignores it.
export PEERBENCH_DEPS=${PEERBENCH_DEPS:-$PEERBENCH_ROOT/.deps}
# shellcheck source=scripts/versions.sh
source "$PEERBENCH_ROOT/scripts/versions.sh"

# stdout belongs to the program and to test results, so all talk goes to stderr.
say() { printf '%s\n' "set-up: $*" >&2; }
fail() {
  printf '%s\n' "set-up: $*" >&2
  exit 1
}

# version_at_least HAVE WANT: true when the dotted version HAVE is WANT or newer.
version_at_least() {
  [ -n "$1" ] && [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

# quietly WHAT COMMAND...: runs a command and shows its output only when it fails.
quietly() {
  local what=$1 log
  shift
  log=$(mktemp)
  if ! "$@" >"$log" 2>&1 </dev/null; then
    tail -n 40 "$log" >&2
    rm -f "$log"
    fail "could not $what (the command was: $*)."
  fi
  rm -f "$log"
}
