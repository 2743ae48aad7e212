// From events to deliveries: one by one, or as unreliable tools would send them.

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "engine/testing/world.h"

namespace fairlead::engine::testing {

namespace {

/// How an event of our own format may be split. Every part carries what identifies the entity and what gives the
/// stamps (status with its times); members of one group say something together only.
struct SplitRule {
  std::set<std::string_view> in_every_part;
  std::vector<std::set<std::string_view>> together;
};

const SplitRule* split_rule(std::string_view type) {
  static const std::map<std::string_view, SplitRule> kRules = {
      {"deployment",
       {{"type", "id", "updated_at", "status", "queued_at", "started_at", "finished_at", "simulated"},
        {{"sha", "repository", "commits"}}}},
      {"change", {{"type", "repository", "number", "updated_at", "simulated"}, {{"title", "body", "reverts"}}}},
      {"commit", {{"type", "repository", "sha", "updated_at", "simulated"}, {}}},
      {"incident", {{"type", "id", "updated_at", "simulated"}, {}}},
      {"task", {{"type", "run_id", "id", "updated_at", "status", "queued_at", "started_at", "finished_at"}, {}}},
      {"alert", {{"type", "fingerprint", "starts_at", "updated_at", "simulated"}, {}}},
  };
  const auto rule = kRules.find(type);
  return rule == kRules.end() ? nullptr : &rule->second;
}

std::string_view type_of(const JsonObject& body) {
  for (const auto& [name, value] : body.members()) {
    if (name == "type") return std::string_view(value).substr(1, value.size() - 2);
  }
  return {};
}

std::vector<JsonObject> split(const JsonObject& body, Dice& dice) {
  const SplitRule* rule = split_rule(type_of(body));
  if (!rule) return {body};
  std::vector<JsonObject> parts(static_cast<std::size_t>(dice.between(2, 3)));
  std::map<const std::set<std::string_view>*, std::size_t> part_of_group;
  for (const auto& [name, value] : body.members()) {
    if (rule->in_every_part.contains(name)) {
      for (JsonObject& part : parts) part.set(name, value);
      continue;
    }
    std::size_t target = dice.below(parts.size());
    for (const auto& group : rule->together) {
      if (group.contains(name)) target = part_of_group.try_emplace(&group, target).first->second;
    }
    parts[target].set(name, value);
  }
  return parts;
}

/// Numbers deliveries and gives them times of receipt that have nothing to do with their content.
class Sender {
 public:
  explicit Sender(Dice* dice) : dice_(dice) {}

  Delivery events(std::string body) {
    Delivery delivery;
    delivery.source = SourceName{"events"};
    delivery.origin = Origin{"events"};
    delivery.body = std::move(body);
    stamp(delivery);
    return delivery;
  }

  Delivery github(std::string event, std::string body) {
    Delivery delivery;
    delivery.source = SourceName{"github"};
    delivery.origin = Origin{"github.com"};
    delivery.headers = {{"x-github-event", std::move(event)}};
    delivery.body = std::move(body);
    stamp(delivery);
    return delivery;
  }

 private:
  void stamp(Delivery& delivery) {
    delivery.id = fmt::format("delivery-{}", ++sent_);
    const std::int64_t minutes = dice_ ? dice_->between(0, 1'000'000) : sent_;
    delivery.received_at = Instant{1'767'225'600'000 + minutes * 60'000};
  }

  Dice* dice_;
  std::int64_t sent_ = 0;
};

/// One piece that is sent by itself or together with others.
struct Piece {
  std::string github;  ///< As in WorldEvent.
  std::string json;
};

std::vector<Piece> pieces_of(const World& world, Dice& dice) {
  std::vector<Piece> pieces;
  for (const WorldEvent& event : world.events) {
    if (!event.github.empty()) {
      pieces.push_back({event.github, event.body.json()});
    } else if (dice.chance(30)) {
      for (const JsonObject& part : split(event.body, dice)) pieces.push_back({"", part.json()});
    } else {
      pieces.push_back({"", event.body.json()});
    }
  }
  const std::size_t once = pieces.size();
  for (std::size_t i = 0; i < once; ++i) {
    if (dice.chance(20)) pieces.push_back(Piece(pieces[i]));
  }
  dice.shuffle(pieces);
  return pieces;
}

std::string grouped(const std::vector<std::string>& events, bool ndjson) {
  if (events.size() == 1) return events.front();
  if (!ndjson) return json_array(events);
  std::string body;
  for (const std::string& event : events) body += event + "\n";
  return body;
}

}  // namespace

std::vector<Delivery> orderly_deliveries(const World& world) {
  Sender sender(nullptr);
  std::vector<Delivery> deliveries;
  for (const WorldEvent& event : world.events) {
    deliveries.push_back(event.github.empty() ? sender.events(event.body.json())
                                              : sender.github(event.github, event.body.json()));
  }
  return deliveries;
}

std::vector<Delivery> disorderly_deliveries(const World& world, Dice& dice) {
  Sender sender(&dice);
  std::vector<Delivery> deliveries;
  std::vector<std::string> group;
  const auto send_group = [&] {
    if (!group.empty()) deliveries.push_back(sender.events(grouped(group, dice.chance(50))));
    group.clear();
  };
  for (Piece& piece : pieces_of(world, dice)) {
    if (!piece.github.empty()) {
      deliveries.push_back(sender.github(piece.github, piece.json));
      continue;
    }
    group.push_back(std::move(piece.json));
    if (dice.chance(75)) send_group();
  }
  send_group();
  return deliveries;
}

}  // namespace fairlead::engine::testing
