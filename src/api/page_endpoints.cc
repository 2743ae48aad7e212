#include "api/page_endpoints.h"

#include "api/page/page_files.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/limits.h"

namespace fairlead::api {
namespace {

/// No inline script or style, nothing from elsewhere, no frame around it.
constexpr std::string_view kPolicy =
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";

std::string_view bytes_of_file(std::string_view name) {
  for (const PageFile& file : page_files()) {
    if (file.name == name) return file.bytes;
  }
  CHECK(false);
}

struct File {
  const char* path;
  std::string_view name;
  std::string_view media;
  std::string_view id;
};

http::Response answer(const http::Request& request, std::string_view bytes, std::string_view media,
                      const std::string& tag) {
  http::Response response;
  if (request.header("if-none-match") == tag) {
    response.status = 304;
  } else {
    response = http::Response::text(200, std::string(bytes), std::string(media) + "; charset=utf-8");
    response.headers.emplace_back("Content-Security-Policy", kPolicy);
  }
  response.headers.emplace_back("ETag", tag);
  response.headers.emplace_back("Cache-Control", "no-cache");
  return response;
}

}  // namespace

void add_page_endpoints(Endpoints& endpoints, Context&) {
  for (const File& file :
       {File{"/", "index.html", "text/html", "getPage"}, File{"/page.css", "page.css", "text/css", "getPageStyle"},
        File{"/page.js", "page.js", "text/javascript", "getPageScript"},
        File{"/icon.svg", "icon.svg", "image/svg+xml", "getPageIcon"}}) {
    const std::string_view bytes = bytes_of_file(file.name);
    const Sha256 digest = sha256(bytes);
    std::string tag = "\"" + to_hex(bytes_of(digest).substr(0, 12)) + "\"";
    endpoints.push_back(
        {{http::Method::kGet, file.path, http::Access::kOpen, http::RunOn::kConnection, limits::kBodyBytesMax,
          [bytes, media = file.media, tag = std::move(tag)](const http::Request& request, http::Responder responder) {
            responder(answer(request, bytes, media, tag));
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
