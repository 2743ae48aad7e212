#include "sources/testing/describe.h"

#include "base/json_text.h"

namespace fairlead::sources {
namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string show(const std::string& text) {
  return quoted(text);
}
template <class Tag>
std::string show(const Name<Tag>& name) {
  return quoted(name.text);
}
std::string show(bool value) {
  return value ? "true" : "false";
}
std::string show(std::int64_t value) {
  return std::to_string(value);
}
std::string show(Instant at) {
  return format_time(at);
}
template <class Enum>
requires std::is_enum_v<Enum> std::string show(Enum value) {
  return std::string(to_string(value));
}
template <class T>
std::string show(const std::optional<T>& value) {
  return value ? show(*value) : "none";
}
std::string show(const StatusAt& status) {
  return fmt::format("{} at {}", show(status.status), show(status.at));
}
std::string show(const CommitRef& commit) {
  return fmt::format("{}@{}", commit.repository.text, commit.sha.text);
}
std::string show(const Review& review) {
  return fmt::format("{} by {} at {}", show(review.state), quoted(review.by), show(review.at));
}
std::string show(const ListedCommit& commit) {
  return fmt::format("{} authored {} {}", commit.sha.text, show(commit.authored_at), quoted(commit.message));
}
std::string show(const std::pair<const std::string, std::string>& label) {
  return fmt::format("{}={}", quoted(label.first), quoted(label.second));
}

template <class Container>
requires requires {
  typename Container::value_type;
}
std::string show(const Container& items) {
  std::string out = "[";
  for (const auto& item : items) out.append(out.size() > 1 ? ", " : "").append(show(item));
  return out + "]";
}

std::string show(Stamp stamp) {
  return fmt::format("@{} {}", stamp.rank, format_time(stamp.at));
}

std::string_view edge_kind(EdgeKind kind) {
  switch (kind) {
    case EdgeKind::kParent:
      return "parent";
    case EdgeKind::kPush:
      return "push";
    case EdgeKind::kPushCovers:
      return "push, covered";
  }
  return "unknown";
}

/// Lines of one entity, with the stamp that its registers share in the first.
class EntityText {
 public:
  template <class T>
  void operator()(int, const char* name, const Register<T>& field) {
    if (!field) return;
    if (!shared_) shared_ = field.stamp;
    fmt::format_to(std::back_inserter(lines_), "  {} {}", name, show(*field));
    if (field.stamp != *shared_) fmt::format_to(std::back_inserter(lines_), " {}", show(field.stamp));
    lines_.push_back('\n');
  }

  template <class T>
  void operator()(int, const char* name, const std::set<T>& items) {
    for (const T& item : items) fmt::format_to(std::back_inserter(lines_), "  {} {}\n", name, show(item));
  }

  std::string finish(const Entity& entity) const {
    const EntityIdentity& identity = identity_of(entity);
    std::string out = fmt::format("{} {} {}", to_string(kind_of(entity)), identity.origin.text, identity.id);
    if (shared_) out.append(" ").append(show(*shared_));
    return out + "\n" + lines_;
  }

 private:
  std::optional<Stamp> shared_;
  std::string lines_;
};

}  // namespace

std::string describe(const Observation& observation) {
  if (const auto* edge = std::get_if<Edge>(&observation)) {
    return fmt::format("edge {} {} -> {} {}\n", edge->repository.text, edge->sha.text, edge->ancestor.text,
                       edge_kind(edge->kind));
  }
  if (const auto* log = std::get_if<LogChunk>(&observation)) {
    return fmt::format("log {} run {} task {} offset {} bytes {}\n", log->origin.text, log->run_id,
                       log->task_id.empty() ? "none" : log->task_id, log->offset, log->bytes);
  }
  const auto& entity = std::get<Entity>(observation);
  EntityText text;
  std::visit([&](const auto& fields) { fields.visit_fields(text); }, entity);
  return text.finish(entity);
}

std::string describe(const Interpretation& interpretation) {
  std::string out(to_string(interpretation.outcome));
  if (!interpretation.reason.empty()) out.append(": ").append(interpretation.reason);
  out.push_back('\n');
  for (const std::string& value : interpretation.unknown_values) out.append("unknown ").append(value).append("\n");
  for (const Observation& observation : interpretation.observations) out.append(describe(observation));
  return out;
}

}  // namespace fairlead::sources
