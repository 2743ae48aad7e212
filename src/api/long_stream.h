#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "api/context.h"

namespace fairlead::api {

/// Gives bytes to a client at its own pace. False: it is gone, or the server stops; the rest need not be made.
using WriteBytes = std::function<bool(std::string_view bytes)>;

/// An answer of any size, made by `write` on the thread for long work. One at a time: a second one is 503. It ends
/// where `write` returns; what is whole must say so itself.
http::Response long_stream(Context& context, std::string content_type, std::function<void(const WriteBytes&)> write);

}  // namespace fairlead::api
