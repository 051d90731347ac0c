# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` puts where, for the targets that exist:
#   bin/peerbench, bin/peerbench-sim       the program and its simulated build
#   bin/peerbench-kernel-variants          variants of the memory kernels, for developers
#   lib/peerbench-sim/*.so*                the simulator's libraries, found relative to bin/
#   share/peerbench/machines/*.json        the simulated machines that --simulate knows by name
#   share/peerbench/*.schema.json          the JSON Schemas of result and signals files
#   share/doc/peerbench/                   README, docs, LICENSE
# Build and installed tree have the same shape (bin beside lib/peerbench-sim), and run paths are relative, so
# either can be moved as a whole. The folder is not CMAKE_INSTALL_LIBDIR: these are private to the program.
set(PEERBENCH_SIM_LIBDIR lib/peerbench-sim)

function(peerbench_portable_glibc target)
  if(PEERBENCH_PORTABLE)
    target_sources(${target} PRIVATE ${PROJECT_SOURCE_DIR}/scripts/cmake/portable_glibc.c)
  endif()
endfunction()

function(peerbench_install)
  add_custom_target(programs)
  foreach(program peerbench peerbench-sim peerbench-kernel-variants)
    if(TARGET ${program})
      add_dependencies(programs ${program})
      set_target_properties(${program} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin
        BUILD_RPATH_USE_ORIGIN ON
        INSTALL_RPATH "$ORIGIN/../lib")
      peerbench_portable_glibc(${program})
      install(TARGETS ${program} RUNTIME DESTINATION bin)
    endif()
  endforeach()

  if(NOT PEERBENCH_SIMULATOR)
    peerbench_install_documents()
    return()
  endif()

  # The simulated build alone: libraries that the real program loads at run time must never be the simulator's.
  set_target_properties(peerbench-sim PROPERTIES
    INSTALL_RPATH "$ORIGIN/../${PEERBENCH_SIM_LIBDIR};$ORIGIN/../lib")

  # Every shared library of the simulator is part of it.
  get_property(targets DIRECTORY ${PROJECT_SOURCE_DIR}/src/sim PROPERTY BUILDSYSTEM_TARGETS)
  get_property(folders DIRECTORY ${PROJECT_SOURCE_DIR}/src/sim PROPERTY SUBDIRECTORIES)
  foreach(folder IN LISTS folders)
    get_property(more DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
    list(APPEND targets ${more})
  endforeach()
  foreach(target IN LISTS targets)
    get_target_property(type ${target} TYPE)
    if(type MATCHES "^(SHARED|MODULE)_LIBRARY$")
      add_dependencies(programs ${target})
      set_target_properties(${target} PROPERTIES
        LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/${PEERBENCH_SIM_LIBDIR}
        BUILD_RPATH_USE_ORIGIN ON
        INSTALL_RPATH "$ORIGIN")
      peerbench_portable_glibc(${target})
      install(TARGETS ${target} LIBRARY DESTINATION ${PEERBENCH_SIM_LIBDIR})
    endif()
  endforeach()

  install(DIRECTORY ${PROJECT_SOURCE_DIR}/src/sim/machines/ DESTINATION share/peerbench/machines
          OPTIONAL FILES_MATCHING PATTERN "*.json")
  peerbench_install_documents()
endfunction()

function(peerbench_install_documents)
  install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION share/doc/peerbench)
  install(FILES ${PROJECT_SOURCE_DIR}/README.md DESTINATION share/doc/peerbench OPTIONAL)
  # Named by the README.
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs DESTINATION share/doc/peerbench OPTIONAL
          FILES_MATCHING PATTERN "*.md")
endfunction()
