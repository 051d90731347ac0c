# shellcheck shell=bash disable=SC2154  # variables of gpu_check.sh
# The steps that look and measure, in the order of the session. Each judges what it can, and keeps the rest.
# SPDX-License-Identifier: Apache-2.0

# fact FILE COMMAND...: its words in facts/FILE; a command that is not here is remembered.
fact() {
  local file=$out/facts/$1
  shift
  if ! command -v "$1" >/dev/null; then
    missing+=" ${1##*/}"
  else
    timeout --foreground 8 "$@" >"$file" 2>&1 || true
  fi
}

step_facts() {
  local missing=
  mkdir -p "$out/facts"
  fact uname.txt uname -a
  fact glibc.txt ldd --version
  fact program-libraries.txt ldd "$program"
  fact limits.txt bash -c 'ulimit -a'
  fact environment.txt bash -c 'env | grep -E "^(CUDA|NCCL|NVIDIA|LD_)" | sort'
  fact cpus.txt lscpu
  fact memory.txt cat /proc/meminfo
  fact driver.txt cat /proc/driver/nvidia/version
  fact pci-devices.txt ls -l /sys/bus/pci/devices
  fact pci-links.txt bash -c 'cd /sys/bus/pci/devices && grep . */{vendor,device,numa_node,{current,max}_link_*}'
  fact pci.txt lspci -vv
  if [ -n "$nvidia_smi" ]; then
    fact nvidia-smi-q.txt "$nvidia_smi" -q
    fact nvidia-smi.csv "$nvidia_smi" --format=csv \
      --query-gpu="$clock_fields,name,driver_version,mig.mode.current,pcie.link.width.current,clocks.max.sm"
    fact nvidia-smi-topo.txt "$nvidia_smi" topo -m
    fact nvidia-smi-nvlink.txt "$nvidia_smi" nvlink -s
  else
    absent "nvidia-smi"
  fi
  noted "files in facts" "$(find "$out/facts" -type f -size +0 | wc -l)${missing:+; not here:$missing}"
}

# What the program sees. signals.json becomes a test machine; machine.json tells the later steps what is here.
step_machine() {
  local code=0 shown=0
  # Asked once: a library of the driver that does not answer costs its time limit each time.
  pb machine --format json --save-signals "$out/signals.json" >"$out/machine.json" 2>"$out/machine.err" || code=$?
  judge "exit code" 0 "$code" [ "$code" = 0 ]
  "$program" machine --no-color --signals "$out/signals.json" >"$out/machine.txt" 2>>"$out/machine.err" || shown=$?
  judge "signals.json can be read back" yes "$(wc -c <"$out/signals.json") bytes" [ "$shown" = 0 ]
  noted "class" "$(json_value class)"
  noted "GPUs" "$(gpu_count) x $(json_value model)"
  noted "driver" "$(json_value driver_version)"
  noted "CUDA of driver, of program" "$(json_value driver_cuda_version), $(json_value runtime_version)"
}

# json_value KEY: its first value in machine.json, which the program writes one a line.
json_value() { sed -nE "s/^ *\"$1\": \"?([^\",]*)\"?,?$/\1/p" "$out/machine.json" 2>/dev/null | head -n 1; }
gpu_count() {
  awk '/^    "gpus": \[/ { list = 1 } /^    \]/ { list = 0 } list && /^        "ordinal":/ { ++n }
    END { print n + 0 }' "$out/machine.json" 2>/dev/null || echo 0
}

now_us() { printf '%s\n' "${EPOCHREALTIME/[^0-9]/}"; }

# Kernels that load at their first launch, behind a closed gate, would show here as time or as another figure.
step_loader() {
  local mode began code=0
  for mode in LAZY EAGER; do
    began=$(now_us)
    CUDA_MODULE_LOADING=$mode measure "loader-$mode" --filter '^latency/sm/chase/gpu0/device' --budget 0.2 || code=$?
    judge "$mode: exit code" 0 "$code" [ "$code" = 0 ]
    noted "$mode: time of a run of one cell" "$(sum "($(now_us) - $began) / 1e6") s"
  done
  ratio_row "dependent load, LAZY over EAGER" "$(figure loader-LAZY latency/sm/chase/gpu0)" \
    "$(figure loader-EAGER latency/sm/chase/gpu0)" 0.97 1.03
}

