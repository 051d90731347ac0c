# shellcheck shell=bash disable=SC2154,SC2016  # variables of gpu_check.sh; programs of awk
# The steps that hold the program against other tools, and that make it fail on purpose.
# SPDX-License-Identifier: Apache-2.0

# Copies of the same sizes by whatever else is installed here: PyTorch, CuPy.
step_crosscheck() {
  local code=0 python theirs=$out/others.json
  : >"$theirs"
  python=$(command -v python3 || command -v python || true)
  if [ -n "$simulate" ] && [ -z "$tools" ]; then
    absent "PyTorch or CuPy, and a card"
    return
  fi
  [ -z "$python" ] || "$python" "$parts/framework_copies.py" >"$theirs" 2>"$out/others.err" || code=$?
  if [ ! -s "$theirs" ]; then
    absent "PyTorch or CuPy (${python:-no Python}, $(tail -n 1 "$out/others.err" 2>/dev/null))"
    return
  fi
  measure ours --sizes "$(cross_sizes | paste -sd,)" --filter '^(pool/(sm|ce)/copy/gpu0/device|host/ce/(h2d|d2h)/uni/.*/pinned)'
  cross_rows
}

# theirs OP BYTES: the fastest of the others, in GB/s as the program counts.
theirs() {
  sed -nE "s/^\{.*\"op\": \"$1\", \"bytes\": $2, \"gbs\": ([0-9.]+)\}$/\1/p" "$out/others.json" | sort -g | tail -n 1
}
# Simulated arrays are memory of this machine: a rehearsal does without the large ones.
cross_sizes() {
  echo 256MiB
  [ -n "$simulate" ] || echo 1GiB
}
cross_rows() {
  local bytes mib size
  for size in $(cross_sizes); do
    case $size in 1GiB) mib=1024 ;; *) mib=${size%MiB} ;; esac
    bytes=$((mib * 1048576))
    ratio_row "copy kernel over others', $mib MiB" "$(cell_of pool/sm/copy "$bytes")" "$(theirs copy "$bytes")" 0.99
    ratio_row "h2d over others', $mib MiB" "$(cell_of host/ce/h2d "$bytes")" "$(theirs h2d "$bytes")" 0.97 1.03
    ratio_row "d2h over others', $mib MiB" "$(cell_of host/ce/d2h "$bytes")" "$(theirs d2h "$bytes")" 0.97 1.03
  done
}
cell_of() {
  cells ours | awk -F '\t' -v start="$1/" -v bytes="$2" '
    index($1, start) == 1 && $2 == "ok" && $7 == bytes { print $3; exit }'
}

# Numbers of blocks and of loads in flight, tried out by a program of its own.
step_variants() {
  local code=0 variants
  variants=$(tool peerbench-kernel-variants)
  [ -n "$variants" ] || [ -n "$simulate" ] || variants=$(dirname "$program")/peerbench-kernel-variants
  if [ ! -x "$variants" ]; then
    absent "a card and peerbench-kernel-variants"
    return
  fi
  timeout --foreground -k 5 "$(time_left)" "$variants" >"$out/variants.txt" || code=$?
  judge "exit code" 0 "$code" [ "$code" = 0 ]
  noted "lines of variants.txt" "$(wc -l <"$out/variants.txt")"
}

# A sanitizer may run launches one after another, so nothing may wait behind a gate; what the gate option cannot do
# in an older program is done with the gate, and its cells end as errors: only what the tool finds counts then.
# sanitize TOOL FILTER: one tool over the cells of FILTER, with a size that has heads and tails.
sanitize() {
  local tool=$1 filter=$2 code=0 gate
  if [ -z "$sanitizer" ]; then
    absent "compute-sanitizer"
    return
  fi
  for gate in '--gate off' ''; do
    code=0
    # shellcheck disable=SC2086  # two words, or none
    timeout --foreground -k 5 "$(time_left)" "$sanitizer" --tool "$tool" --error-exitcode 99 --target-processes all \
      "$program" ${simulate:+--simulate "$simulate"} run $gate --gpus 0 --sizes 1000003 --budget 0.01 \
      --filter "$filter" --output "$out/$step.json" >"$out/$step.txt" 2>&1 || code=$?
    grep -q "unknown argument '--gate'" "$out/$step.txt" || break
  done
  judge "$tool finds nothing" "0 errors" "$(findings "$out/$step.txt"), exit code $code" clean "$out/$step.txt" "$code"
  judge "$tool saw cells run" "1 or more" "$(count "$step" '$2 == "ok"')" holds "$(count "$step" '$2 == "ok"') > 0"
}
findings() { grep -oE '(ERROR|RACECHECK) SUMMARY: .*' "$1" | tail -n 1 || true; }
clean() { [ "$2" != 99 ] && [ "$2" != 124 ] && grep -qE 'ERROR SUMMARY: 0 errors|RACECHECK SUMMARY: 0 hazards' "$1"; }

