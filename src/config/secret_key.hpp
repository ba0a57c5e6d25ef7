// The SECRET_KEY of a debug server that was not given one.
#pragma once

#include <filesystem>
#include <string>

namespace pollux::config {

// Reads `data_dir`/secret_key; when there is none, makes one of 256 random bits, with the folder if need be, readable by the owner
// only. Two processes that do so at once end with the same key. Throws std::runtime_error when the folder cannot be written.
std::string kept_secret_key(std::filesystem::path const& data_dir);

} // namespace pollux::config
