#include "ops/log_line.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <charconv>

namespace pollux::ops {
namespace {

bool is_plain_ascii(char letter)
{
    return letter >= ' ' && letter < 127 && letter != '"' && letter != '\\';
}

// May stand in a text line without quotes.
bool is_bare(std::string_view value)
{
    auto allowed = [](char c) { return is_plain_ascii(c) && c != ' ' && c != '='; };
    return !value.empty() && std::all_of(value.begin(), value.end(), allowed);
}

void append_unicode_escape(std::string& out, unsigned code)
{
    constexpr std::string_view digits = "0123456789abcdef";
    out.append("\\u");
    for (int shift = 12; shift >= 0; shift -= 4) out.push_back(digits[(code >> shift) & 15]);
}

std::size_t length_by_first_byte(unsigned char first)
{
    if (first < 0xC0) return 1;
    return first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

// The character of more than one byte at the front of `rest`; returns how many bytes it took.
std::size_t append_wide(std::string& out, std::string_view rest)
{
    std::string_view character = rest.substr(0, length_by_first_byte(static_cast<unsigned char>(rest.front())));
    if (!is_utf8(character)) {
        append_unicode_escape(out, 0xFFFD);
        return 1;
    }
    bool const is_separator = character == "\u2028" || character == "\u2029";
    if (!is_separator && !has_control_or_bidi(character)) {
        out.append(character);
        return character.size();
    }
    // All of these have two or three bytes.
    auto bits = [&](std::size_t index) { return static_cast<unsigned char>(character[index]) & 0x3Fu; };
    unsigned const first = static_cast<unsigned char>(character[0]);
    unsigned const code = character.size() == 2 ? (first & 0x1F) << 6 | bits(1) : (first & 0x0F) << 12 | bits(1) << 6 | bits(2);
    append_unicode_escape(out, code);
    return character.size();
}

void append_quoted(std::string& out, std::string_view value)
{
    out.push_back('"');
    while (!value.empty()) {
        auto special = std::find_if_not(value.begin(), value.end(), is_plain_ascii);
        std::size_t const plain = static_cast<std::size_t>(special - value.begin());
        out.append(value.substr(0, plain));
        value.remove_prefix(plain);
        if (value.empty()) break;
        char const letter = value.front();
        std::size_t taken = 1;
        if (letter == '"' || letter == '\\') {
            out.push_back('\\');
            out.push_back(letter);
        } else if (letter == '\n') {
            out.append("\\n");
        } else if (letter == '\r') {
            out.append("\\r");
        } else if (letter == '\t') {
            out.append("\\t");
        } else if (static_cast<unsigned char>(letter) < 0x80) {
            append_unicode_escape(out, static_cast<unsigned char>(letter));
        } else {
            taken = append_wide(out, value);
        }
        value.remove_prefix(taken);
    }
    out.push_back('"');
}

void append_integer(std::string& out, std::int64_t number)
{
    char digits[24];
    auto end = std::to_chars(digits, digits + sizeof digits, number);
    out.append(digits, end.ptr);
}

// RFC 3339 with microseconds. Making a date costs ten times more than the rest of a line, so each thread keeps the last second's.
void append_time(std::string& out, Time now)
{
    thread_local std::int64_t kept_second = -1;
    thread_local std::string kept_text;
    std::int64_t const second = micros(now) / 1'000'000;
    if (second != kept_second || kept_text.empty()) {
        kept_text = rfc3339(time_of(second * 1'000'000)).substr(0, 19);
        kept_second = second;
    }
    char fraction[] = ".000000Z";
    std::int64_t rest = micros(now) % 1'000'000;
    for (int index = 6; index > 0; --index, rest /= 10) fraction[index] = static_cast<char>('0' + rest % 10);
    out.append(kept_text).append(fraction, 8);
}

void append_json(std::string& out, Time now, Level level, std::string_view event, std::span<Field const> fields)
{
    out.append("{\"time\":\"");
    append_time(out, now);
    out.append("\",\"level\":\"").append(name_of(level)).append("\",\"event\":");
    append_quoted(out, event);
    for (Field const& field : fields) {
        out.push_back(',');
        append_quoted(out, field.name);
        out.push_back(':');
        if (auto const* text = std::get_if<std::string_view>(&field.value)) append_quoted(out, *text);
        if (auto const* number = std::get_if<std::int64_t>(&field.value)) append_integer(out, *number);
    }
    out.push_back('}');
}

void append_word(std::string& out, std::string_view word)
{
    if (is_bare(word)) {
        out.append(word);
    } else {
        append_quoted(out, word);
    }
}

void append_text(std::string& out, Time now, Level level, std::string_view event, std::span<Field const> fields)
{
    append_time(out, now);
    out.push_back(' ');
    out.append(name_of(level));
    out.append(8 - name_of(level).size(), ' ');
    append_word(out, event);
    for (Field const& field : fields) {
        out.push_back(' ');
        append_word(out, field.name);
        out.push_back('=');
        if (auto const* text = std::get_if<std::string_view>(&field.value)) append_word(out, *text);
        if (auto const* number = std::get_if<std::int64_t>(&field.value)) append_integer(out, *number);
    }
}

} // namespace

std::string_view name_of(Level level)
{
    switch (level) {
    case Level::debug: return "debug";
    case Level::info: return "info";
    case Level::warning: return "warning";
    case Level::error: return "error";
    }
    return "";
}

void append_log_line(std::string& out, LogFormat format, Time now, Level level, std::string_view event, std::span<Field const> fields)
{
    if (format == LogFormat::json) return append_json(out, now, level, event, fields);
    append_text(out, now, level, event, fields);
}

} // namespace pollux::ops
