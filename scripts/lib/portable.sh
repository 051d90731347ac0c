# shellcheck shell=bash
# What scripts/portable.sh needs beside the build: a static Google Benchmark, and the libraries to bring along.
# SPDX-License-Identifier: Apache-2.0

# ensure_static_benchmark: distributions package Google Benchmark as a shared library only, which would bring a
# second C++ library with it. The same version's source package gives the static one, in .deps/portable.
ensure_static_benchmark() {
  local root=$PEERBENCH_DEPS/portable work
  [ -e "$root/lib/libbenchmark.a" ] && return 0
  if ! command -v apt-get >/dev/null; then
    say "no source package of Google Benchmark here: its shared library is brought along instead"
    return 0
  fi
  say "building a static Google Benchmark from the distribution's source package into .deps/portable"
  work=$(mktemp -d "$PEERBENCH_DEPS/benchmark-XXXXXX")
  if ! fetch_source benchmark "$work" >"$work/log" 2>&1; then
    say "its source package could not be fetched: its shared library is brought along instead"
    rm -rf "$work"
    return 0
  fi
  mkdir "$work/source"
  tar -C "$work/source" --strip-components=1 -xf "$work"/benchmark_*.orig.tar.*
  quietly "configure Google Benchmark" cmake -S "$work/source" -B "$work/build" -DCMAKE_BUILD_TYPE=Release \
    -DBENCHMARK_ENABLE_TESTING=OFF -DBENCHMARK_ENABLE_WERROR=OFF -DBENCHMARK_INSTALL_DOCS=OFF \
    -DBUILD_SHARED_LIBS=OFF -DCMAKE_INSTALL_LIBDIR=lib "-DCMAKE_INSTALL_PREFIX=$root"
  quietly "build Google Benchmark" cmake --build "$work/build" --target install --parallel "$(nproc)"
  rm -rf "$work"
}

# fetch_source PACKAGE FOLDER: a source package from where this machine's packages come from.
fetch_source() {
  local package=$1 folder=$2 file
  mkdir -p "$folder/parts"
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources}; do
    [ -e "$file" ] || continue
    sed -E 's/^Types:.*/Types: deb-src/; s/^deb /deb-src /' "$file" >"$folder/parts/$(basename "$file")"
  done
  private_apt "$folder" update && private_apt "$folder" source --download-only "$package"
}

# The programs and libraries below FOLDER.
binaries_in() { find "$1" -type f \( -path '*/bin/*' -o -name '*.so*' \); }

# bring_libraries FOLDER: copies what the programs need and no Linux machine can be expected to have into
# FOLDER/lib, where their run path finds it.
bring_libraries() {
  local binary name path
  while read -r binary; do
    while read -r name path; do
      case $name in
        libc.so.* | libm.so.* | libdl.so.* | libpthread.so.* | librt.so.* | ld-linux*) continue ;;
      esac
      # What lies in the folder already is the simulator's own.
      [ -z "$(find "$1" -name "$name" -print -quit)" ] || continue
      mkdir -p "$1/lib"
      cp -L "$path" "$1/lib/$name"
    done < <(ldd "$binary" | sed -nE 's/^\s*(\S+) => (\/\S+) .*$/\1 \2/p')
  done < <(binaries_in "$1")
}

# oldest_glibc FOLDER: the newest glibc symbol version that anything in it asks for.
oldest_glibc() {
  binaries_in "$1" | while read -r binary; do objdump -T "$binary"; done |
    grep -oE 'GLIBC_[0-9]+(\.[0-9]+)+' | sort -uV | tail -n 1 | cut -d _ -f 2
}

# bring_gpu_check FOLDER: scripts/gpu_check.sh finds its parts and the program there as it does in a checkout.
bring_gpu_check() {
  cp "$PEERBENCH_ROOT/scripts/gpu_check.sh" "$1/"
  mkdir -p "$1/lib"
  cp -r "$PEERBENCH_ROOT/scripts/lib/gpu_check" "$1/lib/"
}

# oldest_driver MAJOR: what any program built with this major release of CUDA needs.
oldest_driver() {
  case $1 in
    12) printf '%s\n' "$MIN_CUDA12_DRIVER" ;;
    *) printf '%s\n' "$MIN_WHEEL_DRIVER" ;;
  esac
}
