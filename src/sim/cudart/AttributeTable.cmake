# SPDX-License-Identifier: Apache-2.0
# Rows {number, "Name"} of every device attribute that the toolkit's header knows.
# Run as a script with -DHEADER=driver_types.h -DOUTPUT=file.
file(STRINGS ${HEADER} lines REGEX "^ *cudaDevAttr[A-Za-z0-9]+ *= *[0-9]+")
set(rows "")
foreach(line IN LISTS lines)
  string(REGEX MATCH "cudaDevAttr([A-Za-z0-9]+) *= *([0-9]+)" matched "${line}")
  string(APPEND rows "{${CMAKE_MATCH_2}, \"${CMAKE_MATCH_1}\"},\n")
endforeach()
if(rows STREQUAL "")
  message(FATAL_ERROR "no device attributes found in ${HEADER}")
endif()
file(WRITE ${OUTPUT} "${rows}")
