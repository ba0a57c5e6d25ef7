// What tests of loading share: a .env, a clock, and files that hold a key.
#pragma once

#include "config/load.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pollux::config::test {

inline constexpr std::string_view good_key = "Zk3vX9q-7Lw2TmB5sR8uYc1NhD6fGjPa";

inline Time at(int year, unsigned month, unsigned day)
{
    return Time(
        std::chrono::sys_days(std::chrono::year_month_day(std::chrono::year(year), std::chrono::month(month), std::chrono::day(day))));
}

inline Sources sources_of(std::string_view dotenv)
{
    Sources sources;
    sources.dotenv = dotenv;
    sources.now = at(2026, 11, 22);
    sources.cores = 2;
    sources.vanishes = [](std::filesystem::path const& file) { return file.string().starts_with("/in/the/container"); };
    sources.read_file = [](std::string const& path) -> std::optional<std::string> {
        if (path == "/run/key") return std::string(good_key) + "\n";
        if (path == "/run/crlf") return std::string(good_key) + "\r\n";
        if (path == "brand/logo.svg") return "<svg/>";
        if (path == "/run/large") return std::string(70'000, 'x');
        return std::nullopt;
    };
    return sources;
}

inline std::string joined(std::vector<std::string> const& lines)
{
    std::string text;
    for (std::string const& line : lines) text += line + "\n";
    return text;
}

// What stands in every production case, so that each shows one fault alone.
inline std::string production(std::string_view more)
{
    return "SECRET_KEY=" + std::string(good_key) + "\nGEMINI_API_KEY=AIzaSyTest\nALLOWED_HOSTS=chat.example.com\n" + std::string(more);
}

} // namespace pollux::config::test
