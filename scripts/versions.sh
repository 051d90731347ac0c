# shellcheck shell=bash disable=SC2034  # read by the scripts that source this file
# Every version that set-up asks for, in this one place.

# What the build needs at least.
MIN_CMAKE=3.25
MIN_NVCC=12.4
# Older ones cannot read std::source_location in the compiler's library.
MIN_CLANG_TIDY=16
CLANG_TIDY_PACKAGE=clang-tidy-19
# Versions format differently, so everybody uses this one.
CLANG_FORMAT=clang-format-14
# The oldest driver on which a program built with the wheels' toolkit (CUDA 13) runs.
MIN_WHEEL_DRIVER=580

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
# The runtime that a program for 64-bit Arm is linked with (scripts/check_arm.sh).
ARM_CUDART_WHEEL=nvidia-cuda-runtime==13.0.96
NVML_WHEEL=nvidia-nvml-dev==13.0.87
CMAKE_WHEEL=cmake==3.31.6
NVDISASM_WHEEL=nvidia-cuda-nvdisasm==13.5.37
CUOBJDUMP_WHEEL=nvidia-cuda-cuobjdump==13.5.37
JSONSCHEMA_WHEEL=jsonschema==4.23.0
NVML_PYTHON_WHEEL=nvidia-ml-py==13.580.82
