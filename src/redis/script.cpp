#include "redis/script.hpp"

#include "base/secrets.hpp"
#include "ops/log.hpp"

#include <openssl/evp.h>

#include <array>

namespace pollux::redis {
namespace {

std::string sha1_hex(std::string_view bytes)
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha1(), nullptr);
    return to_hex({reinterpret_cast<char const*>(digest.data()), size});
}

std::string script_command(std::string_view how, std::string_view what, std::vector<std::string> const& keys,
                           std::vector<std::string> const& arguments)
{
    std::vector<std::string_view> words{how, what};
    auto const count = std::to_string(keys.size());
    words.emplace_back(count);
    words.insert(words.end(), keys.begin(), keys.end());
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::string out;
    append_command(out, words);
    return out;
}

} // namespace

Script::Script(Client& client, std::string source) : client_(client), source_(std::move(source)), hash_(sha1_hex(source_)) {}

std::string Script::eval_command(std::vector<std::string> const& keys, std::vector<std::string> const& arguments) const
{
    return script_command("EVAL", source_, keys, arguments);
}

asio::awaitable<std::optional<Reply>> Script::run(std::vector<std::string> keys, std::vector<std::string> arguments,
                                                  Patience patience) const
{
    auto short_form = script_command("EVALSHA", hash_, keys, arguments);
    auto reply = co_await client_.call(std::move(short_form), patience);
    bool const is_unknown = reply && reply->is_error() && reply->text.starts_with("NOSCRIPT");
    if (is_unknown) {
        auto whole = eval_command(keys, arguments);
        reply = co_await client_.call(std::move(whole), patience);
    }
    if (reply && reply->is_error()) {
        ops::log(ops::Level::debug, "redis_refused", {{"error", reply->text}});
        co_return std::nullopt;
    }
    co_return reply;
}

} // namespace pollux::redis
