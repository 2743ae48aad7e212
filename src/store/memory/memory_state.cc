#include "store/memory/memory_state.h"

#include <algorithm>

namespace fairlead::store::memory {
namespace {

/// Takes `member` out of the set at `key`, and the set with its last member.
template <class Key, class Member>
void remove_member(std::map<Key, std::set<Member>>& index, const Key& key, const Member& member) {
  const auto at = index.find(key);
  if (at == index.end()) return;
  at->second.erase(member);
  if (at->second.empty()) index.erase(at);
}

}  // namespace

void State::put_entity(const EntityRow& row, const std::vector<Mention>& mentions) {
  const auto old = entities.find(row.key);
  if (old != entities.end()) {
    const EntityRow& before = old->second.row;
    lists[kind_of(before.entity)].erase(ListPosition::of(before));
    if (const auto finish = success_finish(before.entity)) {
      successes[before.place.service].erase({*finish, row.key});
    }
    for (const auto& term : old->second.mentions) remove_member(mentioners, term, row.key);
  }
  lists[kind_of(row.entity)].insert(ListPosition::of(row));
  if (const auto finish = success_finish(row.entity)) successes[row.place.service].insert({*finish, row.key});
  for (const auto& term : mentions) mentioners[term].insert(row.key);
  entities.insert_or_assign(row.key, StoredEntity{row, {mentions.begin(), mentions.end()}});
}

bool State::add_edge(const Edge& edge) {
  const auto row = edges.size() + 1;
  if (!edges.emplace(edge, row).second) return false;
  edge_rows[edge.repository].emplace(row, edge);
  return true;
}

void State::mark_service(const ServiceName& service, std::optional<Instant> since,
                         std::span<const EntityKey> givers_added) {
  DirtyService& mark = service_marks[service];
  mark.service = service;
  if (since && (!mark.since || *since < *mark.since)) mark.since = since;
  std::set<EntityKey> all(mark.givers.begin(), mark.givers.end());
  all.insert(givers_added.begin(), givers_added.end());
  mark.givers.assign(all.begin(), all.end());
  mark.version = ++last_version;
}

void State::replace_links(const EntityKey& deployment, Links links_now) {
  Links& stored = links[deployment];
  for (const auto& [place, row] : stored.streams) remove_member(stream_members, row.service, deployment);
  for (const auto& row : stored.shipped) remove_member(shippers, CommitRef{row.repository, row.sha}, deployment);
  for (const auto& row : stored.missing) remove_member(waiting, CommitRef{row.repository, row.sha}, deployment);
  stored = std::move(links_now);
  for (const auto& [place, row] : stored.streams) stream_members[row.service].insert(deployment);
  for (const auto& row : stored.shipped) shippers[{row.repository, row.sha}].insert(deployment);
  for (const auto& row : stored.missing) waiting[{row.repository, row.sha}].insert(deployment);
  if (stored.empty()) links.erase(deployment);
}

void State::replace_evidence(const EntityKey& giver, std::set<Evidence> rows) {
  std::set<Evidence>& stored = evidence[giver];
  for (const auto& row : stored) remove_member(givers, row.deployment, giver);
  stored = std::move(rows);
  for (const auto& row : stored) givers[row.deployment].insert(giver);
  if (stored.empty()) evidence.erase(giver);
}

void State::replace_facts(const EntityKey& owner, const std::vector<Fact>& rows) {
  std::vector<Fact>& stored = facts[owner];
  for (const auto& fact : stored) facts_by_place[place_of(fact)].erase({fact.at, fact.subject, fact.owner});
  stored = rows;
  for (const auto& fact : stored) facts_by_place[place_of(fact)][{fact.at, fact.subject, fact.owner}] = fact;
  if (stored.empty()) facts.erase(owner);
}

void State::put_summary(const SummaryPlace& place, Day day, const DaySummary& summary) {
  if (summary == DaySummary{}) {
    const auto at = summaries.find(place);
    if (at == summaries.end()) return;
    at->second.erase(day);
    if (at->second.empty()) summaries.erase(at);
  } else {
    summaries[place][day] = summary;
  }
}

void State::replace_known_since(const ServiceName& service, std::span<const KnownSince> rows) {
  std::erase_if(known_since, [&](const auto& entry) { return entry.second.service == service; });
  for (const auto& row : rows) known_since[{row.service, row.kind, row.simulated}] = row;
}

void State::drop_links() {
  service_marks.clear();
  day_marks.clear();
  links.clear();
  stream_members.clear();
  shippers.clear();
  waiting.clear();
  evidence.clear();
  givers.clear();
  facts.clear();
  facts_by_place.clear();
  summaries.clear();
  known_since.clear();
}

}  // namespace fairlead::store::memory
