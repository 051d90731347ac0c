# shellcheck shell=bash disable=SC2154,SC2034  # variables of gpu_check.sh
# How gpu_check.sh runs its steps: each for a limited time, none past the total, and what it found on disk at once.
#
# A step is a function step_NAME. It prints what it likes (NAME.log) and says what it found with `row` and its kin.
# Read from the caller: out, limit, gpus, and full_limit, the total that the steps' own limits are written for.
# SPDX-License-Identifier: Apache-2.0

# row WHAT EXPECTED GOT VERDICT: one line of the table. Verdicts: ok, FAILED, noted (nothing to hold it against),
# "not here", skipped, CUT OFF.
row() {
  local field line=$step
  for field in "$@"; do line+=$'\t'${field//[$'\t\n']/ }; done
  printf '%s\n' "$line" >>"$out/rows.tsv"
}
noted() { row "$1" - "$2" noted; }
# absent REASON: the step needs something that this machine has not.
absent() { row "the step" - "needs $1" "not here"; }
# judge WHAT EXPECTED GOT COMMAND...: ok when the command holds.
judge() {
  local what=$1 expected=$2 got=$3 verdict=ok
  shift 3
  "$@" >/dev/null 2>&1 || verdict=FAILED
  row "$what" "$expected" "$got" "$verdict"
}

# time_left: seconds that the step under way still has, less a tenth and two seconds, in which a run that is told to
# end ends its cell, and what there is until then is judged.
time_left() {
  local left=$((step_ends - SECONDS - step_seconds / 10 - 2))
  printf '%s\n' "$((left > 1 ? left : 1))"
}

# end_group PID: ends a process group, politely first. A process that the kernel does not let go of is left behind.
end_group() {
  local tries
  kill -TERM -- "-$1" 2>/dev/null || return 0
  for ((tries = 0; tries < 10; ++tries)); do
    kill -0 -- "-$1" 2>/dev/null || return 0
    sleep 0.2
  done
  kill -KILL -- "-$1" 2>/dev/null || true
}

# in_time SECONDS COMMAND...: runs it as a process group of its own, so that nothing of it stays behind. 124: cut off.
in_time() {
  local ends=$((SECONDS + $1)) code=0
  shift
  set -m
  "$@" </dev/null &
  running=$!
  set +m
  while kill -0 "$running" 2>/dev/null; do
    if [ "$SECONDS" -ge "$ends" ]; then
      code=124
      break
    fi
    sleep 0.1
  done
  end_group "$running"
  if [ "$code" = 0 ]; then { wait "$running" || code=$?; } 2>/dev/null; fi
  running=
  return "$code"
}

# part SECONDS: what that much of the full total is of this total, rounded up.
part() { printf '%s\n' "$((limit < full_limit ? ($1 * limit + full_limit - 1) / full_limit : $1))"; }

# allowed SECONDS MORE: what a step may take: its part, MORE of it for each further GPU, and no more than is left.
allowed() {
  local seconds left=$((limit - SECONDS - $(part 5)))
  seconds=$(part $(($1 + $2 * (gpus > 1 ? gpus - 1 : 0))))
  printf '%s\n' "$((seconds < left ? seconds : left))"
}

# step NAME SECONDS MORE LEAST: runs step_NAME; skipped where less than LEAST seconds are left for it, and without a
# word where --only names others.
step() {
  local name=$1 least seconds code=0 began=$SECONDS status='done'
  [[ -z $only || ,$only, == *,$name,* || $name == machine ]] || return 0
  step=$name
  seconds=$(allowed "$2" "$3") least=$(part "$4")
  if [ "$seconds" -lt "$least" ]; then
    row "the step" "$least s or more" "$((seconds > 0 ? seconds : 0)) s are left for it" skipped
    status=skipped
  else
    step_seconds=$seconds step_ends=$((SECONDS + seconds))
    in_time "$seconds" "step_$name" >"$out/$name.log" 2>&1 || code=$?
    case $code in
      0) ;;
      124) row "the step" "ends within $seconds s" "ended by force; see $name.log" "CUT OFF" && status=cut-off ;;
      *) row "the step" "works" "exit code $code; see $name.log" FAILED && status=failed ;;
    esac
  fi
  printf '%s\t%s\t%s\t%s\n' "$name" "$status" $((SECONDS - began)) "$seconds" >>"$out/steps.tsv"
  write_summary null
  print_rows "$name"
}

print_rows() { awk -F '\t' -v step="$1" '$1 == step' "$out/rows.tsv" | table_lines; }

# table_lines: rows as lines of the table.
table_lines() {
  awk -F '\t' '{ printf "%-12s %-9s %-36s %-22s %s\n", $1, $5, $2, $3, $4 }'
}

# Each step with what was expected, what was seen, and whether that is well.
whole_table() { { printf 'step\twhat\texpected\tgot\tverdict\n' && cat "$out/rows.tsv"; } | table_lines; }

# write_summary ENDED: the whole table, and the same for programs. ENDED is null until all steps are through.
write_summary() {
  whole_table >"$out/summary.txt"
  summary_json "$1" >"$out/summary.json.part" && mv "$out/summary.json.part" "$out/summary.json"
}

# summary_json ENDED: steps with their rows, all texts, from steps.tsv and rows.tsv.
summary_json() {
  awk -F '\t' -v ended="$1" -v program="$version" -v simulated="$simulate" -v began="$started" \
    -v seconds="$SECONDS" -v limit="$limit" -v gpus="$gpus" '
    function text(value) {
      gsub(/[\\"]/, "\\\\&", value); gsub(/[[:cntrl:]]/, " ", value)
      return "\"" value "\""
    }
    FNR == NR {
      rows[$1] = rows[$1] (rows[$1] == "" ? "" : ",") "\n      {\"what\": " text($2) ", \"expected\": " text($3) \
        ", \"got\": " text($4) ", \"verdict\": " text($5) "}"
      next
    }
    { steps = steps (steps == "" ? "" : ",") "\n    {\"step\": " text($1) ", \"status\": " text($2) \
      ", \"seconds\": " $3 ", \"limit\": " $4 ", \"rows\": [" rows[$1] "]}" }
    END {
      printf "{\n  \"schema\": \"peerbench.gpu_check/1\",\n  \"program\": %s,\n", text(program)
      printf "  \"simulated\": %s,\n", simulated == "" ? "null" : text(simulated)
      printf "  \"started\": %s,\n  \"ended\": %s,\n", text(began), ended == "null" ? "null" : text(ended)
      printf "  \"seconds\": %d,\n  \"limit\": %d,\n  \"gpus\": %d,\n", seconds, limit, gpus
      printf "  \"steps\": [%s\n  ]\n}\n", steps
    }' "$out/rows.tsv" "$out/steps.tsv"
}
