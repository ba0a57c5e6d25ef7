#include "config/settings_document.hpp"

#include "config/settings.hpp"

namespace pollux::config {
namespace {

constexpr std::string_view opening =
    "# Settings\n\n"
    "<!-- Made by `pollux settings` from src/config/settings.cpp. -->\n\n"
    "Pollux reads its settings from the environment and from a file `.env` in the working folder; the environment wins. `NAME_FILE` gives\n"
    "NAME from a file. A key, secret or URL that still holds an example's text (`your-` or `your_`) counts as unset. A wrong value stops "
    "the\n"
    "start with one line, and with `DEBUG=False` so does an unsafe one. `pollux doctor` checks everything without starting.\n\n"
    "In `.env` a line is `NAME=value`, with `export` before it if you like. `#` starts a comment. A value with spaces at its ends, with ` "
    "#`\n"
    "or with several lines stands in quotes: in single ones everything stands for itself, in double ones `\\n`, `\\\"` and `\\\\` are "
    "known.\n"
    "Nothing is expanded: `$X` stays `$X`.\n";

// A cell of a Markdown table.
std::string cell(std::string_view text)
{
    std::string escaped;
    for (char const letter : text) {
        if (letter == '|') escaped.push_back('\\');
        escaped.push_back(letter);
    }
    return escaped;
}

std::string fallback_of(Setting const& setting)
{
    if (!setting.fallback_note.empty()) return cell(setting.fallback_note);
    if (setting.fallback.empty()) return "none";
    return "`" + cell(setting.fallback) + "`";
}

} // namespace

std::string settings_document()
{
    std::string text(opening);
    std::string_view group;
    for (Setting const& setting : settings()) {
        if (setting.group != group) {
            group = setting.group;
            text.append("\n## ").append(group).append("\n\n| setting | default | meaning |\n|---|---|---|\n");
        }
        text.append("| `").append(setting.name).append("` | ").append(fallback_of(setting)).append(" | ").append(cell(setting.meaning));
        if (!is_built(setting.part)) {
            text.append(" *Read and checked; takes effect with ").append(name_of(setting.part)).append(", in a later version.*");
        }
        text.append(" |\n");
    }
    return text;
}

} // namespace pollux::config
