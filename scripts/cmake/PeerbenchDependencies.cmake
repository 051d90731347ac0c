# SPDX-License-Identifier: Apache-2.0
# What the project needs from outside, in the versions of Debian 12 and Ubuntu 24.04; scripts/setup.sh brings what
# has no package into .deps, or where PEERBENCH_DEPS says.
set(deps ${PROJECT_SOURCE_DIR}/.deps)
if(DEFINED ENV{PEERBENCH_DEPS})
  set(deps $ENV{PEERBENCH_DEPS})
endif()
find_package(CUDAToolkit 12.4 REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(tl-expected REQUIRED)
find_package(benchmark REQUIRED)
find_package(Threads REQUIRED)
if(PEERBENCH_PORTABLE)
  include(PeerbenchPortable)
else()
  find_package(fmt REQUIRED)
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(hwloc REQUIRED IMPORTED_TARGET hwloc)
endif()

# Static where the distribution has it so: the simulator's libraries are loaded into other programs, which shall not
# have to find one more.
find_package(pugixml REQUIRED)
add_library(peerbench_pugixml INTERFACE)
target_link_libraries(peerbench_pugixml INTERFACE
                      $<IF:$<TARGET_EXISTS:pugixml::static>,pugixml::static,pugixml::pugixml>)

# Header only: NVML itself is loaded at run time. A toolkit that lacks it gets it from a wheel (scripts/setup.sh).
find_path(PEERBENCH_NVML_INCLUDE_DIR nvml.h
          HINTS ${CUDAToolkit_INCLUDE_DIRS} ${deps}/nvml/include REQUIRED)
add_library(peerbench_nvml_header INTERFACE)
target_include_directories(peerbench_nvml_header SYSTEM INTERFACE ${PEERBENCH_NVML_INCLUDE_DIR})

# The same of NCCL, only for the simulator's: the program itself needs no header of it.
find_path(PEERBENCH_NCCL_INCLUDE_DIR nccl.h HINTS ${CUDAToolkit_INCLUDE_DIRS})

# The project's own Python environment has what the tests need (scripts/setup.sh test).
if(PEERBENCH_BUILD_TESTS)
  find_package(GTest REQUIRED)
  find_program(PEERBENCH_PYTHON python3 HINTS ${deps}/venv/bin
               NO_DEFAULT_PATH)
  find_program(PEERBENCH_PYTHON python3 REQUIRED)
endif()
