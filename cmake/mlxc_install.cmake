# Installation: headers, both libraries, a CMake package (mlxc::mlxc) and mlxc.pc.
include(CMakePackageConfigHelpers)
install(DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}/include/mlx
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(TARGETS mlxc mlxc_static EXPORT mlxc-targets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT mlxc-targets NAMESPACE mlxc::
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/mlxc)
configure_package_config_file(${CMAKE_CURRENT_SOURCE_DIR}/cmake/mlxc-config.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/mlxc-config.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/mlxc)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/mlxc-config-version.cmake
  COMPATIBILITY SameMajorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/mlxc-config.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/mlxc-config-version.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/mlxc)
# The .pc file finds the prefix from its own place, so that `cmake --install --prefix` may choose it.
file(RELATIVE_PATH MLXC_PC_TO_PREFIX /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
configure_file(${CMAKE_CURRENT_SOURCE_DIR}/cmake/mlxc.pc.in
  ${CMAKE_CURRENT_BINARY_DIR}/mlxc.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/mlxc.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
