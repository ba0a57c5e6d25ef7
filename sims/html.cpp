#include "html.hpp"

namespace pollux::sims {

std::string escaped(std::string_view text)
{
    std::string safe;
    for (char const letter : text) {
        if (letter == '&')
            safe += "&amp;";
        else if (letter == '<')
            safe += "&lt;";
        else if (letter == '>')
            safe += "&gt;";
        else if (letter == '"')
            safe += "&quot;";
        else
            safe += letter;
    }
    return safe;
}

} // namespace pollux::sims
