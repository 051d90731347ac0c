# shellcheck shell=bash
# Counts what a check script runs. WHAT in `start_checks WHAT` is named before each line.
# SPDX-License-Identifier: Apache-2.0

start_checks() { checks_of=$1 passed=0 failed=0; }

# check NAME COMMAND...: runs it and counts it; its output is shown when it fails.
check() {
  local name=$1 output
  shift
  if output=$("$@" 2>&1 </dev/null); then
    passed=$((passed + 1))
    printf '%s: %s: ok\n' "$checks_of" "$name"
  else
    failed=$((failed + 1))
    printf '%s: %s: FAILED\n%s\n' "$checks_of" "$name" "$output"
  fi
}

# Prints the count; fails when any check did.
end_checks() {
  printf '%d passed, %d failed\n' "$passed" "$failed"
  [ "$failed" = 0 ]
}
