// A copy of a SQLite file as it stands at one moment, while others read and write it, in this process or in another one.
#pragma once

#include <filesystem>

namespace pollux::db::sqlite {

// The copy appears under its name only when it is whole and on the disk (mode 0600); until then it is `<target>.partial`. Throws
// Unavailable when it cannot be made. Blocks.
void copy_database(std::filesystem::path const& source, std::filesystem::path const& target);

} // namespace pollux::db::sqlite
