#include "engine/link/graph_cache.h"

#include <algorithm>

namespace fairlead::engine {
namespace {

constexpr std::size_t kEdgesPerRead = 8'192;

Status extend(CachedGraph& cached, store::DerivedReader& reader, const RepositoryName& repository) {
  for (;;) {
    ASSIGN_OR_RETURN(const auto rows, reader.edges(repository, cached.last_row, kEdgesPerRead));
    for (const store::EdgeRow& row : rows) {
      cached.graph.add_edge(row.sha.text, row.ancestor.text, row.kind);
      cached.last_row = row.row;
    }
    if (rows.size() < kEdgesPerRead) return {};
  }
}

}  // namespace

std::size_t CachedGraph::bytes() const {
  std::size_t total = graph.bytes();
  for (const auto& [stream, reach] : reaches) {
    total += sizeof stream + stream.service.text.size() + stream.environment.text.size() + reach.reach.bytes();
  }
  return total;
}

Result<CachedGraph*> GraphCache::open(store::DerivedReader& reader, const RepositoryName& repository) {
  auto& slot = graphs_[repository];
  if (!slot) slot = std::make_unique<CachedGraph>();
  slot->last_use = ++uses_;
  if (transaction_ == 0 || slot->extended_in != transaction_) {
    RETURN_IF_ERROR(extend(*slot, reader, repository));
    slot->extended_in = transaction_;
  }
  CachedGraph* const opened = slot.get();
  evict_except(opened);
  return opened;
}

void GraphCache::forget_since(const ServiceName& service, Instant since) {
  for (auto& [repository, cached] : graphs_) {
    std::erase_if(cached->reaches,
                  [&](const auto& item) { return item.first.service == service && item.second.last_at >= since; });
  }
}

std::size_t GraphCache::bytes() const {
  std::size_t total = 0;
  for (const auto& [repository, cached] : graphs_) total += cached->bytes();
  return total;
}

void GraphCache::evict_except(const CachedGraph* kept) {
  while (graphs_.size() > 1 && bytes() > bytes_max_) {
    auto oldest = graphs_.end();
    for (auto it = graphs_.begin(); it != graphs_.end(); ++it) {
      if (it->second.get() == kept) continue;
      if (oldest == graphs_.end() || it->second->last_use < oldest->second->last_use) oldest = it;
    }
    graphs_.erase(oldest);
  }
  // A single repository beyond the bound keeps its graph while it is worked on, but not the reach of other streams.
  for (auto& [repository, cached] : graphs_) {
    if (cached->bytes() > bytes_max_) cached->reaches.clear();
  }
}

}  // namespace fairlead::engine
