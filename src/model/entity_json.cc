#include <algorithm>
#include <vector>

#include "base/json_text.h"
#include "model/codec.h"

namespace fairlead {
namespace {

void append_json(std::string& out, const std::string& value) {
  append_json_string(out, value);
}

template <class Tag>
void append_json(std::string& out, const Name<Tag>& value) {
  append_json_string(out, value.text);
}

void append_json(std::string& out, Instant value) {
  append_json_string(out, format_time(value));
}

void append_json(std::string& out, std::int64_t value) {
  fmt::format_to(std::back_inserter(out), "{}", value);
}

void append_json(std::string& out, bool value) {
  out += value ? "true" : "false";
}

template <class Enum>
requires std::is_enum_v<Enum>
void append_json(std::string& out, Enum value) {
  append_json_string(out, to_string(value));
}

template <class T>
void append_json(std::string& out, const std::optional<T>& value) {
  if (value) {
    append_json(out, *value);
  } else {
    out += "null";
  }
}

void append_json(std::string& out, const CommitRef& value) {
  out += "{\"repository\":";
  append_json(out, value.repository);
  out += ",\"sha\":";
  append_json(out, value.sha);
  out += '}';
}

void append_json(std::string& out, const Review& value) {
  out += "{\"at\":";
  append_json(out, value.at);
  out += ",\"by\":";
  append_json(out, value.by);
  out += ",\"state\":";
  append_json(out, value.state);
  out += '}';
}

void append_json(std::string& out, const ListedCommit& value) {
  out += "{\"authored_at\":";
  append_json(out, value.authored_at);
  out += ",\"message\":";
  append_json(out, value.message);
  out += ",\"sha\":";
  append_json(out, value.sha);
  out += '}';
}

template <class Items>
void append_json_array(std::string& out, const Items& items) {
  out += '[';
  bool first = true;
  for (const auto& item : items) {
    if (!first) out += ',';
    first = false;
    append_json(out, item);
  }
  out += ']';
}

template <class T>
void append_json(std::string& out, const std::vector<T>& values) {
  append_json_array(out, values);
}

template <class T>
void append_json(std::string& out, const std::set<T>& values) {
  append_json_array(out, values);
}

void append_json(std::string& out, const std::map<std::string, std::string>& values) {
  out += '{';
  bool first = true;
  for (const auto& [name, value] : values) {
    if (!first) out += ',';
    first = false;
    append_json_string(out, name);
    out += ':';
    append_json_string(out, value);
  }
  out += '}';
}

void append_json(std::string& out, const Stamp& stamp) {
  fmt::format_to(std::back_inserter(out), "[{},", stamp.rank);
  append_json(out, stamp.at);
  out += ']';
}

/// Gathers the members of an object in any order and writes them sorted.
class Members {
 public:
  template <class T>
  void add(std::string_view name, const T& value) {
    std::string text;
    append_json(text, value);
    add_text(name, std::move(text));
  }

  void add_text(std::string_view name, std::string json) { members_.emplace_back(name, std::move(json)); }

  std::string object() {
    std::ranges::sort(members_);
    std::string out = "{";
    for (const auto& [name, json] : members_) {
      if (out.size() > 1) out += ',';
      append_json_string(out, name);
      out += ':';
      out += json;
    }
    out += '}';
    return out;
  }

 private:
  std::vector<std::pair<std::string, std::string>> members_;
};

template <class T>
void add_field(Members& members, Members& stamps, std::string_view name, const Register<T>& field) {
  if (!field) return;
  if constexpr (std::is_same_v<T, StatusAt>) {
    members.add(name, field->status);
    if (field->at) members.add(std::string(name) + "_at", *field->at);
  } else {
    members.add(name, *field.value);
  }
  stamps.add(name, field.stamp);
}

template <class T>
void add_field(Members& members, Members&, std::string_view name, const std::set<T>& field) {
  if (!field.empty()) members.add(name, field);
}

}  // namespace

std::string to_json(const Entity& entity, bool with_stamps) {
  Members members;
  Members stamps;
  members.add("type", kind_of(entity));
  members.add("key", key_of(entity).hex());
  members.add("origin", identity_of(entity).origin);
  members.add("id", identity_of(entity).id);
  const auto add = [&](int, const char* name, const auto& field) { add_field(members, stamps, name, field); };
  std::visit([&](const auto& e) { e.visit_fields(add); }, entity);
  if (with_stamps) members.add_text("stamps", stamps.object());
  return members.object();
}

}  // namespace fairlead
