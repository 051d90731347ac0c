#!/usr/bin/env bash
# Everything worth knowing from a machine with a GPU, in one command that ends within ten minutes and needs no network:
#   scripts/gpu_check.sh [options]
# Takes the program beside it (in the portable folder), or the one given; in a checkout it builds it.
#   --limit SECONDS    for everything together (default 570); each step has its own part of it
#   --output DIR       where all is kept (default: gpu-check), and DIR.tar.gz, the same packed
#   --only STEP,...    these steps alone: facts, machine, loader, cold, sizes, host, run, peer, nccl, crosscheck,
#                      variants, memcheck, too_large, interrupted, invisible, repeat, memcheck_all, initcheck,
#                      racecheck, synccheck, clocks
#   --program FILE     this peerbench
#   --tools DIR        nvidia-smi and compute-sanitizer are looked for there first
#   --simulate NAME    rehearses on a simulated machine, without this machine's tools
# Leaves there, after every step: summary.txt (step, expected, got, verdict), summary.json, and what each step kept.
# A step that takes too long is ended and the others go on; a step that no longer fits is skipped, and both are said.
# Exits 0 when all is well, 1 when something failed or was cut off, 77 when there is no GPU or no driver to ask.
# SPDX-License-Identifier: Apache-2.0
set -uo pipefail
export LC_ALL=C
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
parts=$here/lib/gpu_check
# shellcheck source=scripts/lib/gpu_check/steps.sh
source "$parts/steps.sh"
# shellcheck source=scripts/lib/gpu_check/figures.sh
source "$parts/figures.sh"
# shellcheck source=scripts/lib/gpu_check/measuring.sh
source "$parts/measuring.sh"
# shellcheck source=scripts/lib/gpu_check/proving.sh
source "$parts/proving.sh"

# The steps' limits below are for this total, a few seconds of which are kept back to pack the folder.
full_limit=570
limit=$full_limit out=gpu-check program='' tools='' simulate='' only='' gpus=0 running='' step=''
usage() { sed -n '2,19s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; }
while [ $# -gt 0 ]; do
  case $1 in
    --limit | --output | --only | --program | --tools | --simulate) [ $# -ge 2 ] || { usage; exit 64; } ;;
    *) usage && exit 64 ;;
  esac
  case $1 in
    --limit) [[ $2 =~ ^[0-9]+$ ]] || { usage; exit 64; } && limit=$2 ;;
    --output) out=$2 ;;
    --only) only=$2 ;;
    --program) program=$2 ;;
    --tools) tools=$2 ;;
    --simulate) simulate=$2 ;;
  esac
  shift 2
done

# tool NAME: this machine's, or that of --tools; of a simulated machine only the latter.
tool() {
  local place
  for place in "$tools" /usr/local/cuda/bin /usr/local/cuda/compute-sanitizer /opt/cuda/bin; do
    if [ -n "$place" ] && [ -x "$place/$1" ]; then
      printf '%s\n' "$place/$1"
      return
    fi
    [ -z "$simulate" ] || return 0
  done
  command -v "$1" || true
}

# find_program: the one given, the one beside this script, or one built now, where there is a card to run it on.
find_program() {
  [ -z "$program" ] || return 0
  if [ -x "$here/bin/peerbench" ]; then
    program=$here/bin/peerbench
    return
  fi
  if [ -z "$simulate" ] && ! compgen -G '/dev/nvidia[0-9]*' >/dev/null && [ ! -e /dev/dxg ] &&
    [ ! -e /dev/nvhost-gpu ]; then
    echo "gpu_check: no GPU here: there is no /dev/nvidia0 (WSL: /dev/dxg; Jetson: /dev/nvhost-gpu). Is the driver" \
      "loaded (nvidia-smi)? In a container: was it started with its GPUs (--gpus all)?" >&2
    exit 77
  fi
  program=$("$parts/build_program.sh") || exit 1
  # Building counts for nobody's limit.
  SECONDS=0
}

# record_clocks: in the background for the whole session; a reading takes longer the more cards there are.
clock_fields=timestamp,index,clocks.sm,clocks.mem,pstate,power.draw,temperature.gpu,pcie.link.gen.current
record_clocks() {
  [ -n "$nvidia_smi" ] || return 0
  "$nvidia_smi" --query-gpu="$clock_fields" --format=csv -lms 20 >"$out/clocks.csv" 2>&1 </dev/null &
  recorder=$!
}

# finish: whatever happens, nothing keeps running and what is known is on disk.
recorder=''
finish() {
  local code=$?
  trap - EXIT INT TERM
  [ -z "$running" ] || end_group "$running"
  [ -z "$recorder" ] || kill "$recorder" 2>/dev/null || true
  [ -e "$out/steps.tsv" ] || exit "$code"
  [ "$code" != 130 ] || row "the session" "all steps" "ended from outside" "CUT OFF"
  write_summary "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
  tar -C "$(dirname "$out")" -czf "$out.tar.gz" "$(basename "$out")" 2>/dev/null
  exit "$code"
}

find_program
if [ -e "$out/summary.json" ]; then rm -rf "$out"; fi
mkdir -p "$out" || exit 74
nvidia_smi=$(tool nvidia-smi) sanitizer=$(tool compute-sanitizer)
version=$("$program" --version | head -n 1) started=$(date -u +%Y-%m-%dT%H:%M:%SZ)
: >"$out/rows.tsv"
: >"$out/steps.tsv"
trap finish EXIT
trap 'exit 130' INT TERM
printf '%s, %s, at most %s s%s\n' "$version" "$started" "$limit" "${simulate:+, SIMULATED machine $simulate}"
record_clocks

printf 'step\twhat\texpected\tgot\tverdict\n' | table_lines
#    name        seconds  each further GPU  least
step facts            30   5   3
step machine          40   5   3
if [ ! -s "$out/machine.json" ]; then
  echo "gpu_check: $program cannot describe this machine; it said:" >&2
  sed 's/^/  /' "$out/machine.err" >&2
  exit 1
fi
gpus=$(gpu_count)
if [ "$gpus" = 0 ]; then
  echo "gpu_check: no GPU that CUDA can use. What peerbench sees and advises ($out/machine.txt):" >&2
  sed 's/^/  /' "$out/machine.txt" >&2
  exit 77
fi
step loader           20   2   5
step cold             60   0  12
step sizes            75   0  15
step host             40   8  10
step run             120  25  30
step peer             60   0  15
step nccl             45   0  15
step crosscheck       60   0  20
step variants         45   0  10
step memcheck         60   0  10
step too_large        15   2   5
step interrupted      30   5  15
step invisible        10   0   3
step repeat           40   0  10
step memcheck_all     60   0  20
step initcheck        60   0  20
step racecheck        60   0  20
step synccheck        60   0  20
step clocks            5   0   2


# Once more as a whole: what was printed as it went has scrolled away, and some steps took a minute.
printf '\n' && whole_table
bad() { awk -F '\t' '$5 == "FAILED" || $5 == "CUT OFF"' "$out/rows.tsv"; }
if [ -z "$(bad)" ]; then
  printf '\nall well in %s s; %s holds what to keep\n' "$SECONDS" "$out.tar.gz"
else
  printf '\nnot as expected:\n' && bad | table_lines
  printf '%s lines, after %s s; %s holds what to send\n' "$(bad | wc -l)" "$SECONDS" "$out.tar.gz"
  exit 1
fi
