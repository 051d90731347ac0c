# shellcheck shell=bash
# Configures and builds a preset of CMakePresets.json, saying something only when there is something to do.
#
# From the environment: PEERBENCH_CUDA_ARCHITECTURES (default: those of this machine's GPUs; a portable program has all
# that the toolkit knows), PEERBENCH_BUILD_DIR (another folder than build/PRESET), PEERBENCH_JOBS (default: one a
# core), PEERBENCH_JOINED=1 (several source files at a time: a clean build is done sooner), PEERBENCH_COMPILER=clang
# (in a folder of its own: compilers cannot be exchanged in a configured one).
# SPDX-License-Identifier: Apache-2.0

command -v ninja >/dev/null && export CMAKE_GENERATOR=${CMAKE_GENERATOR:-Ninja}

# For ccache, paths below the project count as relative: another checkout finds what this one compiled.
export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$PEERBENCH_ROOT} CCACHE_NOHASHDIR=1
# Without these it leaves files with precompiled headers to the compiler.
export CCACHE_SLOPPINESS=${CCACHE_SLOPPINESS:-pch_defines,time_macros}

build_dir() { printf '%s\n' "${PEERBENCH_BUILD_DIR:-$PEERBENCH_ROOT/build/$1}"; }

cached() { sed -nE "s/^$2:[A-Z]+=(.*)$/\1/p" "$(build_dir "$1")/CMakeCache.txt" 2>/dev/null || true; }

# What this machine's GPUs run, else one, whose machine code a test looks at; and PTX, which the driver compiles for
# others.
architectures_here() {
  local known capability found=
  known=$("$CUDACXX" --list-gpu-arch 2>/dev/null)
  if command -v nvidia-smi >/dev/null; then
    # 8.6 is 86; a GPU that this toolkit does not know has the PTX.
    for capability in $(timeout 20 nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | sort -u); do
      capability=${capability/./}
      if grep -qx "compute_$capability" <<<"$known"; then found+="$capability-real;"; fi
    done
  fi
  printf '%s75-virtual' "${found:-90-real;}"
}

# configure PRESET TESTS: configures when that has not been done for this compiler and these choices.
# TESTS is ON or OFF; a folder that once had tests keeps them.
configure() {
  local preset=$1 tests=$2 architectures=${PEERBENCH_CUDA_ARCHITECTURES:-} dir options=()
  dir=$(build_dir "$preset")
  if [ "$(cached "$preset" CMAKE_CUDA_COMPILER)" != "$CUDACXX" ]; then
    # A compiler cannot be exchanged in a configured folder.
    rm -rf "$dir/CMakeCache.txt" "$dir/CMakeFiles"
  else
    architectures=${architectures:-$(cached "$preset" PEERBENCH_CUDA_ARCHITECTURES)}
    if { [ "$tests" = OFF ] || [ "$(cached "$preset" PEERBENCH_BUILD_TESTS)" = ON ]; } &&
      [ "$architectures" = "$(cached "$preset" PEERBENCH_CUDA_ARCHITECTURES)" ]; then
      return 0
    fi
  fi
  [ -n "$architectures" ] || [ "$preset" = portable ] || architectures=$(architectures_here)
  options=("-DCMAKE_CUDA_COMPILER=$CUDACXX" "-DPEERBENCH_BUILD_TESTS=$tests")
  # A user's compiler may warn of what ours does not.
  [ -n "${CI:-}" ] || options+=(-DPEERBENCH_WERROR=OFF)
  [ -z "$architectures" ] || options+=("-DPEERBENCH_CUDA_ARCHITECTURES=$architectures")
  [ "${PEERBENCH_COMPILER:-}" != clang ] ||
    options+=("-DCMAKE_C_COMPILER=clang-$CLANG" "-DCMAKE_CXX_COMPILER=clang++-$CLANG")
  [ -z "${PEERBENCH_JOINED:-}" ] || options+=(-DPEERBENCH_JOINED=ON)
  if command -v ccache >/dev/null; then
    options+=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache
      -DCMAKE_CUDA_COMPILER_LAUNCHER=ccache)
  fi
  (cd "$PEERBENCH_ROOT" && cmake --preset "$preset" -B "$dir" "${options[@]}") >&2
}

# build PRESET TARGET...: builds them; silent when they are up to date.
build() {
  local dir
  dir=$(build_dir "$1")
  shift
  if [ -e "$dir/build.ninja" ] && ninja -C "$dir" -n "$@" 2>/dev/null | grep -q 'no work to do'; then
    return 0
  fi
  cmake --build "$dir" --target "$@" --parallel "${PEERBENCH_JOBS:-$(nproc)}" >&2
}
