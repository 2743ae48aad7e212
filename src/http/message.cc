#include "http/message.h"

#include <fmt/format.h>

#include "base/check.h"
#include "base/json_text.h"

namespace fairlead::http {
namespace {

std::optional<std::string_view> first_of(const Fields& fields, std::string_view name) {
  for (const auto& [key, value] : fields) {
    if (key == name) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(Method method) {
  switch (method) {
    case Method::kGet:
      return "GET";
    case Method::kHead:
      return "HEAD";
    case Method::kPost:
      return "POST";
    case Method::kPut:
      return "PUT";
    case Method::kPatch:
      return "PATCH";
    case Method::kDelete:
      return "DELETE";
    case Method::kOptions:
      return "OPTIONS";
    case Method::kOther:
      return "OTHER";
  }
  return "OTHER";
}

std::optional<std::string_view> Request::header(std::string_view lower_case_name) const {
  return first_of(headers, lower_case_name);
}

std::optional<std::string_view> Request::parameter(std::string_view name) const {
  return first_of(query, name);
}

Response Response::json(int status, std::string body) {
  return text(status, std::move(body), "application/json");
}

Response Response::text(int status, std::string body, std::string_view content_type) {
  Response response;
  response.status = status;
  response.headers.emplace_back("Content-Type", content_type);
  response.body = std::move(body);
  return response;
}

Response Response::no_content() {
  Response response;
  response.status = 204;
  return response;
}

Response problem(int status, std::string_view title, std::string_view detail) {
  std::string body = R"({"type":"about:blank","title":)";
  append_json_string(body, title);
  fmt::format_to(std::back_inserter(body), R"(,"status":{},"detail":)", status);
  append_json_string(body, detail);
  body += '}';
  return Response::text(status, std::move(body), kProblemType);
}

Responder::Responder(Send send) : send_(std::move(send)) {
  CHECK(send_ != nullptr);
}

Responder& Responder::operator=(Responder&& other) noexcept {
  if (this != &other) {
    Responder replaced(std::move(*this));  // answers 500 if it still owed an answer
    send_ = std::exchange(other.send_, nullptr);
  }
  return *this;
}

Responder::~Responder() {
  if (!send_) return;
  std::exchange(send_, nullptr)(problem(500, "Internal error", "The request was dropped without an answer."));
}

void Responder::operator()(Response response) {
  CHECK(send_ != nullptr);  // answered twice
  std::exchange(send_, nullptr)(std::move(response));
}

}  // namespace fairlead::http
