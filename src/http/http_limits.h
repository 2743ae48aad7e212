#pragma once

#include <cstddef>

/// Limits of the HTTP server that no other module needs; base/limits.h holds the ones that the whole product shares.
namespace fairlead::limits {

/// A connection between two requests is closed, without an answer, after this time.
inline constexpr int kIdleTimeoutMs = 75'000;
/// A client that takes nothing of its answer for this long is cut.
inline constexpr int kWriteStallTimeoutMs = 30'000;
/// After an early answer, so long and so many bytes are read and thrown away, so that the answer is not lost to a
/// reset.
inline constexpr int kLingerTimeoutMs = 3'000;
inline constexpr std::size_t kLingerBytesMax = 64u * 1024 * 1024;
/// An unwanted body up to this size is read and thrown away and the connection lives on; a larger one closes it.
inline constexpr std::size_t kDiscardBytesMax = 64u * 1024;
/// Input buffer of a connection: small until a request needs more.
inline constexpr std::size_t kInputBytesInitial = 2u * 1024;
/// A body's buffer grows in steps of its own size, from this and never past what arrived by more than twice.
inline constexpr std::size_t kBodyBytesInitial = 16u * 1024;
/// The size line of a chunk and the end of a chunked body.
inline constexpr std::size_t kChunkLineBytesMax = 128;
/// Answers to pipelined requests are gathered up to this size before they are written.
inline constexpr std::size_t kGatherBytesMax = 64u * 1024;
/// Bodies above this are written from where they are instead of being copied behind their head.
inline constexpr std::size_t kCopyBodyBytesMax = 16u * 1024;
/// Answers up to this size are not worth compressing.
inline constexpr std::size_t kGzipBytesMin = 1024;
/// Larger compressed bodies are inflated on the pool, so that they do not hold up a connection thread.
inline constexpr std::size_t kInflateInlineBytesMax = 16u * 1024;
/// Requests with larger bodies are handled on the pool, whatever their route says: reading a batch of events takes
/// milliseconds, in which a connection thread would answer nobody else.
inline constexpr std::size_t kInlineBodyBytesMax = 64u * 1024;
/// Requests waiting for a pool thread; past it the answer is 503.
inline constexpr std::size_t kPoolQueueMax = 1'024;
/// Bytes waiting for one streaming client; past it the client is disconnected.
inline constexpr std::size_t kStreamQueueBytesMax = 256u * 1024;
/// Connections accepted in one go before others have their turn.
inline constexpr int kAcceptsPerTurnMax = 64;
/// Pause after accept failed for want of descriptors or memory.
inline constexpr int kAcceptPauseMs = 50;
/// Addresses read from the end of X-Forwarded-For.
inline constexpr int kForwardedHopsMax = 32;

}  // namespace fairlead::limits
