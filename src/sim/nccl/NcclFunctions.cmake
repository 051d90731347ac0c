# SPDX-License-Identifier: Apache-2.0
# From NCCL's headers: a stub for each function they declare, which the simulator's own definitions
# override, and for the second name that the real library exports each by.
# Run as a script with "-DHEADERS=nccl.h;..." -DSTUBS=file.
cmake_minimum_required(VERSION 3.25)
set(names "")
foreach(header IN LISTS HEADERS)
  file(READ ${header} text)
  string(REGEX MATCHALL
         "((ncclResult_t|char *\\*|void) +|NCCL_EXTERN_C +__host__ +[A-Za-z_]+ +)p?nccl[A-Z][A-Za-z0-9_]* *\\("
         declared "${text}")
  foreach(declaration IN LISTS declared)
    string(REGEX MATCH "p?nccl[A-Z][A-Za-z0-9_]* *\\($" name "${declaration}")
    string(REGEX REPLACE "^p?(nccl.*[^ ]) *\\($" "\\1" name "${name}")
    list(APPEND names ${name} p${name})
  endforeach()
endforeach()
list(REMOVE_DUPLICATES names)
if(NOT "ncclAllReduce" IN_LIST names)
  message(FATAL_ERROR "no functions found in ${HEADERS}")
endif()
list(JOIN names ")\nSTUB(" stubs)
file(WRITE ${STUBS} "STUB(${stubs})\n")
