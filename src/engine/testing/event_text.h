#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json_text.h"
#include "base/time.h"

namespace fairlead::engine::testing {

inline std::string json_text(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

inline std::string json_time(Instant at) {
  return json_text(format_time(at));
}

inline std::string json_array(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const std::string& item : items) {
    if (out.size() > 1) out += ',';
    out += item;
  }
  return out + "]";
}

/// A JSON object under construction; values are JSON already.
class JsonObject {
 public:
  JsonObject& set(std::string name, std::string json) {
    for (auto& [known, value] : members_) {
      if (known == name) {
        value = std::move(json);
        return *this;
      }
    }
    members_.emplace_back(std::move(name), std::move(json));
    return *this;
  }
  JsonObject& text(std::string name, std::string_view value) { return set(std::move(name), json_text(value)); }
  JsonObject& time(std::string name, Instant at) { return set(std::move(name), json_time(at)); }

  const std::vector<std::pair<std::string, std::string>>& members() const { return members_; }
  std::string json() const {
    std::string out = "{";
    for (const auto& [name, value] : members_) {
      if (out.size() > 1) out += ',';
      out += json_text(name) + ":" + value;
    }
    return out + "}";
  }

 private:
  std::vector<std::pair<std::string, std::string>> members_;
};

}  // namespace fairlead::engine::testing
