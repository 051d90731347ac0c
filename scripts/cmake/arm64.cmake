# SPDX-License-Identifier: Apache-2.0
# Cross-compiling for 64-bit Arm with Debian's compiler and libraries; tests run under its emulator.
# scripts/check_arm.sh brings both, and the CUDA runtime for Arm into .deps/cuda-arm64. The toolkit's compiler
# and headers are this machine's: nvcc only needs to be told of a host compiler for the other architecture.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_CUDA_HOST_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64)
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig)

set(deps ${CMAKE_CURRENT_LIST_DIR}/../../.deps)
if(DEFINED ENV{PEERBENCH_DEPS})
  set(deps $ENV{PEERBENCH_DEPS})
endif()
file(REAL_PATH ${deps}/cuda-arm64 runtime)
set(CUDA_CUDART ${runtime}/libcudart.so CACHE FILEPATH "")
set(CUDA_cudart_static_LIBRARY ${runtime}/libcudart_static.a CACHE FILEPATH "")
file(REAL_PATH "${CMAKE_CUDA_COMPILER}" nvcc)
cmake_path(GET nvcc PARENT_PATH toolkit)
cmake_path(GET toolkit PARENT_PATH toolkit)
set(CMAKE_CUDA_FLAGS_INIT "-I${toolkit}/include -L${runtime}")
