// Seeded random bodies: what is answered before the journal and what is read from it afterwards never part.

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "sources/events.h"
#include "sources/testing/golden.h"
#include "sources/testing/verdicts.h"

namespace fairlead::sources {
namespace {

constexpr std::uint64_t kSeedsByDefault = 2'000;

std::uint64_t environment_number(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

/// Makes bodies of the event files' events, some of them damaged.
class BodyMaker {
 public:
  explicit BodyMaker(std::uint64_t seed) : random_(seed) {}

  std::string make(const std::vector<std::string>& events, bool ndjson) {
    const std::size_t count = below(4) == 0 ? 1 : below(6);
    const bool array = !ndjson && (count != 1 || below(2) == 0);
    std::string body = array ? "[" : "";
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0 && array) body += ',';
      std::string event = events[below(events.size())];
      if (ndjson) std::ranges::replace(event, '\n', ' ');
      if (below(3) == 0) replace_value(event);
      body += event;
      if (ndjson) body += '\n';
    }
    if (array) body += ']';
    if (below(4) == 0) damage_byte(body);
    return body;
  }

 private:
  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }

  /// Puts some other value where a value begins.
  void replace_value(std::string& event) {
    static const std::vector<std::string> kValues = {"7",
                                                     "-1",
                                                     "1.5",
                                                     "1e300",
                                                     "null",
                                                     "true",
                                                     "\"\"",
                                                     "[]",
                                                     "{}",
                                                     "[{}]",
                                                     "\"\\n\"",
                                                     "\"9\"",
                                                     "[[1]]",
                                                     "\"2026-01-05T10:00:00Z\"",
                                                     "99999999999999999999"};
    const auto colon = event.find(": ", below(event.size()));
    if (colon == std::string::npos) return;
    const auto end = event.find_first_of(",\n}]", colon);
    if (end != std::string::npos) event.replace(colon + 2, end - colon - 2, kValues[below(kValues.size())]);
  }

  void damage_byte(std::string& body) {
    static constexpr std::string_view kBytes = "{}[]\",:\\ \n\r0a\xFF\x01";
    if (body.empty()) return;
    const std::size_t at = below(body.size());
    if (below(3) == 0) {
      body.resize(at);
    } else {
      body[at] = kBytes[below(kBytes.size())];
    }
  }

  std::mt19937_64 random_;
};

std::vector<std::string> event_texts() {
  std::vector<std::string> texts;
  for (const auto& file : testdata_files("events", ".json")) {
    if (!file.filename().string().starts_with("batch.")) texts.push_back(read_file(file));
  }
  return texts;
}

TEST(EventsProperty, what_is_accepted_is_never_quarantined_or_lost_and_what_is_rejected_never_observed) {
  const auto events = event_texts();
  const std::uint64_t only = environment_number("FAIRLEAD_SEED", 0);
  const std::uint64_t seeds = environment_number("FAIRLEAD_SEEDS", kSeedsByDefault);
  std::size_t accepted = 0;
  std::size_t rejected = 0;
  std::size_t unreadable = 0;
  for (std::uint64_t seed = only != 0 ? only : 1; seed <= (only != 0 ? only : seeds); ++seed) {
    const bool ndjson = seed % 2 == 0;
    const std::string body = BodyMaker(seed).make(events, ndjson);
    ASSERT_EQ(verdicts_differ(body, ndjson), "") << "FAIRLEAD_SEED=" << seed << "\n" << body;
    const auto batch = check_events(body, ndjson);
    accepted += batch ? batch->accepted : 0;
    rejected += batch ? batch->rejected.size() : 0;
    unreadable += batch ? 0 : 1;
  }
  if (only != 0) return;
  EXPECT_GT(accepted, seeds / 2) << "the bodies must be worth checking";
  EXPECT_GT(rejected, seeds / 20);
  EXPECT_GT(unreadable, seeds / 20);
}

}  // namespace
}  // namespace fairlead::sources
