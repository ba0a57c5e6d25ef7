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

std::string page(std::string_view title, std::string_view content, int refresh_s)
{
    auto const refresh = refresh_s == 0 ? std::string() : "<meta http-equiv=refresh content=" + std::to_string(refresh_s) + ">";
    return "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">" + refresh +
           "<style>body{font-family:sans-serif;margin:2em}table{border-collapse:collapse}th,td{border:1px solid #999;padding:.3em .6em;"
           "text-align:left;vertical-align:top}pre{margin:0;white-space:pre-wrap}</style><title>" +
           escaped(title) + "</title><h1>" + escaped(title) + "</h1>" + std::string(content) + "</html>\n";
}

} // namespace pollux::sims
