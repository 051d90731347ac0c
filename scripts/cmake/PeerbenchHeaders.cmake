# SPDX-License-Identifier: Apache-2.0
# Library headers that most files read, compiled once: the greater part of a clean build is else spent on them.
# Each file still includes what it uses; PEERBENCH_PRECOMPILED=OFF shows whether it does.
option(PEERBENCH_PRECOMPILED "Compile the libraries' headers once for many files" ON)

set(PEERBENCH_HEADERS
    <algorithm> <array> <charconv> <chrono> <cstdint> <filesystem> <fstream> <functional> <map> <memory> <optional>
    <set> <span> <sstream> <string> <string_view> <utility> <vector>
    <fmt/format.h> <fmt/ranges.h> <tl/expected.hpp>)

# For ccache, which needs to see what the precompiled header stands for.
add_compile_options("$<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:GNU>>:-fpch-preprocess>")

# peerbench_precompile(TARGET [COLD]). COLD: what neither moves nor times bytes; nobody waits for it, so that release
# builds optimise it less and are done sooner. Cold targets share the headers as peerbench_base has compiled them, and
# so must be compiled as it is. Joined files read each header once for many anyway.
function(peerbench_precompile target)
  if("COLD" IN_LIST ARGN)
    target_compile_options(${target} PRIVATE $<$<AND:$<CONFIG:Release>,$<COMPILE_LANGUAGE:CXX>>:-O1>)
  endif()
  if(NOT PEERBENCH_PRECOMPILED OR PEERBENCH_JOINED)
    return()
  endif()
  if("COLD" IN_LIST ARGN AND NOT target STREQUAL peerbench_base)
    target_precompile_headers(${target} REUSE_FROM peerbench_base)
  else()
    target_precompile_headers(${target} PRIVATE ${PEERBENCH_HEADERS})
  endif()
endfunction()

# peerbench_precompile_test(TARGET): the same for a test program, with the tests' framework.
function(peerbench_precompile_test target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD_UNIQUE_ID TEST_FILE)
  if(NOT PEERBENCH_PRECOMPILED)
    return()
  endif()
  if(NOT TARGET peerbench_test_headers)
    file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/test_headers.cpp CONTENT "")
    add_library(peerbench_test_headers OBJECT ${CMAKE_BINARY_DIR}/generated/test_headers.cpp)
    target_link_libraries(peerbench_test_headers PRIVATE fmt::fmt tl::expected GTest::gmock)
    # As programs are compiled, which is not as a library's objects are.
    set_target_properties(peerbench_test_headers PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(peerbench_test_headers PRIVATE -fPIE)
    target_precompile_headers(peerbench_test_headers PRIVATE
                              ${PEERBENCH_HEADERS} <gmock/gmock.h> <gtest/gtest.h>)
  endif()
  target_precompile_headers(${target} REUSE_FROM peerbench_test_headers)
endfunction()
