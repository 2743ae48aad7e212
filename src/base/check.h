#pragma once

namespace fairlead {
/// Prints where and what, then aborts. Called by CHECK only.
[[noreturn]] void check_failed(const char* file, int line, const char* condition);
}  // namespace fairlead

/// For our own mistakes only, never for input. Stays on in release builds.
#define CHECK(condition) ((condition) ? static_cast<void>(0) : ::fairlead::check_failed(__FILE__, __LINE__, #condition))
