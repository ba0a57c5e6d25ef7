#include "config/key_strength.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <set>
#include <string>

namespace pollux::config {
namespace {

constexpr std::size_t key_bytes_min = 32;
constexpr std::size_t letters_min = 8;
constexpr std::size_t steps_min = 20; // 32 random hexadecimal digits have 28 and more.

// What fingers and counting write by themselves.
constexpr std::string_view known_rows =
    "abcdefghijklmnopqrstuvwxyz zyxwvutsrqponmlkjihgfedcba 01234567890 09876543210 qwertyuiop asdfghjkl zxcvbnm "
    "poiuytrewq lkjhgfdsa mnbvcxz qwertzuiop azertyuiop 1qaz2wsx3edc4rfv5tgb6yhn7ujm password secret ";

// In how many steps the key can be told to somebody who knows the rows: a letter is one, and so is any longer piece that stands in the
// rows or in the key before. Repetition and rows of any length cost little then, random letters one step each.
std::size_t steps_to_tell(std::string_view key)
{
    constexpr std::size_t piece_min = 3;
    std::string const told = std::string(known_rows) + lower_ascii(key);
    std::size_t steps = 0;
    for (std::size_t at = known_rows.size(); at < told.size(); ++steps) {
        std::size_t length = 1;
        for (std::size_t longer = piece_min; at + longer <= told.size(); ++longer) {
            auto const known = std::string_view(told).substr(0, at + longer - 1); // A repetition may reach into itself.
            if (known.find(std::string_view(told).substr(at, longer)) >= at) break;
            length = longer;
        }
        at += length;
    }
    return steps;
}

} // namespace

std::string_view weakness(std::string_view key)
{
    if (key.size() < key_bytes_min) return "is shorter than 32 bytes";
    std::set<char> const letters(key.begin(), key.end());
    if (letters.size() < letters_min) return "has fewer than 8 different characters";
    std::string const lowered = lower_ascii(key);
    for (std::string_view const word : {"insecure", "changeme", "change-me", "change_me", "secret-key", "secret_key"}) {
        if (lowered.find(word) != std::string::npos) return "looks like an example";
    }
    constexpr std::size_t judged_bytes_max = 256;
    if (steps_to_tell(key.substr(0, judged_bytes_max)) < steps_min) return "repeats itself, or runs along the keyboard or the alphabet";
    return {};
}

} // namespace pollux::config
