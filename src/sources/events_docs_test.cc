// docs/events.md is what users copy from: its examples are taken as they stand, and it names every field that is read.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sources/events.h"
#include "sources/events/field_name.h"
#include "sources/testing/golden.h"

namespace fairlead::sources {
namespace {

std::string page() {
  return read_file(std::filesystem::path(FAIRLEAD_SOURCE_DIR) / "docs/events.md");
}

/// The texts between `-d '` and the next `'`.
std::vector<std::string> examples_of(const std::string& text) {
  constexpr std::string_view kBegin = "-d '";
  std::vector<std::string> examples;
  for (auto at = text.find(kBegin); at != std::string::npos; at = text.find(kBegin, at + 1)) {
    const auto begin = at + kBegin.size();
    examples.push_back(text.substr(begin, text.find('\'', begin) - begin));
  }
  return examples;
}

TEST(EventsPage, has_examples_that_are_accepted_as_they_stand) {
  const auto examples = examples_of(page());
  ASSERT_GE(examples.size(), 11u);
  for (const std::string& example : examples) {
    const auto batch = check_events(example, false);
    ASSERT_TRUE(batch) << batch.error().message << "\n" << example;
    EXPECT_EQ(batch->accepted, 1u) << (batch->rejected.empty() ? "" : batch->rejected.front().error) << "\n" << example;
  }
}

TEST(EventsPage, names_every_field) {
  const std::string text = page();
  for (const std::string_view field : kFieldNames) {
    const bool named = text.find("`" + std::string(field) + "`") != std::string::npos ||
                       text.find("\"" + std::string(field) + "\"") != std::string::npos;
    EXPECT_TRUE(named) << field;
  }
}

}  // namespace
}  // namespace fairlead::sources
