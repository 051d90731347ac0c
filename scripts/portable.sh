#!/usr/bin/env bash
# Builds the program so that it can be carried to a GPU machine of another distribution:
#   build/portable/peerbench-portable/          bin, lib (the few libraries it brings along), share
#   build/portable/peerbench-portable.tar.gz    the same, packed
# Says at the end how large it is and the oldest glibc that it runs on.
set -euo pipefail
# shellcheck source=scripts/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
setup run
# shellcheck source=scripts/lib/build.sh
source "$PEERBENCH_ROOT/scripts/lib/build.sh"
# shellcheck source=scripts/lib/portable.sh
source "$PEERBENCH_ROOT/scripts/lib/portable.sh"

ensure_static_benchmark
configure portable OFF
build portable programs

out=$(build_dir portable)/peerbench-portable
rm -rf "$out" "$out.tar.gz"
cmake --install "$(build_dir portable)" --prefix "$out" --strip >/dev/null
bring_libraries "$out"
tar -C "$(dirname "$out")" -czf "$out.tar.gz" "$(basename "$out")"

printf '%s\n' "folder: $out ($(du -sh "$out" | cut -f 1))" \
  "packed: $out.tar.gz ($(du -h "$out.tar.gz" | cut -f 1))" \
  "brought along: $(find "$out/lib" -maxdepth 1 -name '*.so*' -printf '%f ' 2>/dev/null)" \
  "oldest glibc: $(oldest_glibc "$out")"
