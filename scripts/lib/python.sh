# shellcheck shell=bash
# The project's own Python environment: distributions refuse pip outside of one (PEP 668).
# SPDX-License-Identifier: Apache-2.0

# ensure_venv: makes .deps/venv once; a copy left by another Python is made anew.
ensure_venv() {
  "$PEERBENCH_DEPS/venv/bin/python3" -c '' 2>/dev/null && return 0
  say "making a Python environment in .deps/venv"
  rm -rf "$PEERBENCH_DEPS/venv"
  mkdir -p "$PEERBENCH_DEPS"
  quietly "make a Python environment" python3 -m venv "$PEERBENCH_DEPS/venv"
}

pip_install() {
  quietly "install $* with pip" "$PEERBENCH_DEPS/venv/bin/python3" -m pip install \
    --disable-pip-version-check --quiet "$@"
}

# ensure_wheel NAME==VERSION REASON: a package in the environment, at exactly this version.
ensure_wheel() {
  local name=${1%%==*} version=${1##*==}
  ensure_venv
  # Installed packages are listed with underscores in their names.
  compgen -G "$PEERBENCH_DEPS/venv/lib/python3*/site-packages/${name//-/_}-$version.dist-info" >/dev/null &&
    return 0
  say "installing $1 into .deps/venv ($2)"
  pip_install "$1"
}

# ensure_cmake: the distribution's CMake, or the wheel where that is too old.
ensure_cmake() {
  local have
  have=$(cmake --version 2>/dev/null | sed -nE '1s/^cmake version ([0-9.]+).*/\1/p') || true
  version_at_least "$have" "$MIN_CMAKE" && return 0
  ensure_packages wheel
  ensure_wheel "$CMAKE_WHEEL" "the CMake found is ${have:-unknown}, $MIN_CMAKE is needed"
  mkdir -p "$PEERBENCH_DEPS/bin"
  for tool in cmake ctest cpack; do
    ln -sf "$PEERBENCH_DEPS/venv/bin/$tool" "$PEERBENCH_DEPS/bin/$tool"
  done
  export PATH="$PEERBENCH_DEPS/bin:$PATH"
}
