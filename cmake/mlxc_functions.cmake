# Functions the build is written in: instruction-set tiers, and folders of one-file programs.

# The tiers of the target processor that this compiler can build, lowest first.
function(mlxc_tiers out)
  set(tiers ref)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
    list(APPEND tiers avx2 avx512)
    check_c_compiler_flag("-mavx512bf16 -mavx512vnni" MLXC_HAVE_AVX512BF16)
    if(MLXC_HAVE_AVX512BF16)
      list(APPEND tiers avx512bf16)
    endif()
  elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
    list(APPEND tiers neon)
  endif()
  set(${out} ${tiers} PARENT_SCOPE)
endfunction()

# mlxc_simd_<tier>: every file of simd/ once more, with the tier's name, macros and flags. A higher
# x86 tier defines the macros of those it contains, except that of the portable reference.
function(mlxc_add_tier tier)
  set(avx2_flags -mavx2 -mfma -mf16c -mbmi2)
  set(avx512_flags ${avx2_flags} -mavx512f -mavx512bw -mavx512dq -mavx512vl
      -mprefer-vector-width=512)
  set(avx512bf16_flags ${avx512_flags} -mavx512bf16 -mavx512vnni)
  set(ref_macros MX_TIER_REF)
  set(neon_macros MX_TIER_NEON)
  set(avx2_macros MX_TIER_AVX2)
  set(avx512_macros ${avx2_macros} MX_TIER_AVX512)
  set(avx512bf16_macros ${avx512_macros} MX_TIER_AVX512BF16)

  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/src/backend/cpu/simd/*.c)
  if(NOT sources)
    set(sources ${CMAKE_CURRENT_BINARY_DIR}/no_simd.c)
    file(CONFIGURE OUTPUT ${sources} CONTENT "typedef int mx_no_simd;\n")
  endif()
  set(target mlxc_simd_${tier})
  add_library(${target} OBJECT ${sources})
  target_include_directories(${target} PRIVATE
    ${CMAKE_CURRENT_SOURCE_DIR}/src ${CMAKE_CURRENT_SOURCE_DIR}/include)
  target_link_libraries(${target} PRIVATE mlxc_flags)
  target_compile_options(${target} PRIVATE -fvisibility=hidden ${${tier}_flags})
  target_compile_definitions(${target} PRIVATE MX_TIER=${tier})
  foreach(macro IN LISTS ${tier}_macros)
    target_compile_definitions(${target} PRIVATE ${macro}=1)
  endforeach()
  # The dispatcher asks which tiers are in this library.
  string(TOUPPER ${tier} upper)
  target_compile_definitions(mlxc_objects PRIVATE MX_HAVE_TIER_${upper}=1)
endfunction()

# One executable for every .c file of FOLDER. INTERNAL ones may include src/ and use lm/; TEST runs
# each one as a test, too. A program named *_lm is left out where lm/ is not built.
function(mlxc_programs)
  cmake_parse_arguments(arg "INTERNAL;TEST" "FOLDER;PREFIX;LINK" "" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${arg_FOLDER}/*.c)
  foreach(source IN LISTS sources)
    get_filename_component(name ${source} NAME_WE)
    set(target ${arg_PREFIX}${name})
    if(name MATCHES "_lm$" AND NOT TARGET mlxlm)
      continue()
    endif()
    add_executable(${target} ${source})
    target_link_libraries(${target} PRIVATE mlxc_flags ${arg_LINK})
    if(arg_TEST AND MLXC_TESTS)
      add_test(NAME ${target} COMMAND ${target})
      set_tests_properties(${target} PROPERTIES LABELS build TIMEOUT 60
        WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
    endif()
    if(arg_INTERNAL)
      target_include_directories(${target} PRIVATE
        ${CMAKE_CURRENT_SOURCE_DIR}/src ${CMAKE_CURRENT_SOURCE_DIR})
      if(TARGET mlxlm)
        target_link_libraries(${target} PRIVATE mlxlm)
      endif()
    endif()
  endforeach()
endfunction()
