#!/usr/bin/env bash
# Everything worth knowing from a machine with a GPU, in one command and under 10 minutes:
#   scripts/gpu_check.sh [--program PEERBENCH] [--output FOLDER]
# Builds peerbench, or takes the program given (bin/peerbench of the portable folder, say), then writes to FOLDER
# (default: gpu-check):
#   machine.txt, machine.json        what is in the box
#   run.txt, run.json, run.log       the default run
#   sanitizer-*.log                  compute-sanitizer's memcheck, racecheck, synccheck and initcheck of every kernel
#   summary.txt                      one line a step
# Exits 0 when all is well, 1 when a step failed, 77 when there is no GPU or no driver to ask.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
program='' output=gpu-check
while [ $# -gt 0 ]; do
  case $1 in
    --program) program=${2:?--program needs a file} && shift 2 ;;
    --output) output=${2:?--output needs a folder} && shift 2 ;;
    *) sed -n '2,10s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2 && exit 64 ;;
  esac
done

if [ -z "$program" ]; then
  # Asked first: without a GPU nobody wants to wait for a build.
  if ! compgen -G '/dev/nvidia[0-9]*' >/dev/null && [ ! -e /dev/dxg ] && [ ! -e /dev/nvhost-gpu ]; then
    echo "gpu_check: no GPU here: there is no /dev/nvidia0 (WSL: /dev/dxg; Jetson: /dev/nvhost-gpu). Is the driver" \
      "loaded (nvidia-smi)? In a container: was it started with its GPUs (--gpus all)?" >&2
    exit 77
  fi
  # shellcheck source=scripts/setup.sh
  source "$ROOT/scripts/setup.sh"
  setup run
  # shellcheck source=scripts/lib/build.sh
  source "$ROOT/scripts/lib/build.sh"
  configure release OFF
  build release programs
  program=$(build_dir release)/bin/peerbench
fi

mkdir -p "$output"
summary=$output/summary.txt
: >"$summary"
failed=0
say() { printf '%s\n' "$*" | tee -a "$summary"; }
# step NAME SECONDS STDOUT STDERR COMMAND...: runs it with a time limit and notes how it ended.
step() {
  local name=$1 seconds=$2 out=$3 err=$4 code=0 started=$SECONDS
  shift 4
  timeout "$seconds" "$@" >"$output/$out" 2>"$output/$err" </dev/null || code=$?
  if [ "$code" = 0 ]; then
    say "ok      $name ($((SECONDS - started)) s): $output/$out"
  else
    failed=1
    say "FAILED  $name: exit $code ($((SECONDS - started)) s): see $output/$out and $output/$err"
  fi
}

code=0
"$program" check --require gpus=1 >"$output/gpus.txt" 2>&1 </dev/null || code=$?
if [ "$code" = 1 ]; then
  echo "gpu_check: no GPU that CUDA can use. What peerbench sees and advises ($output/gpus.txt):" >&2
  sed 's/^/  /' "$output/gpus.txt" >&2
  exit 77
fi
say "$("$program" --version | head -n 1), $(date -u +%Y-%m-%dT%H:%M:%SZ)"

step "machine" 20 machine.txt machine.log "$program" machine
step "machine, as JSON" 20 machine.json machine-json.log "$program" machine --format json
step "default run" 120 run.txt run.log "$program" run --output "$output/run.json"

# Every kernel once over a size with heads and tails. A sanitizer may run launches one after the other; then the
# gate cannot hold and cells end as errors, which says nothing about the kernels: only what the tool finds counts.
sanitizer=$(command -v compute-sanitizer || true)
for place in /usr/local/cuda/bin /usr/local/cuda/compute-sanitizer /opt/cuda/bin; do
  [ -n "$sanitizer" ] || [ ! -x "$place/compute-sanitizer" ] || sanitizer=$place/compute-sanitizer
done
cells='^(pool/sm/|peer/sm/pu../uni/gpu0-gpu1/|host/sm/h2d/|latency/sm/(chase/gpu0|ping-pong/gpu0-gpu1/))'
for tool in memcheck racecheck synccheck initcheck; do
  if [ -z "$sanitizer" ]; then
    failed=1
    say "MISSING $tool: no compute-sanitizer found; it comes with the CUDA Toolkit (cuda-sanitizer package)"
    continue
  fi
  code=0 started=$SECONDS log=$output/sanitizer-$tool.log
  timeout 90 "$sanitizer" --tool "$tool" --error-exitcode 99 --target-processes all "$program" run --gpus 0,1 \
    --sizes 1000003 --budget 0.01 --filter "$cells" >"$log" 2>&1 </dev/null || code=$?
  if [ "$code" = 99 ] || [ "$code" = 124 ] || ! grep -qE 'ERROR SUMMARY: 0 errors|RACECHECK SUMMARY: 0 hazards' "$log"; then
    failed=1
    say "FAILED  $tool: exit $code ($((SECONDS - started)) s): see $log"
  else
    say "ok      $tool ($((SECONDS - started)) s): $log"
  fi
done
if [ "$failed" = 0 ]; then
  say "all well; $output holds what to keep"
else
  say "something failed; $output holds what to send"
fi
exit "$failed"
