# SPDX-License-Identifier: Apache-2.0
# From nccl.h: a stub for each function it declares, which the simulator's own definitions override.
# Run as a script with -DHEADER=nccl.h -DSTUBS=file.
cmake_minimum_required(VERSION 3.25)
file(READ ${HEADER} text)
string(REGEX MATCHALL "(ncclResult_t|char *\\*|void) +p?nccl[A-Z][A-Za-z0-9_]* *\\(" declared "${text}")
set(names "")
foreach(declaration IN LISTS declared)
  string(REGEX MATCH "p?nccl[A-Z][A-Za-z0-9_]* *\\($" name "${declaration}")
  string(REGEX REPLACE " *\\($" "" name "${name}")
  list(APPEND names ${name})
endforeach()
list(REMOVE_DUPLICATES names)
if(NOT "ncclAllReduce" IN_LIST names)
  message(FATAL_ERROR "no functions found in ${HEADER}")
endif()
list(JOIN names ")\nSTUB(" stubs)
file(WRITE ${STUBS} "STUB(${stubs})\n")
