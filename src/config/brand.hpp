// The settings of the pages: whose they are, and whether that can be read on them. The functions that read fit Setting::read.
#pragma once

#include "config/load.hpp"
#include "config/settings.hpp"

#include <string>
#include <vector>

namespace pollux::config {

Complaint read_brand_name(std::string const& text, Config& config);
Complaint read_logo_file(std::string const& text, Config& config);

// An address for people to go to, kept as it was typed: it may have a query and a fragment, unlike those that Pollux calls itself.
bool is_link(std::string_view text);

template <auto Member>
Complaint read_colour(std::string const& text, Config& config)
{
    config.*Member = parse_colour(text);
    if (config.*Member) return {};
    return "must be a colour like 0c6078, six hexadecimal digits; # may stand in front, which a .env file takes in quotes only";
}

template <auto Member>
Complaint read_link(std::string const& text, Config& config)
{
    if (!is_link(text)) return "must be an address like https://example.com/terms";
    config.*Member = text;
    return {};
}

// Reads the logo's file into brand_logo, or says in a line why it cannot be shown.
std::optional<std::string> load_logo(Config& config, FileReader const& read_file);

// A line for each accent that text cannot be read in, with what would do.
std::vector<std::string> unreadable_accents(Config const& config);

} // namespace pollux::config
