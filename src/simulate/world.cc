#include "simulate/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "simulate/agenda.h"
#include "simulate/calendar.h"
#include "simulate/character.h"
#include "simulate/development.h"
#include "simulate/dice.h"
#include "simulate/operations.h"
#include "simulate/pipeline.h"
#include "simulate/voice.h"

namespace fairlead::simulate {
namespace {

constexpr Duration minutes(std::int64_t n) {
  return Duration::seconds(n * 60);
}

/// Short runs that follow each other day and night: the part of the world in which something moves at every moment.
/// They begin a little before the founding; nobody would look at 90 days of them.
constexpr Duration kChecksBefore = minutes(30);
constexpr Duration kBetweenChecks = Duration::seconds(40);
constexpr std::array<Job, 4> kCheckJobs = {{{"reach it", 10}, {"sign in", 20}, {"read", 30}, {"write", 40}}};

/// About this often somebody finishes something that goes out at once, so that who looks for ten minutes sees it.
constexpr Duration kBetweenShows = minutes(10);

/// One service with its two halves.
struct Service {
  Service(const Character& who, std::uint64_t seed, Instant founded_at, Agenda& agenda, Voice& voice)
      : character(who),
        operations(who, seed, founded_at, agenda, voice),
        development(who, seed, founded_at, agenda, voice,
                    [this](Instant at, const Build& build) { operations.take(at, build); }),
        checks(who.service, development.repository(), Dice(seed, fmt::format("{} checks", who.service)), voice) {}

  const Character& character;
  Operations operations;
  Development development;
  Pipelines checks;
};

}  // namespace

struct World::Impl {
  Impl(std::uint64_t seed, Instant founded) : founded_at(founded), calendar(founded), voice(founded) {
    for (const Character& character : characters()) {
      services.push_back(std::make_unique<Service>(character, seed, founded, agenda, voice));
    }
  }

  void begin() {
    Instant at = founded_at - kPast;
    for (const auto& service : services) {
      // Not all in one moment: who reads the list sees one beginning after the other.
      at = at + minutes(7);
      agenda.at(at, [&service = *service](Instant now) {
        service.operations.begin(now, service.development);
        service.development.begin(now);
      });
    }
    agenda.at(founded_at - kChecksBefore, [this](Instant now) { check(now, 0); });
    arrange_the_opening();
    agenda.at(founded_at + minutes(6), [this](Instant now) { show(now, 0); });
  }

  /// What a visitor finds: an incident that is open, and a change on its way to production.
  void arrange_the_opening() {
    Service& troubled = service_named("checkout");
    troubled.development.arrange(founded_at - Duration::hours(4), founded_at - minutes(35));
    agenda.at(founded_at - minutes(35),
              [this, &troubled](Instant) { troubled.operations.arrange_trouble(founded_at - minutes(9)); });
    Service& fast = service_named("storefront");
    fast.development.arrange(founded_at - Duration::hours(3), founded_at - Duration::seconds(255));
  }

  void check(Instant at, std::size_t turn) {
    Service& service = *services[turn % services.size()];
    service.checks.run({.at = at,
                        .pipeline = "checks",
                        .branch = "main",
                        .sha = {},
                        .trigger = "schedule",
                        .actor = "clock",
                        .length = Duration::seconds(34),
                        .red_percent = 4,
                        .id = {}},
                       kCheckJobs);
    agenda.at(at + kBetweenChecks, [this, turn](Instant now) { check(now, turn + 1); });
  }

  void show(Instant at, std::size_t turn) {
    std::vector<Service*> quick;
    for (const auto& service : services) {
      if (service->character.release == Release::kEachMerge) quick.push_back(service.get());
    }
    if (calendar.at_work(at)) {
      quick[turn % quick.size()]->development.arrange(at + minutes(1), at + minutes(7));
    }
    agenda.at(at + kBetweenShows, [this, turn](Instant now) { show(now, turn + 1); });
  }

  Service& service_named(std::string_view name) {
    return **std::ranges::find(services, name, [](const auto& service) { return service->character.service; });
  }

  const Instant founded_at;
  const Calendar calendar;
  Agenda agenda;
  Voice voice;
  std::vector<std::unique_ptr<Service>> services;
};

World::World(std::uint64_t seed, Instant founded_at) : impl_(std::make_unique<Impl>(seed, founded_at)) {
  impl_->begin();
}
World::~World() = default;
World::World(World&&) noexcept = default;
World& World::operator=(World&&) noexcept = default;

std::vector<Beat> World::listen(Instant now) {
  const Instant until = std::min(now, impl_->founded_at + kFuture);
  impl_->voice.expect_listener(until);
  impl_->agenda.run(until);
  return impl_->voice.until(until);
}

Instant World::founded_at() const {
  return impl_->founded_at;
}

bool World::ended(Instant now) const {
  return now > impl_->founded_at + kFuture;
}

}  // namespace fairlead::simulate
