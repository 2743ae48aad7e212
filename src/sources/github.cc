#include "sources/github.h"

#include <algorithm>
#include <array>

#include "base/json_text.h"
#include "sources/github/github_event.h"
#include "sources/json.h"
#include "sources/signature.h"

namespace fairlead::sources {
namespace {

constexpr std::string_view kDefaultHost = "github.com";
constexpr std::string_view kEventHeader = "x-github-event";
constexpr std::string_view kDeliveryHeader = "x-github-delivery";
constexpr std::string_view kContentTypeHeader = "content-type";
constexpr std::string_view kHostHeader = "x-github-enterprise-host";
constexpr std::string_view kSignatureHeader = "x-hub-signature-256";
constexpr std::size_t kHostBytesMax = 255;
constexpr std::size_t kQuotedBytesMax = 64;  // of a header in a reason

constexpr auto kKeptHeaders =
    std::to_array<std::string_view>({kEventHeader, kDeliveryHeader, kContentTypeHeader, kHostHeader});

using Reader = void (*)(GithubEvent&);
struct NamedReader {
  std::string_view event;
  Reader read;
};

constexpr auto kReaders = std::to_array<NamedReader>({
    {"push", read_push},
    {"pull_request", read_pull_request},
    {"pull_request_review", read_pull_request_review},
    {"workflow_run", read_workflow_run},
    {"workflow_job", read_workflow_job},
    {"check_run", read_check_run},
    {"deployment", read_deployment_created},
    {"deployment_status", read_deployment_status},
    {"release", read_release},
    {"issues", read_issues},
});

Interpretation ended(Interpretation::Outcome outcome, std::string reason) {
  Interpretation out;
  out.outcome = outcome;
  out.reason = std::move(reason);
  return out;
}

std::string host_of(std::string_view header) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  };
  if (header.empty() || header.size() > kHostBytesMax || !std::ranges::all_of(header, fits)) {
    return std::string(kDefaultHost);
  }
  std::string host(header);
  std::ranges::transform(host, host.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return host;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// `application/x-www-form-urlencoded`: `+` is a space, `%41` a byte; anything malformed stays as it is.
std::string form_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape =
        text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0;
    if (escape) {
      out.push_back(static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])));
      i += 2;
    } else {
      out.push_back(text[i] == '+' ? ' ' : text[i]);
    }
  }
  return out;
}

/// The field `payload` of a form; nothing when there is none.
std::optional<std::string> form_payload(std::string_view body) {
  constexpr std::string_view kField = "payload=";
  while (!body.empty()) {
    const std::string_view pair = body.substr(0, body.find('&'));
    if (pair.starts_with(kField)) return form_decoded(pair.substr(kField.size()));
    body.remove_prefix(std::min(body.size(), pair.size() + 1));
  }
  return std::nullopt;
}

bool is_form(const Headers& headers) {
  return headers.find(kContentTypeHeader).value_or("").starts_with("application/x-www-form-urlencoded");
}

/// Where the entities live. The host stands in the signed body; the header, which is not signed, only helps out.
RepositoryName repository_of(JsonView payload, const Origin& origin) {
  const JsonView repository = payload["repository"];
  RepositoryName from_address = repository_name(repository["html_url"].text());
  if (!from_address.empty()) return from_address;
  return repository_name(repository["full_name"].text(), origin.text);
}

class GithubSource final : public Source {
 public:
  SourceName name() const override { return SourceName{"github"}; }
  std::string_view title() const override { return "GitHub"; }
  std::span<const std::string_view> kept_headers() const override { return kKeptHeaders; }

  Result<Verified> verify(const Headers& headers, std::string_view raw_body,
                          std::span<const std::string> secrets) const override {
    // A missing header is checked like a wrong one, so that both take the same time. The old X-Hub-Signature (SHA-1)
    // is not looked at.
    const std::string_view signature = headers.find(kSignatureHeader).value_or("");
    if (!hmac_sha256_matches(signature, "sha256=", raw_body, secrets)) {
      return fail(ErrorCode::kUnauthorized,
                  "the signature in X-Hub-Signature-256 is missing or does not match the webhook's secret");
    }
    return Verified{std::string(headers.find(kDeliveryHeader).value_or(""))};
  }

  Origin origin(const Headers& headers) const override {
    return Origin{host_of(headers.find(kHostHeader).value_or(kDefaultHost))};
  }

  Interpretation interpret(const Delivery& delivery, const Policy& policy) const override {
    const Headers headers(delivery.headers);
    const std::string event(headers.find(kEventHeader).value_or(""));
    if (event.empty()) {
      return ended(Interpretation::Outcome::kQuarantined, "the header X-GitHub-Event is missing");
    }
    if (event == "ping") return ended(Interpretation::Outcome::kIgnored, "ping: the webhook is set up");
    const auto reader = std::ranges::find(kReaders, event, &NamedReader::event);
    if (reader == kReaders.end()) {
      return ended(Interpretation::Outcome::kIgnored,
                   fmt::format("the event {} is not used", clean_utf8(event, kQuotedBytesMax)));
    }
    if (!is_form(headers)) return interpret_json(delivery, policy, *reader, delivery.body);
    const auto payload = form_payload(delivery.body);
    if (!payload) return ended(Interpretation::Outcome::kQuarantined, "the form has no field \"payload\"");
    return interpret_json(delivery, policy, *reader, *payload);
  }

 private:
  static Interpretation interpret_json(const Delivery& delivery, const Policy& policy, const NamedReader& reader,
                                       std::string_view json) {
    JsonReader parser;
    const auto root = parser.parse(json);
    if (!root) return ended(Interpretation::Outcome::kQuarantined, root.error().message);
    Interpretation out;
    GithubEvent event{reader.event, JsonView(*root), delivery, policy, {}, {}, out};
    event.repository = repository_of(event.payload, delivery.origin);
    if (event.repository.empty()) {
      return ended(Interpretation::Outcome::kQuarantined, "\"repository\" is missing or has no name");
    }
    event.origin = Origin{event.repository.text.substr(0, event.repository.text.find('/'))};
    reader.read(event);
    return out;
  }
};

}  // namespace

const Source& github_source() {
  static const GithubSource source;
  return source;
}

}  // namespace fairlead::sources
