#include "ai/refusal.hpp"

#include "base/lenient_json.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <cctype>

namespace pollux::ai {
namespace {

constexpr std::size_t word_bytes_max = 100;

} // namespace

Failed::Kind kind_of_status(int status)
{
    switch (status) {
    case 0:
    case 408:
    case 425:
    case 429: return Failed::Kind::transient;
    case 501:
    case 505: return Failed::Kind::permanent;
    default: return status >= 500 ? Failed::Kind::transient : Failed::Kind::permanent;
    }
}

std::string fixed_word(boost::json::object const& object, std::string_view name)
{
    auto const text = text_at(object, name);
    bool const plain = std::ranges::all_of(
        text, [](unsigned char letter) { return std::isalnum(letter) != 0 || letter == '_' || letter == '-' || letter == '.'; });
    return plain && text.size() <= word_bytes_max ? std::string(text) : std::string();
}

std::optional<std::chrono::milliseconds> read_retry_after(std::string_view header)
{
    auto const seconds = parse_integer(header);
    if (!seconds || *seconds < 0 || *seconds > retry_after_max.count()) return std::nullopt;
    return std::chrono::seconds(*seconds);
}

} // namespace pollux::ai
