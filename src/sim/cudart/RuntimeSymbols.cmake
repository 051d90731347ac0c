# SPDX-License-Identifier: Apache-2.0
# From the symbols of the toolkit's own shared runtime: a version script with the same names, and a
# stub for each, which the simulator's own definitions override.
# Run as a script with -DNM=nm -DLIBRARY=libcudart.so.N -DSCRIPT=file -DSTUBS=file.
execute_process(COMMAND ${NM} -D --defined-only ${LIBRARY}
                OUTPUT_VARIABLE listed COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[_A-Za-z0-9]+@@[^ \n]+" symbols "${listed}")
set(version "")
set(names "")
set(stubs "")
foreach(symbol IN LISTS symbols)
  string(REGEX MATCH "^([^@]+)@@(.+)$" matched "${symbol}")
  set(name ${CMAKE_MATCH_1})
  set(version ${CMAKE_MATCH_2})
  if(NOT name MATCHES "^(__)?cuda")
    continue()
  endif()
  string(APPEND names "    ${name};\n")
  string(APPEND stubs "STUB(${name})\n")
endforeach()
if(names STREQUAL "")
  message(FATAL_ERROR "no versioned symbols found in ${LIBRARY}")
endif()
# Mangled names stay inside. What is named nowhere here (the clock) is exported without a version,
# so that references to the C library's versions bind to it.
file(WRITE ${SCRIPT} "${version} {\n  global:\n${names}  local:\n    _Z*;\n};\n")
file(WRITE ${STUBS} "${stubs}")
