# Tests: each tests/c/test_*.c and tests/lm/test_*.c is a program and a CTest test; tests/fuzz/fuzz_*.c
# are libFuzzer programs. A test finds its data through MLX_TEST_DATA, programs through MLX_TEST_BIN.
set(test_env
  "MLX_TEST_DATA=${CMAKE_CURRENT_SOURCE_DIR}/tests/data"
  "MLX_TEST_SOURCE=${CMAKE_CURRENT_SOURCE_DIR}"
  "MLX_TEST_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")

set(test_timeout 300)
if(CMAKE_CROSSCOMPILING OR MLXC_SANITIZE)
  set(test_timeout 1500)
endif()

function(mlxc_add_tests folder label)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/tests/${folder}/test_*.c)
  # Helpers shared by the tests of a folder: every other .c file in it.
  file(GLOB helpers CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/tests/${folder}/*.c)
  list(FILTER helpers EXCLUDE REGEX "/test_[^/]*$")
  foreach(source IN LISTS sources)
    get_filename_component(name ${source} NAME_WE)
    set(target ${name})
    if(TARGET ${target})
      set(target ${folder}_${name})
    endif()
    add_executable(${target} ${source} ${helpers})
    set_target_properties(${target} PROPERTIES
      RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    target_include_directories(${target} PRIVATE
      ${CMAKE_CURRENT_SOURCE_DIR}/src ${CMAKE_CURRENT_SOURCE_DIR}/tests)
    target_link_libraries(${target} PRIVATE mlxc_flags ${ARGN} mlxc_static PkgConfig::CMOCKA)
    add_test(NAME ${target} COMMAND ${target})
    set_tests_properties(${target} PROPERTIES
      TIMEOUT ${test_timeout} LABELS "${label}" ENVIRONMENT "${test_env}")
    if(name MATCHES "null")
      set_tests_properties(${target} PROPERTIES LABELS "${label};null")
    endif()
  endforeach()
endfunction()

if(MLXC_TESTS)
  if(PkgConfig_FOUND)
    pkg_check_modules(CMOCKA IMPORTED_TARGET cmocka)
  endif()
  if(NOT CMOCKA_FOUND)
    message(FATAL_ERROR "The tests need cmocka (libcmocka-dev); -DMLXC_TESTS=OFF builds without them")
  endif()
  mlxc_add_tests(c core)
  if(TARGET mlxlm_cli)
    mlxc_add_tests(lm lm mlxlm_cli)
  elseif(TARGET mlxlm)
    mlxc_add_tests(lm lm mlxlm)
  endif()

  # Each public header alone compiles as C11 and as C++11 (skipped where there is no C++ compiler).
  file(GLOB headers CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/include/mlx/c/*.h)
  foreach(language c c++)
    add_test(NAME headers_${language}11 COMMAND ${CMAKE_C_COMPILER} -x ${language} -std=${language}11
      -pedantic-errors -Wall -Wextra -Werror -fsyntax-only
      -I${CMAKE_CURRENT_SOURCE_DIR}/include ${headers})
    set_tests_properties(headers_${language}11 PROPERTIES
      LABELS build SKIP_REGULAR_EXPRESSION "cc1plus")
  endforeach()
endif()

if(MLXC_FUZZ)
  file(GLOB fuzzers CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/tests/fuzz/fuzz_*.c)
  foreach(source IN LISTS fuzzers)
    get_filename_component(name ${source} NAME_WE)
    add_executable(${name} ${source})
    target_include_directories(${name} PRIVATE
      ${CMAKE_CURRENT_SOURCE_DIR}/src ${CMAKE_CURRENT_SOURCE_DIR}/tests)
    target_link_libraries(${name} PRIVATE mlxc_flags mlxc_static ZLIB::ZLIB
      $<TARGET_NAME_IF_EXISTS:mlxlm>)
    target_compile_options(${name} PRIVATE -Wno-missing-prototypes)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer,address,undefined)
  endforeach()
endif()
