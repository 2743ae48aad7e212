#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "api/exposition.h"
#include "api/health/machine.h"

namespace fairlead::api {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

void add(std::vector<MetricFamily>& families, MetricType type, std::string name, std::string help, double value) {
  MetricFamily family{std::move(name), std::move(help), type, {{}}};
  (type == MetricType::Counter ? family.metric[0].counter.value : family.metric[0].gauge.value) = value;
  families.push_back(std::move(family));
}

/// Fields of /proc/self/stat after the name, which may hold anything: [0] is the state (proc(5) counts it as 3).
std::vector<std::string> stat_fields() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  const std::size_t name_end = line.rfind(')');
  std::vector<std::string> fields;
  if (name_end == std::string::npos) return fields;
  std::istringstream rest(line.substr(name_end + 1));
  for (std::string field; rest >> field;) fields.push_back(field);
  return fields;
}

double boot_time_seconds() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("btime ")) return std::strtod(line.c_str() + 6, nullptr);
  }
  return 0;
}

}  // namespace

std::vector<MetricFamily> process_metrics() {
  std::vector<MetricFamily> families;
  const std::vector<std::string> stat = stat_fields();
  if (stat.size() > 21) {
    const double ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    const auto number = [&stat](std::size_t i) { return std::strtod(stat[i].c_str(), nullptr); };
    add(families, MetricType::Counter, "process_cpu_seconds_total", "CPU time spent, user and system.",
        (number(11) + number(12)) / ticks);
    add(families, MetricType::Gauge, "process_start_time_seconds", "Start of the process, seconds since 1970.",
        boot_time_seconds() + number(19) / ticks);
    add(families, MetricType::Gauge, "process_virtual_memory_bytes", "Virtual memory.", number(20));
    add(families, MetricType::Gauge, "process_resident_memory_bytes", "Resident memory.",
        number(21) * static_cast<double>(sysconf(_SC_PAGESIZE)));
  }
  if (const auto descriptors = open_descriptors()) {
    add(families, MetricType::Gauge, "process_open_fds", "Open file descriptors.",
        static_cast<double>(descriptors->used));
    add(families, MetricType::Gauge, "process_max_fds", "Most file descriptors that may be open.",
        static_cast<double>(descriptors->limit));
  }
  return families;
}

}  // namespace fairlead::api
