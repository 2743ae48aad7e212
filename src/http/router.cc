#include "http/router.h"

#include <algorithm>
#include <array>

namespace fairlead::http {

/// What can follow after the segments that lead here.
struct Router::Node {
  static constexpr std::size_t kMethods = static_cast<std::size_t>(Method::kOther) + 1;
  using RoutesByMethod = std::array<const Route*, kMethods>;

  std::vector<std::pair<std::string, std::unique_ptr<Node>>> literals;  ///< Sorted by segment.
  std::unique_ptr<Node> parameter;
  RoutesByMethod here{};
  RoutesByMethod rest{};

  Node& literal(std::string_view segment);
  const Node* find_literal(std::string_view segment) const;
  const Route* find(std::string_view path, Search& search) const;
};

/// One walk through the tree for one method.
struct Router::Search {
  Method method;
  std::vector<std::string> parameters;
  std::array<bool, Node::kMethods> known{};  ///< Methods of routes that fit the path.

  const Route* choose(const Node::RoutesByMethod& routes);
};

namespace {

std::size_t index_of(Method method) {
  return static_cast<std::size_t>(method);
}

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> segments;
  for (std::size_t from = 1;;) {
    const std::size_t slash = path.find('/', from);
    segments.push_back(path.substr(from, slash - from));
    if (slash == std::string_view::npos) return segments;
    from = slash + 1;
  }
}

enum class SegmentKind { kLiteral, kParameter, kRest, kBroken };

SegmentKind kind_of(std::string_view segment) {
  if (segment.find_first_of("{}*") == std::string_view::npos) return SegmentKind::kLiteral;
  if (segment.size() < 3 || segment.front() != '{' || segment.back() != '}') return SegmentKind::kBroken;
  std::string_view name = segment.substr(1, segment.size() - 2);
  const bool rest = name.back() == '*';
  if (rest) name.remove_suffix(1);
  if (name.empty() || name.find_first_of("{}*") != std::string_view::npos) return SegmentKind::kBroken;
  return rest ? SegmentKind::kRest : SegmentKind::kParameter;
}

Status check_pattern(const Route& route, const std::vector<std::string_view>& segments) {
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const bool last = i + 1 == segments.size();
    const SegmentKind kind = kind_of(segments[i]);
    if (kind == SegmentKind::kBroken) {
      return fail(ErrorCode::kInvalid, "route {}: the segment '{}' is neither text nor {{name}} nor {{name*}}",
                  route.pattern, segments[i]);
    }
    if (kind == SegmentKind::kRest && !last) {
      return fail(ErrorCode::kInvalid, "route {}: '{}' must be the last segment", route.pattern, segments[i]);
    }
    if (segments[i].empty() && !last) return fail(ErrorCode::kInvalid, "route {}: empty segment", route.pattern);
  }
  return {};
}

}  // namespace

Router::Node& Router::Node::literal(std::string_view segment) {
  auto at = std::ranges::lower_bound(literals, segment, {},
                                     [](const auto& entry) -> std::string_view { return entry.first; });
  if (at == literals.end() || at->first != segment) {
    at = literals.emplace(at, std::string(segment), std::make_unique<Node>());
  }
  return *at->second;
}

const Router::Node* Router::Node::find_literal(std::string_view segment) const {
  const auto at = std::ranges::lower_bound(literals, segment, {},
                                           [](const auto& entry) -> std::string_view { return entry.first; });
  return at == literals.end() || at->first != segment ? nullptr : at->second.get();
}

const Route* Router::Search::choose(const Node::RoutesByMethod& routes) {
  const Route* route = routes[index_of(method)];
  if (route == nullptr && method == Method::kHead) route = routes[index_of(Method::kGet)];
  for (std::size_t i = 0; i < routes.size(); ++i) known[i] = known[i] || routes[i] != nullptr;
  return route;
}

/// `path` is what follows a slash. Visits each node at most once, so a search never costs more than the table.
const Route* Router::Node::find(std::string_view path, Search& search) const {
  const std::size_t slash = path.find('/');
  const std::string_view segment = path.substr(0, slash);
  const auto descend = [&](const Node& child) {
    return slash == std::string_view::npos ? search.choose(child.here) : child.find(path.substr(slash + 1), search);
  };
  if (const Node* child = find_literal(segment)) {
    if (const Route* found = descend(*child)) return found;
  }
  if (parameter && !segment.empty()) {
    search.parameters.emplace_back(segment);
    if (const Route* found = descend(*parameter)) return found;
    search.parameters.pop_back();
  }
  const Route* found = search.choose(rest);
  if (found != nullptr) search.parameters.emplace_back(path);
  return found;
}

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

std::string_view to_string(Access access) {
  switch (access) {
    case Access::kOpen:
      return "open";
    case Access::kHook:
      return "hook";
    case Access::kIngest:
      return "ingest";
    case Access::kViewer:
      return "viewer";
    case Access::kOperator:
      return "operator";
    case Access::kAdmin:
      return "admin";
  }
  return "admin";
}

Status Router::add(Route route) {
  if (route.pattern.empty() || route.pattern.front() != '/') {
    return fail(ErrorCode::kInvalid, "route '{}': a pattern starts with a slash", route.pattern);
  }
  if (route.method == Method::kOther) return fail(ErrorCode::kInvalid, "route {}: no such method", route.pattern);
  if (!route.handler) return fail(ErrorCode::kInvalid, "route {}: no handler", route.pattern);
  const auto segments = segments_of(route.pattern);
  RETURN_IF_ERROR(check_pattern(route, segments));

  Node* node = root_.get();
  bool rest = false;
  for (const std::string_view segment : segments) {
    const SegmentKind kind = kind_of(segment);
    if (kind == SegmentKind::kLiteral) {
      node = &node->literal(segment);
    } else if (kind == SegmentKind::kParameter) {
      if (!node->parameter) node->parameter = std::make_unique<Node>();
      node = node->parameter.get();
    } else {
      rest = true;
    }
  }
  const Route*& slot = (rest ? node->rest : node->here)[index_of(route.method)];
  if (slot != nullptr) {
    return fail(ErrorCode::kConflict, "route {} {}: {} is there already", to_string(route.method), route.pattern,
                slot->pattern);
  }
  routes_.push_back(std::make_unique<Route>(std::move(route)));
  slot = routes_.back().get();
  return {};
}

Router::Match Router::match(Method method, std::string_view path) const {
  Match match;
  if (path.empty() || path.front() != '/') return match;
  Search search{.method = method, .parameters = {}, .known = {}};
  match.route = root_->find(path.substr(1), search);
  if (match.route != nullptr) {
    match.path_parameters = std::move(search.parameters);
    return match;
  }
  search.known[index_of(Method::kHead)] |= search.known[index_of(Method::kGet)];
  for (std::size_t i = 0; i < search.known.size(); ++i) {
    if (search.known[i]) match.allowed.push_back(static_cast<Method>(i));
  }
  return match;
}

}  // namespace fairlead::http
