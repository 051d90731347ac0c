# SPDX-License-Identifier: Apache-2.0
# Language, warnings, architectures and sanitizers for everything in the project.
option(PEERBENCH_BUILD_TESTS "Build the tests" ON)
option(PEERBENCH_SIMULATOR "Build the simulated machines; without them neither the tests that run on them" ON)
option(PEERBENCH_WERROR "Warnings are errors" OFF)
option(PEERBENCH_PORTABLE "Link statically what can be, for other machines" OFF)
set(PEERBENCH_SANITIZE "" CACHE STRING "Sanitizers for host code, e.g. address,undefined or thread")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CUDA_STANDARD 20)
set(CMAKE_CUDA_STANDARD_REQUIRED ON)
# CMake 3.25 does not know how nvcc spells the C++20 dialect, later ones do.
if(NOT DEFINED CMAKE_CUDA20_STANDARD_COMPILE_OPTION)
  set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION "-std=c++20")
  set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION "-std=c++20")
endif()
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

# The objects name no CUDA runtime: the program links the static one, its simulated build the simulator's.
# Without this a symbol the simulator lacks would be taken from the real runtime without a word.
set(CMAKE_CUDA_RUNTIME_LIBRARY None)

add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wall>
                    $<$<COMPILE_LANGUAGE:CXX>:-Wextra>
                    $<$<COMPILE_LANGUAGE:CXX>:-Wpedantic>
                    $<$<COMPILE_LANGUAGE:CXX>:-Wshadow>
                    $<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-Wall,-Wextra,-Wshadow>
                    # CUDA 12.8 and 12.9 announce that 13 leaves out what came before 75.
                    $<$<COMPILE_LANGUAGE:CUDA>:-Wno-deprecated-gpu-targets>)
# GCC 12 takes its own std::string for a fault where it joins short ones (its bugs 105329 and 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  foreach(warning array-bounds restrict stringop-overread stringop-overflow)
    add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wno-${warning}>)
  endforeach()
endif()
if(PEERBENCH_WERROR)
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Werror>
                      $<$<COMPILE_LANGUAGE:CUDA>:-Werror=all-warnings>)
endif()
if(PEERBENCH_SANITIZE)
  add_compile_options($<$<COMPILE_LANGUAGE:C,CXX>:-fsanitize=${PEERBENCH_SANITIZE}>
                      $<$<COMPILE_LANGUAGE:C,CXX>:-fno-omit-frame-pointer>
                      $<$<COMPILE_LANGUAGE:C,CXX>:-fno-sanitize-recover=all>
                      # GCC 12 takes the checks that sanitizers add for uses of what is not set.
                      $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:GNU>>:-Wno-maybe-uninitialized>)
  add_link_options(-fsanitize=${PEERBENCH_SANITIZE})
  # The drop-in libraries have no undefined symbols, so the sanitizer must be a library as well, as GCC's is.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-runtime-dir
                    OUTPUT_VARIABLE sanitizers OUTPUT_STRIP_TRAILING_WHITESPACE)
    add_link_options(-shared-libsan LINKER:-rpath,${sanitizers})
    # It takes a library's function for another one where its header names the same struct otherwise.
    add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fno-sanitize=function>)
  endif()
endif()

# Architectures 60 to 121 as far as this toolkit has them (CUDA 13 begins at 75), and PTX of the newest for cards to
# come. Left out are Jetsons whose drivers are too old for CUDA 12.4: 6.2 and 7.2.
if(NOT DEFINED PEERBENCH_CUDA_ARCHITECTURES)
  execute_process(COMMAND ${CMAKE_CUDA_COMPILER} --list-gpu-arch
                  OUTPUT_VARIABLE listed OUTPUT_STRIP_TRAILING_WHITESPACE)
  string(REGEX MATCHALL "[0-9]+" listed "${listed}")
  list(FILTER listed EXCLUDE REGEX "^[0-5][0-9]$|^[67]2$")
  list(SORT listed COMPARE NATURAL)
  list(GET listed -1 newest)
  list(TRANSFORM listed APPEND -real)
  set(PEERBENCH_CUDA_ARCHITECTURES ${listed} ${newest}-virtual
      CACHE STRING "CUDA architectures to build for")
endif()
set(CMAKE_CUDA_ARCHITECTURES ${PEERBENCH_CUDA_ARCHITECTURES})
