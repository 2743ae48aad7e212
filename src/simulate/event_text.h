#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/json_text.h"
#include "base/time.h"

namespace fairlead::simulate {

/// A JSON object under construction.
class Object {
 public:
  Object& text(std::string_view name, std::string_view value) {
    key(name);
    append_json_string(text_, value);
    return *this;
  }
  Object& time(std::string_view name, Instant at) { return text(name, format_time(at)); }
  Object& number(std::string_view name, std::int64_t value) { return json(name, std::to_string(value)); }
  /// `value` is JSON.
  Object& json(std::string_view name, std::string_view value) {
    key(name);
    text_ += value;
    return *this;
  }
  std::string str() const { return text_ + "}"; }

 private:
  void key(std::string_view name) {
    if (text_.size() > 1) text_ += ',';
    append_json_string(text_, name);
    text_ += ':';
  }
  std::string text_ = "{";
};

/// An event of our own format as it was known at `at`. There is no other way to make one here, so none goes without its
/// mark (invariant I11).
inline Object event(std::string_view type, Instant at) {
  Object object;
  object.text("type", type).json("simulated", "true").time("updated_at", at);
  return object;
}

/// `["a","b"]`.
template <class Range>
std::string text_array(const Range& texts) {
  std::string out = "[";
  for (const auto& text : texts) {
    if (out.size() > 1) out += ',';
    append_json_string(out, text);
  }
  return out + "]";
}

}  // namespace fairlead::simulate
