# shellcheck shell=bash
# hide_toolkit: from here on this machine is one without a CUDA toolkit: there is none on PATH, in the environment
# or at its usual place. Set-up then brings NVIDIA's wheels.
# SPDX-License-Identifier: Apache-2.0
hide_toolkit() {
  local folder folders cleaned=
  unset CUDACXX CUDA_HOME CUDA_PATH CUDA_ROOT CUDAToolkit_ROOT LIBRARY_PATH LD_LIBRARY_PATH CPATH \
    CPLUS_INCLUDE_PATH C_INCLUDE_PATH
  export PEERBENCH_IGNORE_SYSTEM_CUDA=1
  IFS=: read -ra folders <<<"$PATH"
  for folder in "${folders[@]}"; do
    [ -e "$folder/nvcc" ] || cleaned+=${cleaned:+:}$folder
  done
  export PATH=$cleaned
}
