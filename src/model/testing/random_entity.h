#pragma once

// Random entities of every type for property tests: small alphabets, so that stamps tie and values collide often.

#include <random>

#include "model/entities.h"

namespace fairlead::testing {

/// Draws from a seed; the same seed draws the same.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}

  /// 0 to sides - 1.
  std::int64_t roll(std::int64_t sides) { return std::uniform_int_distribution<std::int64_t>(0, sides - 1)(engine_); }
  bool one_in(std::int64_t sides) { return roll(sides) == 0; }

 private:
  std::mt19937_64 engine_;
};

namespace draw {

inline void value(Dice& dice, std::string& out) {
  static const char* const kTexts[] = {"", "a", "b", "main", "1.4.2", "grüße", "line\nbreak", "\"quoted\""};
  out = kTexts[dice.roll(8)];
}
inline void value(Dice& dice, Instant& out) {
  out.ms = dice.one_in(20) ? INT64_MAX - dice.roll(2) : 1'767'607'200'000 + dice.roll(4) * 1000;
}
inline void value(Dice& dice, std::int64_t& out) {
  out = dice.one_in(10) ? INT64_MIN + dice.roll(2) : dice.roll(5) - 2;
}
inline void value(Dice& dice, bool& out) {
  out = dice.one_in(2);
}
template <class Tag>
void value(Dice& dice, Name<Tag>& out) {
  value(dice, out.text);
}
template <class T>
void value(Dice& dice, std::optional<T>& out) {
  out.reset();
  if (!dice.one_in(3)) value(dice, out.emplace());
}
inline std::int64_t count_of(RunStatus) {
  return 7;
}
inline std::int64_t count_of(DeploymentKind) {
  return 4;
}
inline std::int64_t count_of(DeploymentVia) {
  return 4;
}
inline std::int64_t count_of(ReviewState) {
  return 4;
}
inline std::int64_t count_of(Severity) {
  return 4;
}
inline std::int64_t count_of(FailureClass) {
  return 3;
}
inline std::int64_t count_of(AlertStatus) {
  return 2;
}
template <class Enum>
requires std::is_enum_v<Enum>
void value(Dice& dice, Enum& out) {
  out = static_cast<Enum>(dice.roll(count_of(out)));
}
inline void value(Dice& dice, StatusAt& out) {
  value(dice, out.status);
  value(dice, out.at);
}
inline void value(Dice& dice, CommitRef& out) {
  value(dice, out.repository);
  value(dice, out.sha);
}
inline void value(Dice& dice, Review& out) {
  value(dice, out.at);
  value(dice, out.by);
  value(dice, out.state);
}
inline void value(Dice& dice, ListedCommit& out) {
  value(dice, out.sha);
  value(dice, out.authored_at);
  value(dice, out.message);
}
template <class T>
void value(Dice& dice, std::vector<T>& out) {
  out.resize(static_cast<std::size_t>(dice.roll(4)));
  for (T& item : out) value(dice, item);
}
template <class T>
void value(Dice& dice, std::set<T>& out) {
  for (std::int64_t i = dice.roll(4); i > 0; --i) {
    T item;
    value(dice, item);
    out.insert(std::move(item));
  }
}
inline void value(Dice& dice, std::map<std::string, std::string>& out) {
  for (std::int64_t i = dice.roll(4); i > 0; --i) {
    std::string name;
    value(dice, name);
    value(dice, out[name]);
  }
}

template <class T>
void field(Dice& dice, Register<T>& out) {
  if (dice.one_in(2)) return;
  out.stamp.rank = static_cast<std::int32_t>(dice.roll(3));
  out.stamp.at.ms = 1'767'607'200'000 + dice.roll(3);
  value(dice, out.value.emplace());
}
template <class T>
void field(Dice& dice, std::set<T>& out) {
  value(dice, out);
}

}  // namespace draw

/// An entity or observation with a random part of its fields set. All of one type have the same identity.
template <class T>
T random_entity(Dice& dice) {
  T entity;
  entity.identity = {Origin{"github.com"}, "4711"};
  entity.visit_fields([&](int, const char*, auto& field) { draw::field(dice, field); });
  return entity;
}

}  // namespace fairlead::testing