# A card that has been idle, the same at once again, and long enough that no clock can still be on its way up.
step_cold() {
  local cell='^pool/sm/read/gpu0/device' name cold warm long
  [ -n "$simulate" ] || sleep $((step_ends - SECONDS > 45 ? 20 : 5))
  measure cold --filter "$cell"
  measure warm --filter "$cell"
  measure long --filter "$cell" --budget 5 --precision 0.0005
  for name in cold warm long; do
    noted "$name pool read, GB/s" "$(rounded "$(figure "$name" pool/sm/read/)")"
  done
  cold=$(figure cold pool/sm/read/) warm=$(figure warm pool/sm/read/) long=$(figure long pool/sm/read/)
  ratio_row "cold over warm" "$cold" "$warm" 0.99 1.01
  ratio_row "warm over long" "$warm" "$long" 0.99 1.01
}

# sweep_sizes: sizes of one array, as far as three of them fit into the card's memory; a simulated card's arrays are
# this machine's memory.
sweep_sizes() {
  local size sizes='' memory
  memory=$(json_value memory_bytes)
  for size in 64 256 1024 4096 16384; do
    [ -z "$simulate" ] || [ "$size" -le 256 ] || continue
    [ $((size * 1048576 * 3)) -le $((${memory:-0} * 85 / 100)) ] || continue
    sizes+=,${size}MiB
  done
  printf '%s\n' "${sizes#,}"
}

step_sizes() {
  local code=0 op sizes
  sizes=$(sweep_sizes)
  measure sizes --sizes "$sizes" --filter '^pool/sm/(read|write|copy|triad)/gpu0/device' || code=$?
  all_good sizes "$code"
  for op in read write copy triad; do
    fixed_cost "$op"
    peak_row "$op" "$(best_rate sizes "$op")"
  done
}

# best_rate NAME OP: of the largest arrays.
best_rate() {
  cells "$1" | awk -F '\t' -v start="pool/sm/$2/gpu0/device/" '
    index($1, start) == 1 && $2 == "ok" && $7 + 0 > most { most = $7; rate = $3 } END { print rate }'
}

# fixed_cost OP: t = t0 + traffic / rate through the sizes that no cache holds, each weighted by its time.
fixed_cost() {
  local arrays=1 fit
  case $1 in copy) arrays=2 ;; triad) arrays=3 ;; esac
  fit=$(cells sizes | awk -F '\t' -v start="pool/sm/$1/gpu0/device/" -v arrays="$arrays" '
    index($1, start) == 1 && $2 == "ok" && $7 >= 2 ^ 28 {
      x = arrays * $7 / 1e9; y = x / $3; w = 1 / y ^ 2; ++n
      s += w; sx += w * x; sy += w * y; sxx += w * x * x; sxy += w * x * y
    }
    END {
      d = s * sxx - sx * sx
      if (n < 2) exit
      printf "%.1f us + bytes / %.0f GB/s", (sxx * sy - sx * sxy) / d * 1e6, d / (s * sxy - sx * sy)
    }')
  noted "$1: time of one launch" "${fit:-too few sizes}"
}

