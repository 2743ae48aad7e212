#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "http/message.h"

namespace fairlead::api {

/// What the session's cookie is called for this request: `__Host-fairlead` under https. On plain loopback, where
/// browsers take no such name, `fairlead-PORT`, because there cookies are shared by all ports. Nothing elsewhere: a
/// password or a session would cross the network in the clear.
std::optional<std::string> session_cookie_name(const http::Request& request);

/// The session id that the request carries under that name. Two of them are none, since it cannot be known whose they
/// are.
std::optional<std::string_view> session_id_of(const http::Request& request);

/// The value of Set-Cookie.
std::string session_cookie(std::string_view name, std::string_view id, bool secure, Duration lifetime);

/// Whether a browser says that the request comes from a page of another origin. A program says nothing of the kind.
bool from_other_origin(const http::Request& request);

/// Whether a browser says that the request comes from a page of this origin.
bool from_same_origin(const http::Request& request);

}  // namespace fairlead::api
