#include "sources/events/batch.h"

namespace fairlead::sources {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";  // some shells write it before every file

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

std::string_view trim_front(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size() && is_space(text[i])) ++i;
  return text.substr(i);
}

std::string_view trim(std::string_view text) {
  text = trim_front(text);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view without_mark(std::string_view body) {
  if (body.starts_with(kByteOrderMark)) body.remove_prefix(kByteOrderMark.size());
  return body;
}

/// The place after the string that begins at `begin`, or the end of the text where it has no end.
std::size_t string_end(std::string_view text, std::size_t begin) {
  for (std::size_t i = begin + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return text.size();
}

/// How far the value at the beginning of `text` reaches: up to a comma or a closing bracket that is not its own, or up
/// to and with the bracket that closes it.
std::size_t value_size(std::string_view text) {
  std::size_t open = 0;
  std::size_t i = 0;
  while (i < text.size()) {
    switch (text[i]) {
      case '"':
        i = string_end(text, i);
        continue;
      case '{':
      case '[':
        ++open;
        break;
      case '}':
      case ']':
        if (open == 0) return i;
        if (--open == 0) return i + 1;
        break;
      case ',':
        if (open == 0) return i;
        break;
      default:
        break;
    }
    ++i;
  }
  return i;
}

}  // namespace

BatchForm sent_form(std::string_view body, bool ndjson) {
  if (ndjson) return BatchForm::kLines;
  return trim_front(without_mark(body)).starts_with('[') ? BatchForm::kArray : BatchForm::kOne;
}

BatchForm journaled_form(std::string_view body) {
  body = trim_front(without_mark(body));
  if (body.starts_with('[')) return BatchForm::kArray;
  const std::string_view after_first = body.substr(value_size(body));
  return trim_front(after_first).empty() ? BatchForm::kOne : BatchForm::kLines;
}

BatchSplitter::BatchSplitter(std::string_view body, BatchForm form) : rest_(without_mark(body)), form_(form) {
  if (form_ == BatchForm::kArray) rest_ = trim_front(rest_).substr(1);
}

Result<std::optional<std::string_view>> BatchSplitter::next() {
  switch (form_) {
    case BatchForm::kOne:
      if (ended_) return std::nullopt;
      ended_ = true;
      return trim(rest_);
    case BatchForm::kLines:
      return next_line();
    case BatchForm::kArray:
      return next_element();
  }
  return std::nullopt;
}

std::optional<std::string_view> BatchSplitter::next_line() {
  while (!rest_.empty()) {
    const std::string_view line = rest_.substr(0, rest_.find('\n'));
    rest_.remove_prefix(line.size() + (line.size() < rest_.size() ? 1 : 0));
    if (const auto text = trim(line); !text.empty()) return text;
  }
  return std::nullopt;
}

Result<std::optional<std::string_view>> BatchSplitter::next_element() {
  if (ended_) return std::nullopt;
  rest_ = trim_front(rest_);
  if (first_ && rest_.starts_with(']')) {
    RETURN_IF_ERROR(end_array());
    return std::nullopt;
  }
  first_ = false;
  const std::size_t size = value_size(rest_);
  const std::string_view element = trim(rest_.substr(0, size));
  rest_ = trim_front(rest_.substr(size));
  if (element.empty()) return fail(ErrorCode::kInvalid, "a value is missing in the array, or it was cut off");
  if (rest_.starts_with(',')) {
    rest_.remove_prefix(1);
  } else {
    RETURN_IF_ERROR(end_array());
  }
  return element;
}

Status BatchSplitter::end_array() {
  if (!rest_.starts_with(']')) {
    return fail(ErrorCode::kInvalid, "the array lacks a comma or its end; was it cut off?");
  }
  ended_ = true;
  if (!trim_front(rest_.substr(1)).empty()) {
    return fail(ErrorCode::kInvalid, "something follows the end of the array");
  }
  return {};
}

}  // namespace fairlead::sources
