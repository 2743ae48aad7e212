#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/load_generator.h"

namespace fairlead::bench {

/// One deployment of about 240 bytes in our own format; every `n` gives another id. `salt` tells runs apart.
std::string deployment_json(std::uint64_t n, std::uint64_t salt);

/// `POST target` with one event and an Idempotency-Key of its own, all on keep-alive connections.
MakeRequest single_event_posts(std::string target, std::string token, std::uint64_t salt);

/// NDJSON bodies of `events` deployments each. Made beforehand: making one takes longer than checking it.
std::vector<std::string> batch_bodies(std::uint64_t salt, std::size_t batches, std::size_t events);

/// `POST /api/v1/events` with these bodies in turn, which must live as long as the result.
MakeRequest batch_posts(std::string token, std::uint64_t salt, const std::vector<std::string>& bodies);

/// A mix as a busy organisation sends it: 7 commits, 2 changes and a deployment in ten events, now and then an
/// incident, over 40 services. Commits form one line of history per service.
MakeRequest mixed_batches(std::string token, std::uint64_t salt, std::size_t events);

/// `METHOD target` with a token and a body.
void append_post(std::string& out, const std::string& target, const std::string& token, const std::string& key,
                 const std::string& content_type, const std::string& body);

}  // namespace fairlead::bench
