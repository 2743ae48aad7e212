#include "api/page_endpoints.h"

#include "api/page/page_files.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/limits.h"

namespace fairlead::api {
namespace {

/// No inline style or handler, nothing from elsewhere, no frame around it; of inline scripts only the one that is
/// named.
constexpr std::string_view kPolicy =
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";

std::string_view bytes_of_file(std::string_view name) {
  for (const PageFile& file : page_files()) {
    if (file.name == name) return file.bytes;
  }
  CHECK(false);
}

/// The one script inside of index.html chooses the theme before anything is painted; a policy names it by its hash.
std::string policy_for(std::string_view html) {
  constexpr std::string_view kOpen = "<script>";
  const std::size_t open = html.find(kOpen);
  CHECK(open != std::string_view::npos);
  const std::string_view script = html.substr(open + kOpen.size(), html.find("</script>", open) - open - kOpen.size());
  // Browsers take base64url as well; 32 bytes need one sign of padding.
  const std::string hash = to_base64url(bytes_of(sha256(script))) + "=";
  return std::string(kPolicy) + "; script-src 'self' 'sha256-" + hash + "'";
}

struct File {
  const char* path;
  std::string_view name;
  std::string_view media;
  std::string_view id;
};

http::Response answer(const http::Request& request, std::string_view bytes, std::string_view media,
                      const std::string& tag, const std::string& policy) {
  http::Response response;
  if (request.header("if-none-match") == tag) {
    response.status = 304;
  } else {
    response = http::Response::text(200, std::string(bytes), std::string(media) + "; charset=utf-8");
  }
  // On a 304, too: its headers take the place of those that the browser has kept.
  response.headers.emplace_back("Content-Security-Policy", policy);
  response.headers.emplace_back("ETag", tag);
  response.headers.emplace_back("Cache-Control", "no-cache");
  return response;
}

}  // namespace

void add_page_endpoints(Endpoints& endpoints, Context&) {
  const std::string policy = policy_for(bytes_of_file("index.html"));
  for (const File& file :
       {File{"/", "index.html", "text/html", "getPage"}, File{"/sources", "index.html", "text/html", "getSourcesPage"},
        File{"/import", "index.html", "text/html", "getImportPage"},
        File{"/page.css", "page.css", "text/css", "getPageStyle"},
        File{"/page.js", "page.js", "text/javascript", "getPageScript"},
        File{"/icon.svg", "icon.svg", "image/svg+xml", "getPageIcon"}}) {
    const std::string_view bytes = bytes_of_file(file.name);
    const Sha256 digest = sha256(bytes);
    std::string tag = "\"" + to_hex(bytes_of(digest).substr(0, 12)) + "\"";
    endpoints.push_back(
        {{http::Method::kGet, file.path, http::Access::kOpen, http::RunOn::kConnection, limits::kBodyBytesMax,
          [bytes, media = file.media, tag = std::move(tag), policy](const http::Request& request,
                                                                    http::Responder responder) {
            responder(answer(request, bytes, media, tag, policy));
          }},
         file.id,
         "page",
         "A file of the live page.",
         {},
         {},
         {},
         {{200, "The file.", "", file.media}, {304, "The same as the ETag names.", "", file.media}}});
  }
}

}  // namespace fairlead::api
