# fairlead_test(NAME SOURCES file… LIBRARIES target… [SERIAL] [OPTIMISED])
#
# The GoogleTest program NAME_test, run by ctest as NAME. Its cases are counted from the XML that it leaves in
# results/NAME.xml (.ci/count_results). SERIAL keeps other tests away while it runs: for what measures or loads. Under a sanitizer a
# test's own files are compiled without optimisation, which takes half the time; OPTIMISED is for those that loop over
# many random worlds themselves.
function(fairlead_test name)
  cmake_parse_arguments(arg "SERIAL;OPTIMISED" "" "SOURCES;LIBRARIES" ${ARGN})
  find_package(GTest REQUIRED)
  add_executable(${name}_test ${arg_SOURCES})
  target_link_libraries(${name}_test PRIVATE ${arg_LIBRARIES} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name}_test PRIVATE FAIRLEAD_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  if(FAIRLEAD_SANITIZE AND NOT arg_OPTIMISED)
    target_compile_options(${name}_test PRIVATE -O0)
  endif()
  add_test(NAME ${name} COMMAND ${name}_test)
  set_tests_properties(${name} PROPERTIES
    ENVIRONMENT "GTEST_OUTPUT=xml:${CMAKE_BINARY_DIR}/results/${name}.xml"
    RUN_SERIAL "${arg_SERIAL}")
endfunction()
