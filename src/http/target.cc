#include "http/target.h"

#include <algorithm>

namespace fairlead::http {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Well-formed UTF-8 without surrogates and overlong forms (RFC 3629, section 4).
bool is_utf8(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned lead = byte(i);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() - i < length) return false;
    unsigned low = 0x80;
    unsigned high = 0xBF;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
    if (byte(i + 1) < low || byte(i + 1) > high) return false;
    for (std::size_t k = 2; k < length; ++k) {
      if (byte(i + k) < 0x80 || byte(i + k) > 0xBF) return false;
    }
    i += length;
  }
  return true;
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

Status check_segments(std::string_view raw_path) {
  std::string_view rest = raw_path.substr(1);
  while (!rest.empty()) {
    const std::size_t slash = rest.find('/');
    const std::string_view segment = rest.substr(0, slash);
    if (segment.empty()) return fail(ErrorCode::kInvalid, "The path has an empty segment (two slashes in a row).");
    ASSIGN_OR_RETURN(const std::string decoded, percent_decode(segment, false));
    if (decoded == "." || decoded == "..") return fail(ErrorCode::kInvalid, "The path has a dot segment.");
    if (decoded.find_first_of("/\\") != std::string::npos) {
      return fail(ErrorCode::kInvalid, "The path has an escaped slash or a backslash.");
    }
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  return {};
}

Result<std::string> decode_path(std::string_view raw_path) {
  // Almost every path has nothing to decode and no dot at a segment's start: one pass decides that.
  const bool plain = std::ranges::none_of(raw_path, [](char c) { return c == '%' || c == '\\'; }) &&
                     raw_path.find("//") == std::string_view::npos && raw_path.find("/.") == std::string_view::npos;
  if (plain) return std::string(raw_path);
  RETURN_IF_ERROR(check_segments(raw_path));
  ASSIGN_OR_RETURN(std::string path, percent_decode(raw_path, false));
  if (has_control(path)) return fail(ErrorCode::kInvalid, "The path has an escaped control character.");
  if (!is_utf8(path)) return fail(ErrorCode::kInvalid, "The path is not UTF-8.");
  return path;
}

}  // namespace

Result<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] == '%') {
      const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
      if (high < 0 || low < 0) return fail(ErrorCode::kInvalid, "The target has a broken percent escape.");
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

Result<Fields> parse_query(std::string_view query) {
  Fields fields;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view piece = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (piece.empty()) continue;
    const std::size_t equals = std::min(piece.find('='), piece.size());
    ASSIGN_OR_RETURN(std::string name, percent_decode(piece.substr(0, equals), true));
    ASSIGN_OR_RETURN(std::string value, percent_decode(piece.substr(std::min(equals + 1, piece.size())), true));
    if (!is_utf8(name) || !is_utf8(value)) return fail(ErrorCode::kInvalid, "The query is not UTF-8.");
    if (name.find('\0') != std::string::npos || value.find('\0') != std::string::npos) {
      return fail(ErrorCode::kInvalid, "The query has an escaped NUL.");
    }
    fields.emplace_back(std::move(name), std::move(value));
  }
  return fields;
}

Result<Target> parse_target(std::string_view target) {
  if (target.empty() || target.front() != '/') {
    return fail(ErrorCode::kInvalid, "The request target must be a path that starts with a slash.");
  }
  for (const char c : target) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7F || c == '#') {
      return fail(ErrorCode::kInvalid, "The request target has a character that must be escaped.");
    }
  }
  const std::size_t mark = std::min(target.find('?'), target.size());
  Target parsed;
  ASSIGN_OR_RETURN(parsed.path, decode_path(target.substr(0, mark)));
  if (mark < target.size()) {
    ASSIGN_OR_RETURN(parsed.query, parse_query(target.substr(mark + 1)));
  }
  return parsed;
}

}  // namespace fairlead::http
