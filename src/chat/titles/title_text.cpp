#include "chat/titles/title_text.hpp"

#include "base/text.hpp"
#include "base/unicode.hpp"
#include "chat/rooms/room_name.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace pollux::chat {
namespace {

constexpr std::size_t said_characters_max = 160; // Of one line; what is longer is no name, but an answer.

// Written instead of a line break or a plain space.
constexpr auto spaces = std::to_array<std::string_view>({"\t", "\u00a0", "\u2028", "\u2029", "\u3000", "\u202f", "\u2009", "\u2800"});

// What models without a parser for their thoughts write them between. The first mark may stand in what the model was asked.
constexpr auto thought_marks = std::to_array<std::pair<std::string_view, std::string_view>>(
    {{"<think>", "</think>"}, {"<thinking>", "</thinking>"}, {"<thought>", "</thought>"}, {"<reasoning>", "</reasoning>"}});

constexpr auto quotes = std::to_array<std::pair<std::string_view, std::string_view>>({{"\"", "\""},
                                                                                      {"'", "'"},
                                                                                      {"“", "”"},
                                                                                      {"„", "“"},
                                                                                      {"„", "”"},
                                                                                      {"‘", "’"},
                                                                                      {"‚", "‘"},
                                                                                      {"«", "»"},
                                                                                      {"»", "«"},
                                                                                      {"‹", "›"},
                                                                                      {"「", "」"},
                                                                                      {"『", "』"},
                                                                                      {"《", "》"},
                                                                                      {"〈", "〉"},
                                                                                      {"【", "】"},
                                                                                      {"״", "״"},
                                                                                      {"(", ")"},
                                                                                      {"[", "]"}});

constexpr auto last_marks = std::to_array<std::string_view>({".", "。", "．", "।", "۔", ",", "،", "、", ":", "：", ";", "…"});

// What models write in front of a name, in whatever case.
constexpr auto labels = std::to_array<std::string_view>(
    {"title", "chat title", "conversation title", "name", "titel", "titre", "título",  "titulo", "titolo", "название", "заголовок",
     "标题",  "標題",       "タイトル",           "제목", "शीर्षक", "عنوان", "العنوان", "כותרת",  "τίτλος", "başlık"});

void replace_all(std::string& text, std::string_view what, std::string_view by)
{
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) text.replace(at, what.size(), by);
}

// "[text](address)" becomes its text.
void unlink(std::string& text)
{
    for (std::size_t middle = 0; (middle = text.find("](", middle)) != std::string::npos;) {
        auto const open = text.rfind('[', middle);
        auto const close = text.find(')', middle);
        if (open == std::string::npos || close == std::string::npos) return;
        text.erase(middle, close + 1 - middle);
        text.erase(open, 1);
        middle = open;
    }
}

bool drop_front(std::string_view& text, std::string_view what)
{
    bool const is_there = text.starts_with(what);
    if (is_there) text.remove_prefix(what.size());
    return is_there;
}

// Marks of a heading, of a quotation, of a list ("- ", "1. "), of a table.
std::string_view without_list_mark(std::string_view line)
{
    line = trim(line);
    auto const whole = line.size();
    while (!line.empty() && std::string_view("#>|").find(line.front()) != std::string_view::npos) line = trim(line.substr(1));
    bool const is_marked = line.size() < whole; // Then its end may be too; "C#" is a name.
    for (std::string_view const mark : {"- ", "+ ", "* ", "• ", "– ", "— ", "1. ", "1) "}) {
        if (drop_front(line, mark)) break;
    }
    while (is_marked && (line.ends_with('#') || line.ends_with('|'))) line.remove_suffix(1);
    return trim(line);
}

bool is_label(std::string_view text)
{
    auto const word = fold_for_search(trim(text));
    return std::ranges::any_of(labels, [&word](auto label) { return fold_for_search(label) == word; });
}

// "Title: A name" is "A name".
std::string_view without_label(std::string_view line)
{
    for (std::string_view const colon : {":", "："}) {
        auto const at = line.find(colon);
        if (at != std::string_view::npos && is_label(line.substr(0, at))) return trim(line.substr(at + colon.size()));
    }
    return line;
}

std::string_view without_quotes(std::string_view line)
{
    for (auto const& [open, close] : quotes) {
        bool const is_quoted = line.size() > open.size() + close.size() && line.starts_with(open) && line.ends_with(close);
        if (!is_quoted) continue;
        auto const inner = line.substr(open.size(), line.size() - open.size() - close.size());
        bool const is_one_pair = inner.find(open) == std::string_view::npos && inner.find(close) == std::string_view::npos;
        if (is_one_pair) return trim(inner);
    }
    return line;
}

std::string_view without_last_mark(std::string_view line)
{
    for (auto const mark : last_marks) {
        if (line.ends_with(mark)) return trim(line.substr(0, line.size() - mark.size()));
    }
    return line;
}

// nullopt: it thought, and never came to an end.
std::optional<std::string_view> without_thoughts(std::string_view said)
{
    for (auto const& [open, close] : thought_marks) {
        auto const end = said.rfind(close);
        if (end != std::string_view::npos) said.remove_prefix(end + close.size());
        if (said.find(open) != std::string_view::npos) return std::nullopt;
    }
    return said;
}

// Lines with text, without what only frames them.
std::vector<std::string> lines_of(std::string_view said)
{
    std::string text(said);
    replace_all(text, "\r", "\n");
    for (auto const space : spaces) replace_all(text, space, " ");
    text = without_unseen(text);
    for (std::string_view const mark : {"**", "__", "~~", "`"}) replace_all(text, mark, "");
    unlink(text);
    std::vector<std::string> lines;
    for (std::string_view rest = text; !rest.empty();) {
        auto const end = std::min(rest.find('\n'), rest.size());
        auto const line = without_list_mark(rest.substr(0, end));
        if (has_word_or_picture(line)) lines.emplace_back(line);
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return lines;
}

} // namespace

std::optional<std::string> title_from(std::string_view said)
{
    auto const answer = without_thoughts(said);
    if (!answer) return std::nullopt;
    auto const lines = lines_of(*answer);
    if (lines.empty()) return std::nullopt;
    // "Here is a name for it:", or "Title:", and the name on the next line.
    bool const is_announced = lines.size() > 1 && (lines.front().ends_with(':') || lines.front().ends_with("："));
    std::string_view line = is_announced ? lines[1] : lines[0];
    for (std::string_view before; before != line;) {
        before = line;
        if (line.size() > 1 && (line.front() == '*' || line.front() == '_') && line.back() == line.front()) {
            line = trim(line.substr(1, line.size() - 2));
        }
        line = without_last_mark(without_quotes(without_label(line)));
    }
    if (!has_word_or_picture(line) || code_points(line) > said_characters_max) return std::nullopt;
    auto name = cut_room_name(one_line(line));
    if (has_control_or_bidi(name)) return std::nullopt;
    return name;
}

} // namespace pollux::chat
