# shellcheck shell=bash
# The CUDA toolkit: the machine's own where it is new enough, otherwise NVIDIA's wheels in .deps/cuda.
# SPDX-License-Identifier: Apache-2.0

# nvcc_version NVCC: "13.0" from nvcc's own words, nothing when it does not run.
nvcc_version() { "$1" --version 2>/dev/null | sed -nE 's/^.*release ([0-9]+\.[0-9]+),.*$/\1/p' || true; }

# system_nvcc: the first compiler of the machine that is new enough. Older ones are named and passed over.
# PEERBENCH_IGNORE_SYSTEM_CUDA=1 pretends that there is none (scripts/lib/no_toolkit.sh). PEERBENCH_CUDA=12 or 13
# accepts that major release only.
system_nvcc() {
  local candidate version major=${PEERBENCH_CUDA:-}
  [ "${PEERBENCH_IGNORE_SYSTEM_CUDA:-0}" = 1 ] && return 1
  for candidate in "${CUDACXX:-}" "$(command -v nvcc)" \
    "${PEERBENCH_DEFAULT_CUDA:-/usr/local/cuda}/bin/nvcc" "${CUDA_HOME:+$CUDA_HOME/bin/nvcc}" \
    ${major:+"${PEERBENCH_DEFAULT_CUDA:-/usr/local/cuda}-$major/bin/nvcc"}; do
    candidate=$(command -v "${candidate:-/nonexistent}") || continue
    version=$(nvcc_version "$candidate")
    [ -z "$major" ] || [ "${version%%.*}" = "$major" ] || continue
    if version_at_least "$version" "$MIN_NVCC"; then
      printf '%s\n' "$candidate"
      return 0
    fi
    say "passing over $candidate: it is ${version:-of unknown version}, $MIN_NVCC is needed"
  done
  return 1
}

# toolkit_has_nvml NVCC: whether nvml.h comes with the toolkit of this compiler.
toolkit_has_nvml() {
  local root header
  root=$(dirname "$(dirname "$(readlink -f "$1")")")
  for header in "$root"/include/nvml.h "$root"/targets/*/include/nvml.h; do
    [ -e "$header" ] && return 0
  done
  return 1
}

ensure_nvml_header() {
  local unpacked
  [ -e "$PEERBENCH_DEPS/nvml/include/nvml.h" ] && return 0
  ensure_packages wheel
  ensure_venv
  say "fetching nvml.h from the wheel $NVML_WHEEL (this toolkit comes without it)"
  unpacked=$(mktemp -d)
  pip_install --no-deps --target "$unpacked" "$NVML_WHEEL"
  mkdir -p "$PEERBENCH_DEPS/nvml/include"
  cp "$(find "$unpacked" -name nvml.h | head -n 1)" "$PEERBENCH_DEPS/nvml/include/"
  rm -rf "$unpacked"
}

# ensure_wheel_toolkit: NVIDIA's wheels as a toolkit that CMake and nvcc accept, in .deps/cuda. The stamp
# names the versions, so that a change of scripts/versions.sh takes effect.
ensure_wheel_toolkit() {
  local root=$PEERBENCH_DEPS/cuda stamp=$PEERBENCH_DEPS/cuda/.wheels staging
  [ "$(cat "$stamp" 2>/dev/null)" = "${CUDA_WHEELS[*]}" ] && return 0
  ensure_packages wheel
  ensure_venv
  say "no nvcc $MIN_NVCC or newer on this machine: fetching NVIDIA's wheels into .deps/cuda"
  printf '  %s\n' "${CUDA_WHEELS[@]}" >&2
  warn_about_old_driver
  staging=$(mktemp -d "$PEERBENCH_DEPS/cuda-XXXXXX")
  pip_install --no-deps --target "$staging" "${CUDA_WHEELS[@]}"
  rm -rf "$root"
  mv "$staging/nvidia/cu13" "$root"
  merge_nccl "$staging" "$root"
  rm -rf "$staging"
  chmod -R u+rwX,go+rX "$root"
  chmod +x "$root"/bin/* "$root"/nvvm/bin/* 2>/dev/null
  link_library_names "$root"
  [ "$(nvcc_version "$root/bin/nvcc")" ] || fail "the nvcc from the wheels does not run: $root/bin/nvcc"
  printf '%s' "${CUDA_WHEELS[*]}" >"$stamp"
}

# link_library_names TOOLKIT: the names under which CMake and the linker look: lib64 and unversioned libraries.
link_library_names() {
  local library
  ln -sfn lib "$1/lib64"
  for library in "$1"/lib/lib*.so.*; do
    ln -sf "$(basename "$library")" "${library%%.so.*}.so"
  done
}

# The NCCL wheel keeps to a folder of its own beside the toolkit.
merge_nccl() {
  [ -d "$1/nvidia/nccl" ] || return 0
  cp -r "$1/nvidia/nccl/include/." "$2/include/"
  cp -r "$1/nvidia/nccl/lib/." "$2/lib/"
}

warn_about_old_driver() {
  local driver
  driver=$(nvidia-smi --query-gpu=driver_version --format=csv,noheader 2>/dev/null | head -n 1) || true
  [ -n "$driver" ] && ! version_at_least "$driver" "$MIN_WHEEL_DRIVER" &&
    say "note: this machine's driver $driver is older than $MIN_WHEEL_DRIVER, so a program built with these" \
      "wheels finds no usable GPU here. Update the driver, or set PEERBENCH_CUDA=12, which builds with CUDA 12."
  return 0
}

# ensure_cuda: leaves CUDACXX pointing at a usable compiler.
ensure_cuda() {
  local nvcc
  if nvcc=$(system_nvcc); then
    toolkit_has_nvml "$nvcc" || ensure_nvml_header
  elif [ "${PEERBENCH_CUDA:-13}" = 12 ]; then
    ensure_debian_toolkit
    ensure_nvml_header
    nvcc=$PEERBENCH_DEPS/cuda12/bin/nvcc
  else
    mkdir -p "$PEERBENCH_DEPS"
    ensure_wheel_toolkit
    nvcc=$PEERBENCH_DEPS/cuda/bin/nvcc
  fi
  export CUDACXX=$nvcc
}
