#include "chat/rooms/room_name.hpp"

#include "base/text.hpp"
#include "base/unicode.hpp"

namespace pollux::chat {
namespace {

constexpr std::size_t name_characters_max = 60;
constexpr std::size_t name_word_characters_min = 30; // A cut between words leaves at least so much.

bool is_space_or_control(char character)
{
    auto const byte = static_cast<unsigned char>(character);
    return byte <= 0x20 || byte == 0x7f;
}

} // namespace

std::string one_line(std::string_view text)
{
    std::string line;
    for (char const character : text) {
        if (!is_space_or_control(character)) {
            line += character;
        } else if (!line.empty() && line.back() != ' ') {
            line += ' ';
        }
    }
    while (line.ends_with(' ')) line.pop_back();
    return line;
}

std::string cut_room_name(std::string line)
{
    auto const whole = cut_clusters(line, name_characters_max);
    if (whole.size() == line.size()) return line;
    auto cut = cut_clusters(line, name_characters_max - 1); // Room for the ellipsis.
    auto const space = cut.rfind(' ');
    if (space != std::string_view::npos && code_points(cut.substr(0, space)) >= name_word_characters_min) cut = cut.substr(0, space);
    return std::string(cut) + "…";
}

std::string name_after(std::string_view message)
{
    while (!message.empty() && is_space_or_control(message.front())) message.remove_prefix(1);
    message = message.substr(0, message.find_first_of("\r\n"));
    auto line = one_line(message);
    if (line.empty() || has_control_or_bidi(line)) return std::string(unnamed_room);
    return cut_room_name(std::move(line));
}

} // namespace pollux::chat
