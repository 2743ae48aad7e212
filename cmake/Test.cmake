# fairlead_test(NAME SOURCES file… LIBRARIES target… [SERIAL])
#
# The GoogleTest program NAME_test, run by ctest as NAME. Its cases are counted from the XML that it leaves in
# results/NAME.xml (.ci/count_results). SERIAL keeps other tests away while it runs: for what measures or loads.
function(fairlead_test name)
  cmake_parse_arguments(arg "SERIAL" "" "SOURCES;LIBRARIES" ${ARGN})
  find_package(GTest REQUIRED)
  add_executable(${name}_test ${arg_SOURCES})
  target_link_libraries(${name}_test PRIVATE ${arg_LIBRARIES} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name}_test PRIVATE FAIRLEAD_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  add_test(NAME ${name} COMMAND ${name}_test)
  set_tests_properties(${name} PROPERTIES
    ENVIRONMENT "GTEST_OUTPUT=xml:${CMAKE_BINARY_DIR}/results/${name}.xml"
    RUN_SERIAL "${arg_SERIAL}")
endfunction()
