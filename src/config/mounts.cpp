#include "config/mounts.hpp"

#include <algorithm>
#include <sstream>
#include <string>

namespace pollux::config {
namespace {

struct Mount {
    std::string root;  // The folder of the file system that is mounted.
    std::string point; // Where.
    std::string type;
    std::string source;
};

// A space in a path is written as \040, and so are a few more.
std::string without_escapes(std::string const& text)
{
    auto const is_octal = [](char digit) { return digit >= '0' && digit <= '7'; };
    std::string plain;
    for (std::size_t at = 0; at < text.size(); ++at) {
        bool const is_escape = text[at] == '\\' && text.size() - at > 3 && std::all_of(&text[at + 1], &text[at + 1] + 3, is_octal);
        plain += is_escape ? static_cast<char>(std::stoi(text.substr(at + 1, 3), nullptr, 8)) : text[at];
        if (is_escape) at += 3;
    }
    return plain;
}

// "36 35 98:0 /root /point options optional... - type source more"
Mount read_mount(std::string const& line)
{
    Mount mount;
    std::string skipped;
    std::istringstream words(line);
    words >> skipped >> skipped >> skipped >> mount.root >> mount.point;
    while (words >> skipped && skipped != "-") {
    }
    words >> mount.type >> mount.source;
    mount.point = without_escapes(mount.point);
    return mount;
}

bool holds(std::filesystem::path const& point, std::filesystem::path const& folder)
{
    bool const is_above = std::mismatch(point.begin(), point.end(), folder.begin(), folder.end()).first == point.end();
    return !point.empty() && is_above;
}

// vfs, btrfs and zfs name a layer by 64 hexadecimal digits, as the last part of a folder or of a data set.
bool is_layer(std::string const& name)
{
    auto const last = name.substr(name.rfind('/') + 1);
    return last.size() == 64 && last.find_first_not_of("0123456789abcdef") == std::string::npos;
}

} // namespace

bool is_of_a_container(std::string_view mountinfo, std::filesystem::path const& folder)
{
    Mount of_folder;
    std::istringstream lines{std::string(mountinfo)};
    for (std::string line; std::getline(lines, line);) {
        Mount mount = read_mount(line);
        // What is mounted later over the same place hides what was there.
        bool const is_nearer = holds(mount.point, folder) && mount.point.size() >= of_folder.point.size();
        if (is_nearer) of_folder = std::move(mount);
    }
    if (of_folder.type == "fuse.fuse-overlayfs") return true;
    // Elsewhere than at `/` a layer was put there by somebody who wants it there, and a volume is what we ask for.
    if (of_folder.point != "/") return false;
    return is_layer(of_folder.root) || (of_folder.type == "zfs" && is_layer(of_folder.source)) ||
           of_folder.root.find("/io.containerd.snapshotter.") != std::string::npos;
}

} // namespace pollux::config
