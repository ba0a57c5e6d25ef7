#include "base/unicode.hpp"

#include "base/text.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace pollux {
namespace {

using CodePoint = utf8proc_int32_t;

struct Range {
    CodePoint first;
    CodePoint last;
};

// Marks that people leave out when they search.
constexpr Range optional_marks[] = {
    {0x0300, 0x036f},                                                                         // Combining diacritical marks.
    {0x0483, 0x0487},                                                                         // Cyrillic.
    {0x0591, 0x05bd}, {0x05bf, 0x05bf}, {0x05c1, 0x05c2}, {0x05c4, 0x05c5}, {0x05c7, 0x05c7}, // Hebrew points.
    {0x0610, 0x061a}, {0x064b, 0x065f}, {0x0670, 0x0670},                                     // Arabic vowel signs.
    {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff},                                                       // More diacritical marks.
};

bool is_optional_mark(CodePoint mark)
{
    return std::ranges::any_of(optional_marks, [mark](Range const& range) { return mark >= range.first && mark <= range.last; });
}

bool is_ascii(std::string_view text)
{
    return std::ranges::all_of(text, [](char character) { return static_cast<unsigned char>(character) < 0x80; });
}

utf8proc_uint8_t const* bytes_of(std::string_view text)
{
    return reinterpret_cast<utf8proc_uint8_t const*>(text.data());
}

std::vector<CodePoint> decompose(std::string_view text, int options)
{
    std::vector<CodePoint> points(text.size() + 16);
    for (;;) {
        auto const wanted = utf8proc_decompose(bytes_of(text), static_cast<utf8proc_ssize_t>(text.size()), points.data(),
                                               static_cast<utf8proc_ssize_t>(points.size()), static_cast<utf8proc_option_t>(options));
        if (wanted < 0) throw std::invalid_argument(utf8proc_errmsg(wanted));
        bool const fits = static_cast<std::size_t>(wanted) <= points.size();
        // One place more: utf8proc writes a NUL behind what it encodes.
        points.resize(static_cast<std::size_t>(wanted) + (fits ? 0 : 1));
        if (fits) return points;
    }
}

std::string compose(std::vector<CodePoint> points, int options)
{
    auto const count = static_cast<utf8proc_ssize_t>(points.size());
    points.push_back(0);
    auto const size = utf8proc_reencode(points.data(), count, static_cast<utf8proc_option_t>(options));
    if (size < 0) throw std::invalid_argument(utf8proc_errmsg(size));
    return {reinterpret_cast<char const*>(points.data()), static_cast<std::size_t>(size)};
}

// The last place up to `end` between two printable ASCII characters, where a cluster always ends, or 0.
std::size_t plain_border(std::string_view utf8, std::size_t end)
{
    auto const is_plain = [](char letter) { return letter >= 0x20 && letter < 0x7F; };
    while (end > 0 && !(is_plain(utf8[end - 1]) && is_plain(utf8[end]))) --end;
    return end;
}

// Calls `take` with each code point and its bytes.
template <class Take>
void each_point(std::string_view utf8, Take take)
{
    while (!utf8.empty()) {
        CodePoint point = 0;
        auto const size = utf8proc_iterate(bytes_of(utf8), static_cast<utf8proc_ssize_t>(utf8.size()), &point);
        if (size <= 0) return;
        take(point, utf8.substr(0, static_cast<std::size_t>(size)));
        utf8.remove_prefix(static_cast<std::size_t>(size));
    }
}

// Not seen themselves, but what stands beside them looks otherwise without them.
constexpr Range shaping[] = {{0x180b, 0x180f}, {0x200c, 0x200d}, {0xfe00, 0xfe0f}};

bool is_shaping(CodePoint point)
{
    return std::ranges::any_of(shaping, [point](Range const& range) { return point >= range.first && point <= range.last; });
}

constexpr CodePoint braille_blank = 0x2800; // A picture, by its category.

bool is_word_or_picture(CodePoint point)
{
    if (utf8proc_get_property(point)->ignorable || point == braille_blank) return false; // A filler is a letter, by its category.
    switch (utf8proc_category(point)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
    case UTF8PROC_CATEGORY_SO: return true;
    default: return false;
    }
}

} // namespace

std::string fold_for_search(std::string_view utf8)
{
    if (is_ascii(utf8)) return lower_ascii(utf8);
    constexpr int options = UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;
    auto points = decompose(utf8, options);
    std::erase_if(points, is_optional_mark);
    return compose(std::move(points), UTF8PROC_STABLE | UTF8PROC_COMPOSE);
}

std::string without_unseen(std::string_view utf8)
{
    if (is_ascii(utf8)) return std::string(utf8);
    std::string seen;
    each_point(utf8, [&seen](CodePoint point, std::string_view bytes) {
        bool const is_unseen = utf8proc_get_property(point)->ignorable && !is_shaping(point);
        if (!is_unseen) seen += bytes;
    });
    return seen;
}

bool has_word_or_picture(std::string_view utf8)
{
    bool has_some = false;
    each_point(utf8, [&has_some](CodePoint point, std::string_view) { has_some = has_some || is_word_or_picture(point); });
    return has_some;
}

std::string_view cut_clusters(std::string_view utf8, std::size_t count_max)
{
    auto const longest = cut_code_points(utf8, count_max);
    if (longest.size() == utf8.size()) return utf8;

    std::size_t border = plain_border(utf8, longest.size()); // The last one between clusters that fits.
    std::size_t at = border;
    CodePoint previous = border == 0 ? -1 : utf8[border - 1];
    utf8proc_int32_t state = 0;
    while (at <= longest.size() && at < utf8.size()) {
        CodePoint point = 0;
        auto const size = utf8proc_iterate(bytes_of(utf8.substr(at)), static_cast<utf8proc_ssize_t>(utf8.size() - at), &point);
        if (size <= 0) break;
        bool const is_border = previous >= 0 && utf8proc_grapheme_break_stateful(previous, point, &state);
        if (is_border) border = at;
        previous = point;
        at += static_cast<std::size_t>(size);
    }
    return border == 0 ? longest : utf8.substr(0, border);
}

} // namespace pollux
