# fairlead_module(NAME DEPENDS module… LIBRARIES target…)
#
# One folder of src/ is one static library. Its *_test.cc files become the program NAME_test, its *_fuzz.cc files one
# libFuzzer target each. What only tests and fuzz targets need stands in folders named testing/ and never reaches the
# product. A module can include only itself and what DEPENDS names; tests/source_check holds the table.
include(Test)

# The library of `sources`, or where there are none a target that only carries its dependencies.
function(fairlead_library target sources)
  cmake_parse_arguments(arg "" "" "LIBRARIES" ${ARGN})
  if(sources)
    add_library(${target} STATIC ${sources})
    set(scope PUBLIC)
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${target} ${scope} ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(${target} ${scope} ${arg_LIBRARIES})
endfunction()

function(fairlead_module name)
  cmake_parse_arguments(arg "OPTIMISED_TESTS" "" "DEPENDS;LIBRARIES;TEST_LIBRARIES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  set(testing ${sources})
  set(tests ${sources})
  set(fuzzers ${sources})
  list(FILTER testing INCLUDE REGEX "/testing/")
  list(FILTER sources EXCLUDE REGEX "/testing/|_(test|fuzz|main)\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cc$")

  list(TRANSFORM arg_DEPENDS PREPEND fairlead_ OUTPUT_VARIABLE modules)
  fairlead_library(fairlead_${name} "${sources}" LIBRARIES ${modules} ${arg_LIBRARIES})

  if(FAIRLEAD_TESTS OR FAIRLEAD_FUZZ)
    list(TRANSFORM modules APPEND _testing OUTPUT_VARIABLE testing_modules)
    fairlead_library(fairlead_${name}_testing "${testing}" LIBRARIES fairlead_${name} ${testing_modules})
  endif()

  if(FAIRLEAD_TESTS AND tests)
    set(optimised)
    if(arg_OPTIMISED_TESTS)
      set(optimised OPTIMISED)
    endif()
    fairlead_test(${name} ${optimised} SOURCES ${tests} LIBRARIES fairlead_${name}_testing ${arg_TEST_LIBRARIES})
  endif()

  # Without libFuzzer the same entry point replays its stored corpus, so that a finding stays found.
  foreach(file IN LISTS fuzzers)
    get_filename_component(fuzzer ${file} NAME_WE)
    if(FAIRLEAD_FUZZ)
      add_executable(${fuzzer} ${file})
      target_compile_options(${fuzzer} PRIVATE -fsanitize=fuzzer)
      target_link_options(${fuzzer} PRIVATE -fsanitize=fuzzer)
      target_link_libraries(${fuzzer} PRIVATE fairlead_${name}_testing)
    elseif(FAIRLEAD_TESTS)
      add_executable(${fuzzer}_replay ${file} ${CMAKE_SOURCE_DIR}/tests/fuzz/replay_main.cc)
      target_link_libraries(${fuzzer}_replay PRIVATE fairlead_${name}_testing)
      add_test(NAME ${fuzzer}_corpus COMMAND ${fuzzer}_replay ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${fuzzer})
    endif()
  endforeach()
endfunction()