all_kernels='^(pool/sm/.*/device|host/sm/h2d/|latency/sm/chase/gpu0/device)'
step_memcheck() { sanitize memcheck '^pool/sm/read/gpu0/device'; }
step_memcheck_all() { sanitize memcheck "$all_kernels"; }
step_initcheck() { sanitize initcheck "$all_kernels"; }
step_racecheck() { sanitize racecheck "$all_kernels"; }
step_synccheck() { sanitize synccheck "$all_kernels"; }

# whole NAME: the result file is there, can be read, and nothing half-written lies beside it.
whole() {
  "$program" report "$out/$1.json" >/dev/null && [ -z "$(find "$out" -name "$1.json?*" -print -quit)" ]
}

# More than any card has: the cells say so, the program goes on and ends by itself.
step_too_large() {
  local code=0
  measure too-large --sizes 1024GiB --filter '^pool/sm/(read|copy)/gpu0/device' || code=$?
  judge "exit code for 1 TiB" "77, nothing to measure" "$code" [ "$code" = 77 ]
  judge "its cells" "unsupported" "$(cells too-large | cut -f 2 | sort | uniq -c | tr -s ' \n' ' ')" \
    holds "$(count too-large '$2 == "unsupported"') > 0"
  judge "its file is whole" yes "$(wc -c <"$out/too-large.json") bytes" whole too-large
}

# An interrupt in the middle of a run, as soon as the first cells are on disk.
step_interrupted() {
  local pid code=0
  set -m
  pb run --quiet --output "$out/interrupted.json" >"$out/interrupted.txt" 2>&1 &
  pid=$!
  set +m
  while [ ! -s "$out/interrupted.json" ] && kill -0 "$pid" 2>/dev/null &&
    [ "$(time_left)" -gt "$(part 12)" ]; do sleep 0.1; done
  [ -n "$simulate" ] || sleep 2
  kill -INT -- "-$pid"
  ends_within 10 "$pid" || row "ends when interrupted" "within 10 s" "no" FAILED
  { wait "$pid" || code=$?; } 2>/dev/null
  judge "exit code of the interrupted" "130" "$code" [ "$code" = 130 ]
  judge "its file is whole" "yes, with cells" "$(count interrupted '$2 == "ok"') cells" whole interrupted
  [ -z "$nvidia_smi" ] || judge "the card is let go" "no process $pid" \
    "$("$nvidia_smi" --query-compute-apps=pid --format=csv,noheader | tr '\n' ' ')" card_is_free "$pid"
}
# ends_within SECONDS PID: false, and the process is killed, when it does not.
ends_within() {
  local tries
  for ((tries = 0; tries < $1 * 10; ++tries)); do
    kill -0 "$2" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -KILL -- "-$2"
  return 1
}
card_is_free() { ! "$nvidia_smi" --query-compute-apps=pid --format=csv,noheader | grep -qw "$1"; }

# A program that is shown no card says so, and does not take it for a good machine.
step_invisible() {
  local code=0
  CUDA_VISIBLE_DEVICES='' pb check --no-color --require gpus=1 >"$out/invisible.txt" 2>&1 || code=$?
  judge "check --require gpus=1" 1 "$code" [ "$code" = 1 ]
  judge "names what hides the cards" CUDA_VISIBLE_DEVICES \
    "$(grep -o 'CUDA_VISIBLE_DEVICES is[^,]*' "$out/invisible.txt" | head -n 1)" \
    grep -q CUDA_VISIBLE_DEVICES "$out/invisible.txt"
}
