# shellcheck shell=bash
# A CUDA 12 toolkit for machines that have none: nvcc and its helpers from Debian's package, headers and runtime
# from NVIDIA's wheels, put together as NVIDIA's own installer lays them out, in .deps/cuda12.
# SPDX-License-Identifier: Apache-2.0

# ensure_debian_toolkit: everything but nvml.h, of which a newer one serves older drivers too: its functions are looked
# up when the program runs. The stamp names every version and this file, so that a change of either takes effect.
ensure_debian_toolkit() {
  local root=$PEERBENCH_DEPS/cuda12 staging versions
  versions="${CUDA12_DEBIAN[*]} ${CUDA12_WHEELS[*]} $CUDA12_RUNTIME_WHEEL $(cksum <"${BASH_SOURCE[0]}")"
  [ "$(cat "$root/.versions" 2>/dev/null)" = "$versions" ] && return 0
  ensure_packages wheel
  ensure_venv
  say "no nvcc $MIN_NVCC to 12.9 on this machine: fetching Debian's package and NVIDIA's wheels into .deps/cuda12"
  printf '  %s\n' "${CUDA12_DEBIAN[1]}" "${CUDA12_WHEELS[@]}" "$CUDA12_RUNTIME_WHEEL" >&2
  staging=$(mktemp -d "$PEERBENCH_DEPS/cuda12-XXXXXX")
  fetch_debian_nvcc "$staging"
  pip_install --no-deps --target "$staging/wheels" "${CUDA12_WHEELS[@]}"
  pip_install --no-deps --target "$staging/runtime" "$CUDA12_RUNTIME_WHEEL"
  rm -rf "$root"
  lay_out_toolkit "$staging" "$root"
  rm -rf "$staging"
  [ "$(nvcc_version "$root/bin/nvcc")" ] || fail "the nvcc of Debian's package does not run: $root/bin/nvcc"
  printf '%s' "$versions" >"$root/.versions"
}

# debian_archive: where this machine gets Debian's packages from; nothing on other distributions.
debian_archive() {
  cat /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources} 2>/dev/null |
    grep -vE '^\s*#' | grep -oE 'https?://[^ ]+/debian/?( |$)' | head -n 1 | tr -d ' '
}

# fetch_debian_nvcc FOLDER: the package of CUDA12_DEBIAN, unpacked into FOLDER/debian, not installed.
fetch_debian_nvcc() {
  local folder=$1 suite=${CUDA12_DEBIAN[0]} package=${CUDA12_DEBIAN[1]} archive
  archive=$(debian_archive) || true
  if [ -z "$archive" ] || [ "$(dpkg --print-architecture)" != amd64 ]; then
    fail "a CUDA 12 toolkit is fetched on Debian for x86_64 only. Install CUDA Toolkit $MIN_NVCC to 12.9 and" \
      "point CUDACXX to its nvcc."
  fi
  mkdir -p "$folder/apt/parts"
  printf '%s\n' "Types: deb" "URIs: $archive" "Suites: $suite" "Components: non-free" \
    "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg" >"$folder/apt/parts/debian.sources"
  quietly "read the package list of $suite" private_apt "$folder/apt" update
  quietly "fetch $package" private_apt "$folder/apt" download "$package"
  quietly "unpack $package" dpkg -x "$folder"/apt/*.deb "$folder/debian"
}

# lay_out_toolkit FOLDER ROOT: what was fetched into FOLDER, as a toolkit in ROOT.
lay_out_toolkit() {
  local debian=$1/debian/usr wheels=$1/wheels/nvidia root=$2 part
  mkdir -p "$root"/{bin,include,lib,nvvm/bin}
  # The last two read machine code, of cards too that their wheels no longer know (scripts/check_kernels.py).
  cp "$debian"/bin/{cudafe++,fatbinary,nvlink,ptxas,cuobjdump,nvdisasm} \
    "$debian"/lib/nvidia-cuda-toolkit/bin/nvcc "$root/bin"
  cp -r "$debian/lib/nvidia-cuda-toolkit/bin/crt" "$root/bin"
  cp "$debian/lib/nvidia-cuda-toolkit/bin/cicc" "$root/nvvm/bin"
  cp -r "$debian/lib/nvidia-cuda-toolkit/libdevice" "$root/nvvm"
  for part in cuda_nvcc cuda_runtime cuda_cccl; do
    cp -r "$wheels/$part/include/." "$root/include"
  done
  cp "$1"/runtime/nvidia/cuda_runtime/lib/libcudart* "$root/lib"
  # nvcc always hands it to its linker, which refuses that of a newer wheel. Nothing here calls kernels from kernels.
  ar rc "$root/lib/libcudadevrt.a"
  link_library_names "$root"
  nvcc_profile >"$root/bin/nvcc.profile"
}

# Where nvcc finds its helpers, in the syntax of its own profile: `+=` puts in front, `=+` behind.
nvcc_profile() {
  cat <<'PROFILE'
TOP = $(_HERE_)/..
NVVMIR_LIBRARY_DIR = $(TOP)/nvvm/libdevice
PATH += $(TOP)/nvvm/bin:$(_HERE_):
INCLUDES += "-I$(TOP)/include" $(_SPACE_)
LIBRARIES =+ $(_SPACE_) "-L$(TOP)/lib64"
PROFILE
}