# peak_row OP RATE: the share of the printed peak, held against what is expected of this model where that is known.
peak_row() {
  local op=$1 rate=$2 model expected peak column
  case $op in read) column=3 ;; copy) column=4 ;; triad) column=5 ;; *) return 0 ;; esac
  model=$(json_value model)
  expected=$(awk -F '\t' -v model="$model" -v column="$column" '
    !/^#/ && model ~ $1 { print $2 "\t" $column; exit }' "$parts/expected.tsv")
  IFS=$'\t' read -r peak expected <<<"$expected"
  if ! number "${expected:-}"; then
    noted "$op: best rate, GB/s" "$(rounded "$rate")"
  elif ! number "$rate"; then
    row "$op: share of $peak GB/s" "$expected or more" "no figure" FAILED
  elif [ -n "$simulate" ]; then
    row "$op: share of $peak GB/s" "$expected or more" "$(quotient "$rate" "$peak") by the machine's model" noted
  else
    judge "$op: share of $peak GB/s" "$expected or more" "$(quotient "$rate" "$peak") ($(sum "$rate") GB/s)" \
      holds "$rate / $peak >= $expected"
  fi
}

# Copies with the host one way and both ways. What the copy engines gain from both ways, kernels must gain too.
step_host() {
  local code=0 ce sm
  measure host --filter '^(host/|pool/sm/read/gpu0/pinned)' || code=$?
  all_good host "$code"
  ce=$(gain_of_both_ways ce) sm=$(gain_of_both_ways sm)
  noted "copy engines: both ways over one way" "${ce:-none}"
  noted "kernels: both ways over one way" "${sm:-none}"
  if number "$ce" && number "$sm"; then ratio_row "kernels' gain over copy engines'" "$sm" "$ce" 0.85; fi
}
gain_of_both_ways() {
  local one both
  one=$(figure host "host/$1/h2d/") both=$(figure host "host/$1/both/")
  if number "$one" && number "$both"; then quotient "$both" "$one"; fi
}

step_run() {
  local code=0 began=$SECONDS
  measure run || code=$?
  noted "time" "$((SECONDS - began)) s"
  all_good run "$code"
}

# The first two cards by themselves, at sizes that no cache holds.
step_peer() {
  pair_of_cards peer '^(peer/|latency/sm/ping-pong)' peer/ce/push/uni/gpu0-gpu1 peer/ce/staged/uni/gpu0-gpu1 \
    peer/sm/push/uni/gpu0-gpu1 latency/sm/ping-pong
}
# Apart from the others: a communicator that never gets ready takes the rest of its run with it.
step_nccl() { pair_of_cards nccl '^collective/' collective/nccl/all_reduce collective/nccl/all_gather; }

# pair_of_cards NAME FILTER CELL...: a run on the first two, and the figures of some of its cells.
pair_of_cards() {
  local name=$1 filter=$2 code=0 cell value
  shift 2
  [ "$gpus" -ge 2 ] || { absent "a second GPU"; return 0; }
  measure "$name" --gpus 0,1 --filter "$filter" || code=$?
  all_good "$name" "$code"
  for cell in "$@"; do
    value=$(figure "$name" "$cell/")
    [ -z "$value" ] || noted "$cell" "$(rounded "$value") $(figure "$name" "$cell/" 4)"
  done
}

# Read, copy and triad once more at the best size: what two runs differ by.
step_repeat() {
  local op size
  size=$(sweep_sizes)
  measure repeat --sizes "${size##*,}" --filter '^pool/sm/(read|copy|triad)/gpu0/device'
  for op in read copy triad; do
    ratio_row "$op: second run over first" "$(best_rate repeat "$op")" "$(best_rate sizes "$op")" 0.99 1.01
  done
}

# The clocks that were recorded all the while.
step_clocks() {
  if [ ! -s "$out/clocks.csv" ]; then
    absent "nvidia-smi"
    return
  fi
  noted "lines of clocks.csv" "$(wc -l <"$out/clocks.csv")"
  noted "SM clock, lowest and highest" "$(clock_range 3)"
  noted "memory clock, lowest and highest" "$(clock_range 4)"
}
clock_range() {
  awk -F ', ' -v column="$1" '
    NR > 1 && $column + 0 > 0 { v = $column + 0; if (!n++ || v < low) low = v; if (v > high) high = v }
    END { if (n) print low " to " high " MHz"; else print "none" }' "$out/clocks.csv"
}
