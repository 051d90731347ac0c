# SPDX-License-Identifier: Apache-2.0
# Dependencies for a program that is carried to another machine: header-only fmt, static hwloc; Google
# Benchmark is static where scripts/portable.sh has built it from the distribution's source package.
find_path(PEERBENCH_FMT_INCLUDE_DIR fmt/format.h REQUIRED)
add_library(fmt::fmt INTERFACE IMPORTED)
target_include_directories(fmt::fmt INTERFACE ${PEERBENCH_FMT_INCLUDE_DIR})
target_compile_definitions(fmt::fmt INTERFACE FMT_HEADER_ONLY=1)

find_library(PEERBENCH_HWLOC NAMES libhwloc.a hwloc REQUIRED)
find_path(PEERBENCH_HWLOC_INCLUDE_DIR hwloc.h REQUIRED)
add_library(PkgConfig::hwloc INTERFACE IMPORTED)
target_include_directories(PkgConfig::hwloc INTERFACE ${PEERBENCH_HWLOC_INCLUDE_DIR})
target_link_libraries(PkgConfig::hwloc INTERFACE ${PEERBENCH_HWLOC} m)
# The distributions' static hwloc asks udev about disks. There is no static udev: the shared one goes along.
find_library(PEERBENCH_UDEV NAMES udev libudev.so.1)
if(PEERBENCH_UDEV)
  target_link_libraries(PkgConfig::hwloc INTERFACE ${PEERBENCH_UDEV})
endif()

# The simulator's libraries are loaded into other programs: their C++ library must stay their own.
add_link_options(-static-libstdc++ -static-libgcc
                 -Wl,--exclude-libs,libstdc++.a:libgcc.a:libgcc_eh.a)
