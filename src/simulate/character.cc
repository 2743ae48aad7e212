#include "simulate/character.h"

#include <array>

namespace fairlead::simulate {
namespace {

constexpr Duration minutes(std::int64_t n) {
  return Duration::seconds(n * 60);
}
constexpr Duration hours(std::int64_t n) {
  return Duration::hours(n);
}

constexpr std::array kStorefrontPeople = {"dev-a", "dev-b", "dev-c", "dev-d"};
constexpr std::array kSearchPeople = {"dev-e", "dev-f", "dev-g"};
constexpr std::array kBillingPeople = {"dev-h", "dev-i", "dev-j"};
constexpr std::array kCheckoutPeople = {"dev-k", "dev-l", "dev-m"};
constexpr std::array kRecommendationsPeople = {"dev-n", "dev-o", "dev-p"};
constexpr std::array kMobilePeople = {"dev-q", "dev-r", "dev-s"};
constexpr std::array kLedgerPeople = {"dev-t", "dev-u"};
constexpr std::array kNotificationsPeople = {"dev-v", "dev-w", "dev-x"};

constexpr std::array kCharacters = {
    // Small changes, shipped within hours, and hardly one goes wrong.
    Character{.service = "storefront",
              .major = 4,
              .people = kStorefrontPeople,
              .between_changes = minutes(120),
              .coding = {minutes(30), hours(6)},
              .pickup = {minutes(5), hours(2)},
              .review = {minutes(10), hours(3)},
              .release = Release::kEachMerge,
              .bad_percent = 2,
              .bad_percent_lately = 2,
              .remedy = Remedy::kRollback,
              .named_percent = 100,
              .red_build_percent = 4,
              .build = minutes(3),
              .deploy = minutes(1),
              .failed_attempt_percent = 2},
    Character{.service = "search",
              .major = 2,
              .people = kSearchPeople,
              .between_changes = minutes(240),
              .coding = {hours(1), hours(20)},
              .pickup = {minutes(20), hours(6)},
              .review = {minutes(20), hours(10)},
              .release = Release::kEachMerge,
              .bad_percent = 7,
              .bad_percent_lately = 5,
              .remedy = Remedy::kConfiguration,
              .named_percent = 50,
              .red_build_percent = 8,
              .build = minutes(6),
              .deploy = minutes(3),
              .failed_attempt_percent = 5},
    // Changes wait for days before somebody looks at them, then for the weekly release.
    Character{.service = "billing",
              .major = 7,
              .people = kBillingPeople,
              .between_changes = minutes(420),
              .coding = {hours(6), hours(60)},
              .pickup = {hours(10), hours(70)},
              .review = {hours(16), hours(120)},
              .release = Release::kWeekly,
              .bad_percent = 12,
              .bad_percent_lately = 12,
              .remedy = Remedy::kHotfix,
              .named_percent = 60,
              .red_build_percent = 6,
              .build = minutes(14),
              .deploy = minutes(10),
              .failed_attempt_percent = 8},
    // Was fine until three weeks ago.
    Character{.service = "checkout",
              .major = 3,
              .people = kCheckoutPeople,
              .between_changes = minutes(200),
              .coding = {hours(1), hours(16)},
              .pickup = {minutes(15), hours(5)},
              .review = {minutes(20), hours(6)},
              .release = Release::kEachMerge,
              .bad_percent = 3,
              .bad_percent_lately = 40,
              .remedy = Remedy::kRollback,
              .named_percent = 70,
              .red_build_percent = 10,
              .build = minutes(5),
              .deploy = minutes(2),
              .failed_attempt_percent = 6},
    // Tries things out, and takes them back within minutes.
    Character{.service = "recommendations",
              .major = 1,
              .people = kRecommendationsPeople,
              .between_changes = minutes(280),
              .coding = {hours(1), hours(24)},
              .pickup = {minutes(10), hours(3)},
              .review = {minutes(10), hours(4)},
              .release = Release::kEachMerge,
              .bad_percent = 18,
              .bad_percent_lately = 18,
              .remedy = Remedy::kRollback,
              .named_percent = 90,
              .red_build_percent = 6,
              .build = minutes(4),
              .deploy = minutes(1),
              .failed_attempt_percent = 4},
    Character{.service = "mobile-api",
              .major = 12,
              .people = kMobilePeople,
              .between_changes = minutes(280),
              .coding = {hours(2), hours(30)},
              .pickup = {minutes(30), hours(10)},
              .review = {minutes(30), hours(16)},
              .release = Release::kDaily,
              .bad_percent = 9,
              .bad_percent_lately = 8,
              .remedy = Remedy::kHotfix,
              .named_percent = 40,
              .red_build_percent = 7,
              .build = minutes(8),
              .deploy = minutes(4),
              .failed_attempt_percent = 7},
    // Rare, careful releases.
    Character{.service = "ledger",
              .major = 5,
              .people = kLedgerPeople,
              .between_changes = minutes(700),
              .coding = {hours(4), hours(40)},
              .pickup = {hours(2), hours(20)},
              .review = {hours(4), hours(30)},
              .release = Release::kWeekly,
              .bad_percent = 3,
              .bad_percent_lately = 3,
              .remedy = Remedy::kRevert,
              .named_percent = 0,
              .red_build_percent = 3,
              .build = minutes(11),
              .deploy = minutes(6),
              .failed_attempt_percent = 2},
    // Its tests were a lottery; lately it is on the way up.
    Character{.service = "notifications",
              .major = 2,
              .people = kNotificationsPeople,
              .between_changes = minutes(320),
              .coding = {hours(1), hours(12)},
              .pickup = {minutes(20), hours(8)},
              .review = {minutes(20), hours(8)},
              .release = Release::kDaily,
              .bad_percent = 28,
              .bad_percent_lately = 2,
              .remedy = Remedy::kRevert,
              .named_percent = 30,
              .red_build_percent = 26,
              .build = minutes(7),
              .deploy = minutes(3),
              .failed_attempt_percent = 8},
};

}  // namespace

std::span<const Character> characters() {
  return kCharacters;
}

}  // namespace fairlead::simulate
