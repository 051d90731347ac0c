# SPDX-License-Identifier: Apache-2.0
# From nvml.h: a stub for each function it declares, which the simulator's own definitions override.
# Run as a script with -DHEADER=nvml.h -DSTUBS=file.
cmake_minimum_required(VERSION 3.25)
file(READ ${HEADER} text)
string(REGEX MATCHALL "nvmlReturn_t +DECLDIR +nvml[A-Za-z0-9_]+ *\\(" declared "${text}")
set(names "")
foreach(declaration IN LISTS declared)
  string(REGEX MATCH "nvml[A-Za-z0-9_]+ *\\($" name "${declaration}")
  string(REGEX REPLACE " *\\($" "" name "${name}")
  list(APPEND names ${name})
endforeach()
list(REMOVE_DUPLICATES names)
if(NOT "nvmlInit_v2" IN_LIST names)
  message(FATAL_ERROR "no functions found in ${HEADER}")
endif()
list(JOIN names ")\nSTUB(" stubs)
file(WRITE ${STUBS} "STUB(${stubs})\n")
