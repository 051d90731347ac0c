#!/usr/bin/env bash
# Builds the program so that it can be carried to a GPU machine of another distribution:
#   scripts/portable.sh [--cuda 12|13]    default: the machine's own toolkit, or the newest that is fetched
# It makes, in build/portable-cuda13 or -cuda12:
#   peerbench-VERSION-linux-x86_64-cuda13/          bin, lib (the few libraries it brings along), share,
#                                                   gpu_check.sh
#   peerbench-VERSION-linux-x86_64-cuda13.tar.gz    the same, packed
# Says at the end how large it is, and the oldest glibc and driver that it runs on.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
while [ $# -gt 0 ]; do
  case "$1 ${2:-}" in
    '--cuda 12' | '--cuda 13') export PEERBENCH_CUDA=$2 && shift 2 ;;
    *) sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2 && exit 64 ;;
  esac
done
# shellcheck source=scripts/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
setup run
major=$(nvcc_version "$CUDACXX")
major=${major%%.*}
export PEERBENCH_BUILD_DIR=${PEERBENCH_BUILD_DIR:-$PEERBENCH_ROOT/build/portable-cuda$major}
# shellcheck source=scripts/lib/build.sh
source "$PEERBENCH_ROOT/scripts/lib/build.sh"
# shellcheck source=scripts/lib/portable.sh
source "$PEERBENCH_ROOT/scripts/lib/portable.sh"

ensure_static_benchmark
configure portable OFF
build portable programs

version=$(cached portable CMAKE_PROJECT_VERSION)
out=$PEERBENCH_BUILD_DIR/peerbench-$version-linux-$(uname -m)-cuda$major
rm -rf "$out" "$out.tar.gz"
cmake --install "$PEERBENCH_BUILD_DIR" --prefix "$out" --strip >/dev/null
bring_libraries "$out"
bring_gpu_check "$out"
tar -C "$(dirname "$out")" -czf "$out.tar.gz" "$(basename "$out")"

printf '%s\n' "folder: $out ($(du -sh "$out" | cut -f 1))" \
  "packed: $out.tar.gz ($(du -h "$out.tar.gz" | cut -f 1))" \
  "brought along: $(find "$out/lib" -maxdepth 1 -name '*.so*' -printf '%f ' 2>/dev/null)" \
  "architectures: $(cached portable PEERBENCH_CUDA_ARCHITECTURES)" \
  "oldest glibc: $(oldest_glibc "$out")" \
  "oldest driver: $(oldest_driver "$major")"
