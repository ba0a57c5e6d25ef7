#include "config/process_config.hpp"

#include "base/literals.hpp"
#include "config/mounts.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <thread>

#include <sys/vfs.h>
#include <unistd.h>

namespace pollux::config {
namespace {

constexpr std::size_t file_bytes_max = 16_MiB; // More than any that is meant; what has no end (/dev/zero) is cut there.

std::optional<std::string> read_file(std::string const& path)
{
    std::error_code failed;
    if (std::filesystem::is_directory(path, failed)) return std::nullopt;
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::nullopt;
    std::string text;
    std::array<char, 64_KiB> piece{};
    while (file && text.size() < file_bytes_max) {
        file.read(piece.data(), piece.size());
        text.append(piece.data(), static_cast<std::size_t>(file.gcount()));
    }
    if (file.bad()) return std::nullopt;
    return text;
}

// What most container engines lay over an image: statfs(2).
constexpr decltype(std::declval<struct statfs>().f_type) overlay_magic = 0x794c7630;

bool vanishes(std::filesystem::path const& file)
{
    std::error_code failed;
    auto place = std::filesystem::absolute(file, failed);
    while (!std::filesystem::exists(place, failed) && place != place.parent_path()) place = place.parent_path();
    struct statfs system{};
    if (::statfs(place.c_str(), &system) == 0 && system.f_type == overlay_magic) return true;
    return is_of_a_container(read_file("/proc/self/mountinfo").value_or(""), std::filesystem::weakly_canonical(place, failed));
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
    sources.vanishes = vanishes;
    sources.now = Clock().now();
    sources.cores = std::thread::hardware_concurrency();
    return load_config(sources);
}

} // namespace pollux::config
