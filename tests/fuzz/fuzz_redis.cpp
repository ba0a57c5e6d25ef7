// Redis' replies: the same bytes give the same replies, and the same refusal, however they are cut; and a command of any words reads as
// the list of its words.
#include "redis/protocol.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace {

using namespace pollux::redis;

struct Parsed {
    std::vector<Reply> replies;
    std::string failure;
    bool operator==(Parsed const&) const = default;
};

Parsed parse(std::string_view bytes, std::size_t piece_bytes)
{
    ReplyReader reader;
    Parsed parsed;
    for (std::size_t at = 0; at < bytes.size(); at += piece_bytes) {
        reader.feed(bytes.substr(at, piece_bytes));
        while (auto reply = reader.next()) parsed.replies.push_back(std::move(*reply));
    }
    parsed.failure = reader.failure();
    return parsed;
}

// A byte with a length, so many bytes, and so on.
std::vector<std::string_view> words_of(std::string_view bytes)
{
    std::vector<std::string_view> words;
    for (std::size_t at = 0; at < bytes.size();) {
        auto const size = std::min<std::size_t>(static_cast<unsigned char>(bytes[at]), bytes.size() - at - 1);
        words.push_back(bytes.substr(at + 1, size));
        at += 1 + size;
    }
    return words;
}

void check_command(std::vector<std::string_view> const& words)
{
    std::string command;
    append_command(command, words);
    auto const parsed = parse(command, command.size());
    if (!parsed.failure.empty() || parsed.replies.size() != 1) std::abort();
    auto const& list = parsed.replies.front().list;
    if (list.size() != words.size()) std::abort();
    for (std::size_t index = 0; index < words.size(); ++index) {
        if (!list[index].is_text() || list[index].text != words[index]) std::abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    if (size == 0) return 0;
    std::string_view const bytes(reinterpret_cast<char const*>(data) + 1, size - 1);
    auto const whole = parse(bytes, bytes.size() + 1);
    if (parse(bytes, 1 + data[0] % 16) != whole) std::abort();
    check_command(words_of(bytes));
    return 0;
}
