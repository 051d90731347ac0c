# SPDX-License-Identifier: Apache-2.0
# What a program links to be a real one. The whole archive: its objects are asked for by modules that come later on
# the command line, and may not name a runtime themselves.
add_library(peerbench_cuda INTERFACE)
target_link_libraries(peerbench_cuda INTERFACE
                      "$<LINK_LIBRARY:WHOLE_ARCHIVE,CUDA::cudart_static>")

# peerbench_module(NAME [HOT] SOURCES... LINK modules and libraries...): one static library a module of the house.
# HOT: it moves or times bytes.
function(peerbench_module name)
  cmake_parse_arguments(module "HOT" "" "SOURCES;LINK" ${ARGN})
  add_library(peerbench_${name} STATIC ${module_SOURCES})
  target_include_directories(peerbench_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR})
  # The toolkit's headers only; which CUDA runtime is used is decided where a program is linked.
  target_include_directories(peerbench_${name} SYSTEM PUBLIC ${CUDAToolkit_INCLUDE_DIRS})
  target_link_libraries(peerbench_${name} PUBLIC ${module_LINK})
  if(NOT module_HOT)
    peerbench_precompile(peerbench_${name} COLD)
  endif()
endfunction()

# peerbench_test(NAME [NATIVE] [COST SECONDS] SOURCES... LINK ...): one test program a module, linked with the simulator in place
# of the CUDA runtime, so that it runs on machines without a GPU. NATIVE: with NVIDIA's runtime, as the program is,
# for what concerns the machine that runs the tests, as all have it in a build without the simulator. COST: of a test; what takes long begins first.
function(peerbench_test name)
  cmake_parse_arguments(test "NATIVE" "COST" "SOURCES;LINK" ${ARGN})
  if(NOT test_COST)
    set(test_COST 0)
  endif()
  add_executable(${name}_test ${test_SOURCES})
  # What several programs share is compiled by itself.
  set(shared ${test_SOURCES})
  list(FILTER shared EXCLUDE REGEX "_test\\.cpp$")
  set_source_files_properties(${shared} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  if(test_NATIVE OR NOT PEERBENCH_SIMULATOR)
    set(runtime peerbench_cuda)
  else()
    set(runtime gpusim)
  endif()
  target_include_directories(${name}_test PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name}_test PRIVATE ${test_LINK} ${runtime}
                        GTest::gmock GTest::gtest GTest::gtest_main)
  target_compile_definitions(${name}_test PRIVATE
    PEERBENCH_SOURCE_DIR="${PROJECT_SOURCE_DIR}" PEERBENCH_BINARY_DIR="${PROJECT_BINARY_DIR}")
  peerbench_precompile_test(${name}_test)
  include(GoogleTest)
  gtest_discover_tests(${name}_test TEST_PREFIX "${name}: " DISCOVERY_TIMEOUT 60
                       PROPERTIES COST ${test_COST})
endfunction()
