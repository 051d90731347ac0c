# shellcheck shell=bash
# What cross-compiling for 64-bit Arm needs: Debian's compiler, libraries and emulator, and the CUDA runtime
# for Arm from NVIDIA's wheel.
# SPDX-License-Identifier: Apache-2.0

arm_packages=(g++-aarch64-linux-gnu qemu-user libfmt-dev:arm64 libhwloc-dev:arm64 libbenchmark-dev:arm64
  libgtest-dev:arm64 libgmock-dev:arm64 libpugixml-dev:arm64)

# ensure_arm_packages: installs what is missing, or says what to ask an administrator for and ends.
ensure_arm_packages() {
  local package missing=() sudo=() foreign=1
  for package in "${arm_packages[@]}"; do
    package_installed "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  dpkg --print-foreign-architectures | grep -qx arm64 && foreign=0
  say "these distribution packages are missing, for cross-compiling to 64-bit Arm: ${missing[*]}"
  if [ "$(id -u)" != 0 ]; then
    if ! sudo -n true 2>/dev/null; then
      say "installing them needs root. Please ask an administrator to run:"
      printf '%s\n' "dpkg --add-architecture arm64 && apt-get update &&" \
        "  apt-get install -y --no-install-recommends ${missing[*]}" >&2
      exit 1
    fi
    sudo=(sudo -n)
  fi
  say "installing them with apt-get"
  if [ "$foreign" = 1 ]; then
    quietly "let the package manager know of arm64" "${sudo[@]}" dpkg --add-architecture arm64
  fi
  quietly "update the package lists" "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update
  quietly "install the packages" "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends "${missing[@]}"
}

# ensure_arm_cudart: NVIDIA's runtime for Arm in .deps/cuda-arm64; headers and compiler are this machine's.
ensure_arm_cudart() {
  local root=$PEERBENCH_DEPS/cuda-arm64 unpacked
  [ "$(cat "$root/.wheel" 2>/dev/null)" = "$ARM_CUDART_WHEEL" ] && return 0
  ensure_packages wheel
  ensure_venv
  say "fetching the CUDA runtime for 64-bit Arm from the wheel $ARM_CUDART_WHEEL"
  unpacked=$(mktemp -d)
  pip_install --no-deps --only-binary=:all: --platform manylinux2014_aarch64 --target "$unpacked" \
    "$ARM_CUDART_WHEEL"
  rm -rf "$root"
  mkdir -p "$root"
  cp "$unpacked"/nvidia/cu13/lib/libcuda* "$root"
  ln -s "$(basename "$root"/libcudart.so.*)" "$root/libcudart.so"
  printf '%s' "$ARM_CUDART_WHEEL" >"$root/.wheel"
  rm -rf "$unpacked"
}
