#pragma once

#include <cstddef>
#include <cstdint>

/// Named limits on everything that comes from outside (invariant I9). A module's own limits that no other module
/// needs stand in that module.
namespace fairlead::limits {

inline constexpr std::size_t kHeaderBytesMax = 16 * 1024;
inline constexpr std::size_t kHeaderFieldsMax = 100;
inline constexpr int kHeaderTimeoutMs = 10'000;
inline constexpr std::size_t kHookBodyBytesMax = 25u * 1024 * 1024;
inline constexpr std::size_t kBodyBytesMax = 1u * 1024 * 1024;
/// `POST /api/v1/events` takes batches, so it has the limit of hooks.
inline constexpr std::size_t kEventsBodyBytesMax = kHookBodyBytesMax;
/// A compressed body may grow to at most ten times its size, and never past the route's own limit.
inline constexpr std::size_t kInflateRatioMax = 10;
/// A tiny compressed body may still inflate to this much, so that short repetitive events pass.
inline constexpr std::size_t kInflateFloorBytes = 64 * 1024;
/// Below this rate (after a grace of kHeaderTimeoutMs) a body is cut off with 408.
inline constexpr std::size_t kBodyBytesPerSecondMin = 1024;
inline constexpr std::size_t kJsonDepthMax = 64;
inline constexpr std::size_t kEventsPerRequestMax = 10'000;
inline constexpr std::size_t kConnectionsMax = 20'000;
inline constexpr std::size_t kConnectionsPerAddressMax = 10'000;
/// Deliveries waiting for the writer; past either the answer is 503 with Retry-After.
inline constexpr std::size_t kIngestQueueRowsMax = 8'192;
inline constexpr std::size_t kIngestQueueBytesMax = 128u * 1024 * 1024;
/// Deliveries that wait on this machine's disk while the shared store is away; past either the answer is 503.
inline constexpr std::uint64_t kSpoolBytesMax = 1024u * 1024 * 1024;
inline constexpr std::uint64_t kSpoolRowsMax = 4'000'000;
inline constexpr std::size_t kListItemsDefault = 100;
inline constexpr std::size_t kListItemsMax = 1'000;
/// Text fields of an event longer than this are cut at a character's border, the raw bytes stay in the journal.
inline constexpr std::size_t kTextBytesMax = 64 * 1024;
/// Keys and names: longer ones make the event invalid.
inline constexpr std::size_t kNameBytesMax = 512;
inline constexpr std::size_t kShaBytesMax = 64;
inline constexpr std::size_t kCommitsPerEventMax = 10'000;
inline constexpr std::size_t kLiveRingEvents = 4'096;
inline constexpr std::size_t kLiveSubscribersMax = 10'000;
inline constexpr std::size_t kGraphCacheBytesMax = 64u * 1024 * 1024;
/// Values kept exactly for one report; beyond that the histogram answers (linking.md, Summaries).
inline constexpr std::size_t kExactValuesMax = 100'000;

}  // namespace fairlead::limits
