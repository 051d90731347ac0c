# SPDX-License-Identifier: Apache-2.0
# Compiling several files as one, which a clean build is done sooner with: most of its time goes into headers.
# For machines that build once. A change rebuilds more, and what one file has for itself the next one sees.
option(PEERBENCH_JOINED "Compile several source files at a time" OFF)
if(PEERBENCH_JOINED)
  set(CMAKE_UNITY_BUILD ON)
  set(CMAKE_UNITY_BUILD_BATCH_SIZE 6)
endif()

# Called when all targets are there: files that name something of their own as a neighbour does.
function(peerbench_keep_apart)
  # The simulator takes some of its objects and must not get the others.
  set_target_properties(peerbench_base PROPERTIES UNITY_BUILD OFF)
  # Each call's file names its cost as the others do.
  if(PEERBENCH_SIMULATOR)
    set_target_properties(gpusim_cudart gpusim_cudart_per_thread PROPERTIES UNITY_BUILD OFF)
  endif()
  foreach(pair
      gpusim_engine=src/sim/core/topology_kernels.cpp
      gpusim_core=src/sim/core/memory.cpp
      peerbench_machine=src/machine/failure_finding_rows.cpp
      peerbench_machine=src/machine/wire.cpp
      peerbench_measure=src/measure/thread_team.cpp
      peerbench_measure=src/measure/transfer_stream.cpp
      peerbench_measure=src/measure/nccl_library.cpp
      peerbench_result=src/result/cell_name.cpp
      peerbench_judge=src/judge/answer_lines.cpp
      peerbench_judge=src/judge/bounds.cpp
      peerbench_judge=src/judge/conclusion.cpp
      peerbench_judge=src/judge/peer_groups.cpp
      peerbench_report=src/report/answer_table.cpp
      peerbench_report=src/report/collective_tables.cpp
      peerbench_report=src/report/flag_tables.cpp
      peerbench_report=src/report/headline.cpp
      peerbench_report=src/report/host_tables.cpp
      peerbench_report=src/report/load_tables.cpp
      peerbench_report=src/report/page.cpp
      peerbench_report=src/report/split_tables.cpp
      peerbench_cli=src/cli/completion_bash.cpp
      peerbench_cli=src/cli/completion_zsh.cpp
      peerbench_cli=src/cli/estimate.cpp
      peerbench_bench=bench/sweep.cpp)
    string(REPLACE "=" ";" pair ${pair})
    list(GET pair 0 target)
    list(GET pair 1 file)
    if(NOT TARGET ${target})
      continue()
    endif()
    set_source_files_properties(${PROJECT_SOURCE_DIR}/${file} TARGET_DIRECTORY ${target}
                                PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endforeach()
endfunction()
