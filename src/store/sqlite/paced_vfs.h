#pragma once

namespace fairlead::store::sqlite {

/// The name of a SQLite VFS that is the default one, except that it syncs a file after every 256 KiB written to it.
///
/// For files whose writer may be slow so that another file's syncs stay quick: a disk that was handed ten megabytes at
/// once answers nobody else until they are written. Registers itself at the first call; from any thread.
const char* paced_vfs();

}  // namespace fairlead::store::sqlite
