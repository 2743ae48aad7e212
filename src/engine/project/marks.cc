#include "engine/project/marks.h"

#include <algorithm>
#include <vector>

namespace fairlead::engine {

void Marks::since(const ServiceName& service, Instant at) {
  Mark& mark = marks_[service];
  mark.since = mark.since ? std::min(*mark.since, at) : at;
}

void Marks::evidence(const ServiceName& service, const EntityKey& giver) {
  marks_[service].givers.insert(giver);
}

void Marks::write(store::DerivedWriter& writer) const {
  std::vector<store::DerivedWriter::ServiceMark> marks;
  for (const auto& [service, mark] : marks_) {
    marks.push_back({service, mark.since, {mark.givers.begin(), mark.givers.end()}});
  }
  writer.mark_services(marks);
}

}  // namespace fairlead::engine
