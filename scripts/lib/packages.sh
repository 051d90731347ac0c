# shellcheck shell=bash
# Distribution packages (Debian 12 and Ubuntu 24.04 names): which are missing, and how they get here.
# SPDX-License-Identifier: Apache-2.0

# One line a package: what it is needed for, package, how its presence is tested. A tool counts when it is
# on PATH whoever installed it; a library when the package manager has it.
packages_for() {
  cat <<LIST
run   g++               command  g++         the C++ compiler
run   cmake             command  cmake       configures the build
run   ninja-build       command  ninja       runs the build
run   pkg-config        command  pkg-config  finds hwloc
run   libfmt-dev        package  -           text formatting
run   libcli11-dev      package  -           the command line
run   nlohmann-json3-dev package -           result and machine files
run   libexpected-dev   package  -           errors as values
run   libhwloc-dev      package  -           cores, NUMA nodes and caches
run   libpugixml-dev    package  -           reads NCCL's topology files
run   libbenchmark-dev  package  -           runs the benchmarks
test  libgtest-dev      package  -           unit tests
test  libgmock-dev      package  -           unit tests
test  python3           command  python3     checks of result files and of the scripts
test  python3-venv      venv     -           keeps Python packages inside the project
clang clang-$CLANG          command  clang++-$CLANG the C++ compiler that was asked for
clang libclang-rt-$CLANG-dev package - its sanitizers
lint  $CLANG_FORMAT     command  $CLANG_FORMAT checks the formatting
lint  shellcheck        command  shellcheck  checks the shell scripts
wheel python3           command  python3     unpacks NVIDIA's wheels
wheel python3-venv      venv     -           unpacks NVIDIA's wheels
LIST
}

package_installed() { dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed; }

# missing_packages USE...: prints "package reason" for every package of these uses that is not here.
missing_packages() {
  local uses=" $* " use package test name reason
  packages_for | while read -r use package test name reason; do
    [[ $uses == *" $use "* ]] || continue
    case $test in
      command) command -v "$name" >/dev/null && continue ;;
      venv) python3 -c 'import venv, ensurepip' 2>/dev/null && continue ;;
      package) package_installed "$package" && continue ;;
    esac
    printf '%s %s\n' "$package" "$reason"
  done | sort -u -k 1,1
}

# ensure_packages USE...: installs what is missing, or says what to ask an administrator for and ends.
ensure_packages() {
  local missing names sudo=()
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    ensure_commands "$@"
    return
  fi
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
  mapfile -t names < <(cut -d ' ' -f 1 <<<"$missing")
  say "these distribution packages are missing:"
  sed -E 's/^([^ ]+) (.*)$/  \1 (\2)/' <<<"$missing" >&2
  if [ "$(id -u)" != 0 ]; then
    if sudo -n true 2>/dev/null; then
      sudo=(sudo -n)
    else
      say "installing them needs root. Please ask an administrator to run:"
      printf '%s\n' "apt-get update && apt-get install -y --no-install-recommends ${names[*]}" >&2
      exit 1
    fi
  fi
  say "installing them with apt-get"
  quietly "update the package lists" "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update
  quietly "install the packages" "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends "${names[@]}"
}

# On other distributions only tools can be looked for; CMake names a library that is missing.
ensure_commands() {
  local uses=" $* " use package test name reason missing=()
  while read -r use package test name reason; do
    [[ $uses == *" $use "* && $test == command ]] || continue
    command -v "$name" >/dev/null || missing+=("$name ($reason)")
  done < <(packages_for)
  [ ${#missing[@]} -gt 0 ] || return 0
  say "this is neither Debian nor Ubuntu, so nothing is installed by itself. Please install:"
  printf '  %s\n' "${missing[@]}" "and the development files of fmt, CLI11, nlohmann-json," \
    "tl::expected, hwloc, Google Benchmark and GoogleTest" >&2
  exit 1
}

# private_apt FOLDER ARGUMENT...: apt-get that takes its sources from FOLDER/parts, and keeps its lists and what it
# fetches below FOLDER: without root, and without touching the machine's own settings.
private_apt() {
  local folder=$1
  shift
  mkdir -p "$folder"/{lists/partial,cache/archives/partial}
  (cd "$folder" && apt-get -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$folder/parts" \
    -o "Dir::State::Lists=$folder/lists" -o "Dir::Cache=$folder/cache" -o APT::Sandbox::User= "$@")
}
