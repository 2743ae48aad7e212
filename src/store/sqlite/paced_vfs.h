#pragma once

#include <string>

namespace fairlead::store::sqlite {

/// The name of a SQLite VFS that is `base` (empty: the default one), except that it syncs a file after every 128 KiB
/// written to it.
///
/// For files whose writer may be slow so that another file's syncs stay quick: a disk that was handed ten megabytes at
/// once answers nobody else until they are written. Registered at the first call and for good; from any thread.
std::string paced_vfs(const std::string& base = {});

}  // namespace fairlead::store::sqlite
