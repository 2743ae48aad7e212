#pragma once

#include <cmath>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::api {

/// A strict reader of the Prometheus text format 0.0.4: every family has HELP and TYPE before its samples and stands
/// together, names and labels are well-formed, no series comes twice, values are numbers, histogram buckets grow and
/// end at +Inf with the count.
class ExpositionParser {
 public:
  struct Series {
    std::string name;
    std::map<std::string, std::string> labels;
    double value = 0;
  };

  /// Complaints; empty: it is well-formed.
  std::vector<std::string> parse(std::string_view text) {
    if (text.empty() || text.back() != '\n') complain("the last line has no end");
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      parse_line(text.substr(0, end));
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    check_histograms();
    return complaints_;
  }

  const std::vector<Series>& series() const { return series_; }
  std::string type_of(const std::string& family) const {
    const auto found = types_.find(family);
    return found == types_.end() ? "" : found->second;
  }
  /// NaN where there is no such series.
  double value(const std::string& name, const std::map<std::string, std::string>& labels = {}) const {
    for (const Series& one : series_) {
      if (one.name == name && one.labels == labels) return one.value;
    }
    return std::nan("");
  }

 private:
  void complain(std::string text) { complaints_.push_back(std::move(text)); }

  static bool is_name(std::string_view text, bool colons) {
    if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
    for (const char c : text) {
      const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                        (colons && c == ':');
      if (!fits) return false;
    }
    return true;
  }

  void parse_line(std::string_view line) {
    const std::string text(line);
    if (text.starts_with("# HELP ")) return open_family(text.substr(7, text.find(' ', 7) - 7));
    if (text.starts_with("# TYPE ")) {
      const std::size_t space = text.find(' ', 7);
      if (space == std::string::npos || text.substr(7, space - 7) != family_)
        return complain("TYPE out of place: " + text);
      const std::string type = text.substr(space + 1);
      if (type != "counter" && type != "gauge" && type != "histogram") complain("unknown type: " + text);
      if (!types_.emplace(family_, type).second) complain("second TYPE: " + text);
      return;
    }
    parse_sample(text);
  }

  void open_family(const std::string& name) {
    if (!is_name(name, true)) complain("no name of a family: " + name);
    if (!families_.insert(name).second) complain("family twice: " + name);
    family_ = name;
  }

  void parse_sample(const std::string& line) {
    Series series;
    std::size_t at = line.find_first_of("{ ");
    series.name = line.substr(0, at);
    if (!is_name(series.name, true) || at == std::string::npos) return complain("no sample: " + line);
    if (line[at] == '{' && !parse_labels(line, at, series)) return complain("labels cannot be read: " + line);
    if (at >= line.size() || line[at] != ' ') return complain("no space before the value: " + line);
    char* end = nullptr;
    series.value = std::strtod(line.c_str() + at + 1, &end);
    if (end == line.c_str() + at + 1 || *end != '\0') complain("no number: " + line);
    check_family(series, line);
    if (!seen_.insert(line.substr(0, at)).second) complain("series twice: " + line);
    series_.push_back(std::move(series));
  }

  /// On return `at` is behind the closing brace.
  static bool parse_labels(const std::string& line, std::size_t& at, Series& series) {
    ++at;
    while (at < line.size() && line[at] != '}') {
      const std::size_t equals = line.find("=\"", at);
      if (equals == std::string::npos) return false;
      const std::string name = line.substr(at, equals - at);
      if (!is_name(name, false)) return false;
      std::string value;
      at = equals + 2;
      for (; at < line.size() && line[at] != '"'; ++at) {
        if (line[at] == '\\' && ++at < line.size() &&
            std::string_view("\\n\"").find(line[at]) == std::string_view::npos)
          return false;
        value += line[at];
      }
      if (at >= line.size() || !series.labels.emplace(name, value).second) return false;
      ++at;
      if (at < line.size() && line[at] == ',') ++at;
    }
    if (at >= line.size()) return false;
    ++at;
    return true;
  }

  void check_family(const Series& series, const std::string& line) {
    const std::string type = type_of(family_);
    const bool of_histogram =
        type == "histogram" &&
        (series.name == family_ + "_bucket" || series.name == family_ + "_sum" || series.name == family_ + "_count");
    if (!of_histogram && (type == "histogram" || series.name != family_))
      complain("sample outside its family: " + line);
    if (type == "counter" && (series.value < 0 || !family_.ends_with("_total"))) complain("no good counter: " + line);
  }

  void check_histograms() {
    std::map<std::string, double> last;  // bucket counts by the labels without `le`
    std::map<std::string, double> last_bound;
    for (const Series& one : series_) {
      auto labels = one.labels;
      const auto le = labels.find("le");
      const bool bucket = one.name.ends_with("_bucket");
      if (bucket != (le != labels.end())) complain("le and _bucket belong together: " + one.name);
      if (!bucket) continue;
      const double bound = le->second == "+Inf" ? HUGE_VAL : std::strtod(le->second.c_str(), nullptr);
      labels.erase(le);
      std::string place = one.name.substr(0, one.name.size() - 7);
      for (const auto& [name, value] : labels) place += "," + name + "=" + value;
      if (last.contains(place) && (one.value < last[place] || bound <= last_bound[place]))
        complain("buckets do not grow: " + place);
      last[place] = one.value;
      last_bound[place] = bound;
    }
    for (const auto& [place, bound] : last_bound) {
      if (bound != HUGE_VAL) complain("no +Inf bucket: " + place);
    }
    for (const Series& one : series_) {
      if (!one.name.ends_with("_count")) continue;
      std::string place = one.name.substr(0, one.name.size() - 6);
      for (const auto& [name, value] : one.labels) place += "," + name + "=" + value;
      if (last.contains(place) && last[place] != one.value) complain("count is not the last bucket: " + place);
    }
  }

  std::string family_;
  std::set<std::string> families_;
  std::map<std::string, std::string> types_;
  std::set<std::string> seen_;
  std::vector<Series> series_;
  std::vector<std::string> complaints_;
};

}  // namespace fairlead::api
