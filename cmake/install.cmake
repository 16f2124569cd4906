# `cmake --install`: the program with all it needs, so that it works when the build folder is gone.
set(DOCUMENTS ${CMAKE_BINARY_DIR}/share)
file(MAKE_DIRECTORY ${DOCUMENTS})
add_custom_command(
  OUTPUT ${DOCUMENTS}/semiluna.1 ${DOCUMENTS}/semiluna.bash
  COMMAND semiluna help --man > ${DOCUMENTS}/semiluna.1
  COMMAND semiluna completion bash > ${DOCUMENTS}/semiluna.bash
  DEPENDS semiluna
  COMMENT "Writing the man page and the completion")
add_custom_target(documents ALL DEPENDS ${DOCUMENTS}/semiluna.1 ${DOCUMENTS}/semiluna.bash)

install(TARGETS semiluna RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY experiments/ DESTINATION ${CMAKE_INSTALL_DATADIR}/semiluna/experiments FILES_MATCHING PATTERN "*.lua")
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md")
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${DOCUMENTS}/semiluna.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${DOCUMENTS}/semiluna.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME semiluna)

# oneDNN that no package manager installed goes along, under the name that the program asks the loader for; the system's stays
# where it is. In the build tree CMake sets the run path to the library's own folder.
if(SEMILUNA_ONEDNN)
  get_target_property(dnnl_file DNNL::dnnl IMPORTED_LOCATION_RELEASE)
  if(NOT dnnl_file)
    get_target_property(dnnl_file DNNL::dnnl LOCATION)
  endif()
  string(FIND "${dnnl_file}" "${SEMILUNA_ONEDNN_BUNDLED}/" position)
  if(position EQUAL 0)
    file(RELATIVE_PATH up /${CMAKE_INSTALL_BINDIR} /${CMAKE_INSTALL_LIBDIR}/semiluna)
    set_target_properties(semiluna PROPERTIES INSTALL_RPATH "$ORIGIN/${up}")
    install(FILES ${dnnl_file} DESTINATION ${CMAKE_INSTALL_LIBDIR}/semiluna RENAME libdnnl.so.3)
  else()
    set_target_properties(semiluna PROPERTIES INSTALL_RPATH_USE_LINK_PATH ON)
  endif()
endif()
