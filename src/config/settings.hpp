// The one list of settings. Loading, checking and docs/settings.md all come from it; a setting that is not here does not exist.
#pragma once

#include "config/config.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace pollux::config {

// Nothing, or what is wrong, to stand behind the setting's name: "must be a number from 1 to 256". Never repeats the value.
using Complaint = std::optional<std::string>;

enum class Kind {
    plain,
    url,    // For this and the next two, a text with "your-" or "your_" in it is an example and counts as unset.
    key,    // Public, like STRIPE_PUBLISHABLE_KEY.
    secret, // Its value is never shown.
};

enum class Empty { is_unset, is_a_value };

// What a setting belongs to, so that the documentation can say which ones have no effect yet.
enum class Part { core, postgres, compatible_models, titles, model_rate, proxies, rate_rules, metrics, sms, stripe, retention };
bool is_built(Part part);
std::string_view name_of(Part part); // "PostgreSQL"

struct Setting {
    std::string_view group; // The heading it stands under.
    std::string_view name;
    std::string_view fallback;      // Its value when it is not set, readable by `read`; empty: none.
    std::string_view fallback_note; // Instead of `fallback`, where that depends on other settings.
    std::string_view meaning;
    Complaint (*read)(std::string const& text, Config& config);
    Kind kind = Kind::plain;
    Part part = Part::core;
    Empty empty = Empty::is_unset;
};

// In the order of the documentation. Where two settings fill one member, the later one wins.
std::span<Setting const> settings();
Setting const* find_setting(std::string_view name);

} // namespace pollux::config
