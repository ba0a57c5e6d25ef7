#include "models/question.hpp"

#include <boost/json/object.hpp>

#include <cstdio>

namespace pollux::sims {

namespace json = boost::json;

namespace {

std::uint64_t digest(Question const& question)
{
    std::uint64_t hash = 14695981039346656037u; // FNV-1a.
    auto const add = [&hash](std::string_view text) {
        for (char byte : text) hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211u;
    };
    for (auto const& turn : question.turns) {
        add(turn.role);
        add(":");
        add(turn.text);
        for (auto const& file : turn.files) add(file.mime_type + " " + file.uri + " " + std::to_string(file.bytes));
        add("\n");
    }
    return hash;
}

// A line for each file of the last turn, so that a test sees that it arrived.
std::string echo_of_files(Question const& question)
{
    std::string lines;
    for (auto const& file : question.turns.back().files)
        lines += "\n> " + file.mime_type + " " + (file.uri.empty() ? std::to_string(file.bytes) + " bytes" : file.uri);
    return lines;
}

} // namespace

std::string_view Question::last_user_text() const
{
    for (auto turn = turns.rbegin(); turn != turns.rend(); ++turn) {
        if (turn->role == "user") return turn->text;
    }
    return {};
}

std::string echo(Question const& question)
{
    char number[17];
    std::snprintf(number, sizeof number, "%016llx", static_cast<unsigned long long>(digest(question)));
    return "**Echo** of turn " + std::to_string(question.turns.size()) + " (digest " + number + ")\n\n> " +
           std::string(question.last_user_text()) + echo_of_files(question) +
           "\n\n- system: " + (question.system.empty() ? "none" : std::to_string(question.system.size()) + " bytes") +
           "\n- end of the echo\n";
}

json::array describe_files(std::vector<File> const& files)
{
    json::array described;
    for (auto const& file : files) {
        json::object one{{"mime_type", file.mime_type}};
        if (file.uri.empty()) {
            one["bytes"] = file.bytes;
        } else {
            one["uri"] = file.uri;
        }
        described.push_back(std::move(one));
    }
    return described;
}

std::int64_t count_tokens(Question const& question)
{
    constexpr std::int64_t tokens_of_a_file = 258; // A small picture, or a page.
    std::int64_t sum = count_tokens(question.system);
    for (auto const& turn : question.turns)
        sum += count_tokens(turn.text) + tokens_of_a_file * static_cast<std::int64_t>(turn.files.size());
    return sum;
}

std::int64_t count_tokens(std::string_view text)
{
    return static_cast<std::int64_t>((text.size() + 3) / 4);
}

} // namespace pollux::sims
