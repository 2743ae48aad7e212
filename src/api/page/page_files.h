#pragma once

#include <span>
#include <string_view>

namespace fairlead::api {

struct PageFile {
  std::string_view name;  ///< `index.html`
  std::string_view bytes;
};

/// The page as it was at build time; embed.cmake writes the bytes.
std::span<const PageFile> page_files();

}  // namespace fairlead::api
