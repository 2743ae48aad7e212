#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.h"

namespace fairlead::app {

/// The derived data's file in a data folder.
inline constexpr std::string_view kDerivedName = "derived.db";

/// A database of the folder with its companions; those that are not there do not matter.
Status remove_database(const std::filesystem::path& folder, std::string_view name);

/// All derived data, which the next start builds anew from the journal.
Status remove_derived(const std::filesystem::path& folder);

}  // namespace fairlead::app
