// Each rule on a tree that keeps it and on one that breaks it: a check that cannot turn red checks nothing.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "source_check/source_tree.h"

namespace source_check {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

class Tree {
 public:
  Tree& file(const std::string& path, const std::string& text) {
    tree_.files[path] = {path, lines_of(text)};
    return *this;
  }
  Tree& architecture(const std::string& text) {
    tree_.architecture = lines_of(text);
    return *this;
  }
  const SourceTree& operator*() const { return tree_; }

 private:
  SourceTree tree_;
};

std::vector<std::string> messages(const std::vector<Finding>& findings) {
  std::vector<std::string> texts;
  for (const Finding& finding : findings) texts.push_back(finding.file + ": " + finding.message);
  return texts;
}

TEST(SourceCheck, module_sees_what_its_row_names_and_what_those_see) {
  const Tree tree = Tree().file("src/engine/a.cc", "#include \"base/time.h\"\n#include \"sources/source.h\"\n");
  EXPECT_THAT(check_modules(*tree), IsEmpty());
}

TEST(SourceCheck, upward_and_sideways_includes_are_found) {
  const Tree tree = Tree()
                        .file("src/model/a.h", "#include \"store/store.h\"\n")
                        .file("src/metrics/b.h", "#include \"sources/source.h\"\n")
                        .file("src/engine/c_test.cc", "#include \"http/server.h\"\n");
  EXPECT_THAT(messages(check_modules(*tree)), ElementsAre("src/engine/c_test.cc: engine must not include http/server.h",
                                                          "src/metrics/b.h: metrics must not include sources/source.h",
                                                          "src/model/a.h: model must not include store/store.h"));
}

TEST(SourceCheck, unknown_module_is_found) {
  const Tree tree = Tree().file("src/helpers/a.h", "");
  EXPECT_THAT(messages(check_modules(*tree)), ElementsAre(HasSubstr("'helpers' is not in the table")));
}

TEST(SourceCheck, include_without_folder_is_found) {
  const Tree tree = Tree().file("src/model/a.cc", "#include \"keys.h\"\n");
  EXPECT_THAT(messages(check_modules(*tree)), ElementsAre(HasSubstr("from src/")));
}

TEST(SourceCheck, pure_module_must_not_reach_impurity_through_another_header) {
  const Tree tree = Tree()
                        .file("src/base/queue.h", "#include <mutex>\n")
                        .file("src/model/a.h", "#include <vector>\n#include \"base/queue.h\"\n");
  EXPECT_THAT(messages(check_modules(*tree)), ElementsAre("src/model/a.h: model is pure, mutex is not"));
}

TEST(SourceCheck, tests_of_a_pure_module_may_read_files) {
  const Tree tree = Tree().file("src/sources/a_test.cc", "#include <fstream>\n");
  EXPECT_THAT(check_modules(*tree), IsEmpty());
}

TEST(SourceCheck, concrete_store_is_named_by_app_and_tests_alone) {
  const std::string include = "#include \"store/sqlite/sqlite_store.h\"\n";
  const Tree tree =
      Tree().file("src/app/a.cc", include).file("src/engine/b_test.cc", include).file("src/engine/c.cc", include);
  EXPECT_THAT(messages(check_modules(*tree)), ElementsAre(HasSubstr("src/engine/c.cc: only app/ names")));
}

TEST(SourceCheck, network_library_stays_inside_http) {
  const std::string include = "#include <boost/beast/core.hpp>\n";
  const Tree tree = Tree().file("src/http/a.cc", include).file("src/api/b.cc", include);
  EXPECT_THAT(messages(check_modules(*tree)), ElementsAre("src/api/b.cc: Beast and Asio stay inside http/"));
}

TEST(SourceCheck, header_without_guard_is_found) {
  const Tree tree = Tree().file("src/base/a.h", "#pragma once\n").file("src/base/b.h", "int x;\n");
  EXPECT_THAT(messages(check_files(*tree)), ElementsAre(HasSubstr("src/base/b.h: a header begins")));
}

TEST(SourceCheck, unfinished_words_are_found) {
  const Tree tree = Tree().file("src/base/a.cc",
                                "// TO"
                                "DO: later\n");
  EXPECT_THAT(messages(check_files(*tree)), ElementsAre(HasSubstr("finish it")));
}

TEST(SourceCheck, sleep_is_found_in_tests_alone) {
  const std::string sleep =
      "std::this_thread::sleep"
      "_for(x);\n";
  const Tree tree = Tree().file("src/engine/a.cc", sleep).file("src/engine/a_test.cc", sleep);
  EXPECT_THAT(messages(check_files(*tree)), ElementsAre(HasSubstr("src/engine/a_test.cc: sleep"
                                                                  "_for(")));
}

TEST(SourceCheck, wall_clock_is_found_outside_of_the_clock) {
  const std::string now =
      "std::chrono::system"
      "_clock::now();\n";
  const Tree tree = Tree().file("src/base/clock.cc", now).file("src/engine/a.cc", now);
  EXPECT_THAT(messages(check_files(*tree)), ElementsAre(HasSubstr("src/engine/a.cc: system"
                                                                  "_clock")));
}

std::string function_of(std::size_t lines) {
  std::string text = "void f() {\n";
  for (std::size_t i = 2; i < lines; ++i) text += "  step();\n";
  return text + "}\n";
}

TEST(SourceCheck, function_passes_at_the_limit_and_fails_past_it) {
  EXPECT_THAT(check_files(*Tree().file("src/base/a.cc", function_of(81))), IsEmpty());
  EXPECT_THAT(messages(check_files(*Tree().file("src/base/a.cc", function_of(82)))),
              ElementsAre(HasSubstr("81 lines in one block")));
}

TEST(SourceCheck, head_of_several_lines_ends_at_the_indentation_of_its_first) {
  const std::string loop = "void f() {\n  for (int x :\n       {1, 2}) {\n    step();\n  }\n}\n";
  EXPECT_THAT(check_files(*Tree().file("src/base/a.cc", loop + std::string(100, '\n'))), IsEmpty());
}

TEST(SourceCheck, constructor_with_initialisers_ends_left_of_them) {
  const std::string constructor = "A::A()\n    : x_(1) {\n  step();\n}\n";
  EXPECT_THAT(check_files(*Tree().file("src/base/a.cc", constructor + std::string(100, '\n'))), IsEmpty());
}

TEST(SourceCheck, namespace_and_class_may_be_long) {
  std::string body;
  for (int i = 0; i < 200; ++i) body += "  int x;\n";
  EXPECT_THAT(check_files(*Tree().file("src/base/a.cc", "namespace a {\nclass B {\n" + body + "};\n}\n")), IsEmpty());
}

TEST(SourceCheck, file_passes_at_the_limit_and_fails_past_it) {
  std::string text;
  for (int i = 0; i < 600; ++i) text += "int x;\n";
  EXPECT_THAT(check_files(*Tree().file("src/base/a.cc", text)), IsEmpty());
  EXPECT_THAT(messages(check_files(*Tree().file("src/base/a.cc", text + "int y;\n"))),
              ElementsAre(HasSubstr("601 lines")));
}

std::string architecture_without(int missing) {
  std::string text;
  for (int i = 1; i <= 12; ++i) {
    if (i != missing) text += "| I" + std::to_string(i) + " | promise | `Suite.holds` in `a_test.cc` |\n";
  }
  return text;
}

TEST(SourceCheck, invariant_that_names_a_test_passes) {
  const Tree tree =
      Tree().file("src/base/a_test.cc", "TEST(Suite, holds) {\n}\n").architecture(architecture_without(0));
  EXPECT_THAT(check_invariants(*tree), IsEmpty());
}

TEST(SourceCheck, invariant_without_a_row_is_found) {
  const Tree tree =
      Tree().file("src/base/a_test.cc", "TEST_F(Suite, holds) {\n}\n").architecture(architecture_without(7));
  EXPECT_THAT(messages(check_invariants(*tree)), ElementsAre(HasSubstr("I7 has no row")));
}

TEST(SourceCheck, invariant_that_names_a_missing_test_is_found) {
  const Tree tree = Tree().architecture("| I1 | promise | `Suite.gone` |\n");
  EXPECT_THAT(messages(check_invariants(*tree)), ::testing::Contains(HasSubstr("there is no test Suite.gone")));
}

TEST(SourceCheck, invariant_without_a_test_is_found) {
  const Tree tree = Tree().architecture("| I1 | promise | by hand |\n");
  EXPECT_THAT(messages(check_invariants(*tree)), ::testing::Contains(HasSubstr("names no test")));
}

}  // namespace
}  // namespace source_check
