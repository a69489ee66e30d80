# The Python extension mlx.core, for the stable ABI of CPython 3.11 and later: all of the library is
# linked in, only PyInit_core leaves it. Built where an interpreter with headers is found.
find_package(Python3 3.11 COMPONENTS Interpreter Development.Module QUIET)
if(NOT Python3_Development.Module_FOUND)
  message(STATUS "mlx.core is not built: no headers of CPython 3.11 or later")
  return()
endif()

file(GLOB python_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/python/src/*.c)
add_library(mlx_python MODULE ${python_sources})
set_target_properties(mlx_python PROPERTIES
  PREFIX "" OUTPUT_NAME core SUFFIX ".abi3.so"
  LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/python/mlx
  LINK_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/cmake/python.map)
target_compile_definitions(mlx_python PRIVATE
  Py_LIMITED_API=0x030B0000 MX_VERSION="${PROJECT_VERSION}")
target_include_directories(mlx_python PRIVATE
  ${CMAKE_CURRENT_SOURCE_DIR}/python/src ${CMAKE_CURRENT_SOURCE_DIR}/src
  ${CMAKE_CURRENT_SOURCE_DIR}/include)
target_include_directories(mlx_python SYSTEM PRIVATE ${Python3_INCLUDE_DIRS})
target_link_libraries(mlx_python PRIVATE mlxc_flags mlxc_static)
target_compile_options(mlx_python PRIVATE -fvisibility=hidden)
# The interpreter keeps functions in void pointers, which -Wpedantic refuses. As an option of the
# files it comes after those of every target.
set_source_files_properties(${python_sources} PROPERTIES COMPILE_OPTIONS -Wno-pedantic)
target_link_options(mlx_python PRIVATE
  -Wl,--version-script=${CMAKE_CURRENT_SOURCE_DIR}/cmake/python.map -Wl,-Bsymbolic-functions)

# The package beside the extension, so that the build folder can be imported.
add_custom_target(mlx_python_package ALL
  COMMAND ${CMAKE_COMMAND} -E copy_directory ${CMAKE_CURRENT_SOURCE_DIR}/python/mlx
          ${CMAKE_BINARY_DIR}/python/mlx)
add_dependencies(mlx_python mlx_python_package)

# The wheel: scikit-build-core takes the package from python/mlx and the extension from here.
if(SKBUILD)
  install(TARGETS mlx_python LIBRARY DESTINATION mlx COMPONENT python)
endif()
