#include "config/process_config.hpp"

#include <fstream>
#include <iterator>
#include <thread>
#include <unistd.h>

namespace pollux::config {
namespace {

std::optional<std::string> read_file(std::string const& path)
{
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::nullopt;
    std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    if (file.bad()) return std::nullopt;
    return text;
}

} // namespace

Loaded load_process_config(Flags flags)
{
    Sources sources;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        std::string_view const line = *entry;
        std::size_t const equals = line.find('=');
        if (equals != std::string_view::npos) sources.environment.emplace(line.substr(0, equals), line.substr(equals + 1));
    }
    sources.dotenv = read_file(".env").value_or("");
    sources.flags = std::move(flags);
    sources.read_file = read_file;
    sources.now = Clock().now();
    sources.cores = std::thread::hardware_concurrency();
    return load_config(sources);
}

} // namespace pollux::config
