# shellcheck shell=bash disable=SC2034  # read by the scripts that source this file
# Every version that set-up asks for, in this one place.
# SPDX-License-Identifier: Apache-2.0

# What the build needs at least.
MIN_CMAKE=3.25
MIN_NVCC=12.4
# Versions format differently, so everybody uses this one.
CLANG_FORMAT=clang-format-14
# Compiles where PEERBENCH_COMPILER=clang asks for it; the first that knows all of C++20 that is used here is 16.
CLANG=16
# The oldest driver on which a program built with the wheels' toolkit (CUDA 13) runs.
MIN_WHEEL_DRIVER=580
# The same for CUDA 12: by CUDA's rule of minor version compatibility, all 12.x run where 12.0 does.
MIN_CUDA12_DRIVER=525.60.13

# The toolkit from NVIDIA's wheels: the oldest CUDA 13, because PTX of a newer one is refused by older drivers.
CUDA_WHEELS=(
  nvidia-cuda-nvcc==13.0.88     # nvcc, ptxas, fatbinary, nvlink
  nvidia-nvvm==13.0.88          # cicc and libdevice, which nvcc calls
  nvidia-cuda-crt==13.0.88      # headers that nvcc includes by itself
  nvidia-cuda-runtime==13.0.96  # cudart, static and shared
  nvidia-cuda-cccl==13.0.85     # CUDA's C++ core libraries (headers)
  nvidia-nvml-dev==13.0.87      # nvml.h
  nvidia-nccl-cu13==2.28.9      # NCCL, loaded at run time
)
# The toolkit of `scripts/portable.sh --cuda 12`, where the machine has none of its own. NVIDIA's wheels of CUDA 12
# lack nvcc, cudafe++ and cicc; Debian 13 has a package with all of them, of exactly this release.
CUDA12_DEBIAN=(trixie nvidia-cuda-toolkit=12.4.131~12.4.1-2)
CUDA12_WHEELS=(
  nvidia-cuda-nvcc-cu12==12.4.131         # headers that nvcc includes by itself
  nvidia-cuda-runtime-cu12==12.4.127      # headers
  nvidia-cuda-cccl-cu12==12.4.127.post1   # CUDA's C++ core libraries (headers)
)
# Its static cudart: the first wheel of CUDA 12 that has one. All of a major release are one binary interface.
CUDA12_RUNTIME_WHEEL=nvidia-cuda-runtime-cu12==12.9.79
# The runtime that a program for 64-bit Arm is linked with (scripts/check_arm.sh).
ARM_CUDART_WHEEL=nvidia-cuda-runtime==13.0.96
NVML_WHEEL=nvidia-nvml-dev==13.0.87
# From 21 on it leaves the libraries' own headers out of its search: a third of the time.
CLANG_TIDY_WHEEL=clang-tidy==22.1.8
CODESPELL_WHEEL=codespell==2.4.3
CMAKE_WHEEL=cmake==3.31.6
NVDISASM_WHEEL=nvidia-cuda-nvdisasm==13.5.37
CUOBJDUMP_WHEEL=nvidia-cuda-cuobjdump==13.5.37
JSONSCHEMA_WHEEL=jsonschema==4.23.0
NVML_PYTHON_WHEEL=nvidia-ml-py==13.580.82
