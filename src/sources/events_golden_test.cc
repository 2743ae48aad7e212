// Every file of testdata/events is a body of `POST /api/v1/events`; NAME.expect.txt beside it is what becomes of it.

#include <gtest/gtest.h>

#include "sources/events.h"
#include "sources/testing/describe.h"
#include "sources/testing/golden.h"

namespace fairlead::sources {
namespace {

std::vector<std::filesystem::path> event_files() {
  auto files = testdata_files("events", ".json");
  for (auto& lines : testdata_files("events", ".ndjson")) files.push_back(std::move(lines));
  return files;
}

class EventGolden : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(EventGolden, becomes_what_its_golden_says) {
  const bool ndjson = GetParam().extension() == ".ndjson";
  Delivery delivery;
  delivery.source = SourceName{"events"};
  delivery.origin = Origin{"events"};
  delivery.received_at = *parse_time("2026-03-01T00:00:00Z");
  delivery.body = read_file(GetParam());

  const auto batch = check_events(delivery.body, ndjson);
  ASSERT_TRUE(batch) << batch.error().message;
  EXPECT_TRUE(batch->whole_body) << batch->rejected.front().error;
  const auto golden = testdata_dir() / "events" / (case_name(GetParam()) + ".expect.txt");
  expect_golden(golden, describe(events_source().interpret(delivery, Policy{})));
}

INSTANTIATE_TEST_SUITE_P(files, EventGolden, testing::ValuesIn(event_files()),
                         [](const auto& file) { return test_name(case_name(file.param)); });

}  // namespace
}  // namespace fairlead::sources
