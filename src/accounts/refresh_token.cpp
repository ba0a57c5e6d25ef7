#include "accounts/refresh_token.hpp"

#include "base/secrets.hpp"
#include "base/text.hpp"

namespace pollux::accounts {
namespace {

constexpr std::string_view version = "v1";
constexpr std::size_t mac_characters = 43; // 32 bytes.
constexpr std::size_t token_bytes_max = 128;

std::string unsigned_text(UserId user, SessionId session, std::int64_t counter)
{
    return std::string(version) + "." + std::to_string(user.value) + "." + std::to_string(session.value) + "." + std::to_string(counter);
}

std::string mac_of(std::string_view key, std::string_view text, std::string_view seed)
{
    return to_base64url(hmac_sha256(key, std::string(text) + "." + std::string(seed)));
}

// Cuts off what stands before the next dot.
std::string_view take_part(std::string_view& text)
{
    auto const dot = text.find('.');
    auto const part = text.substr(0, dot);
    text.remove_prefix(dot == std::string_view::npos ? text.size() : dot + 1);
    return part;
}

bool take_number(std::string_view& text, std::int64_t& number)
{
    auto const part = take_part(text);
    auto const parsed = parse_integer(part);
    if (!parsed || *parsed <= 0 || part.front() == '0') return false;
    number = *parsed;
    return true;
}

} // namespace

std::optional<RefreshToken> read_refresh_token(std::string_view text)
{
    RefreshToken token;
    if (text.size() > token_bytes_max || take_part(text) != version) return std::nullopt;
    bool const reads = take_number(text, token.user.value) && take_number(text, token.session.value) && take_number(text, token.counter);
    if (!reads || text.size() != mac_characters || text.find('.') != std::string_view::npos) return std::nullopt;
    token.mac = text;
    return token;
}

std::string RefreshTokens::issue(UserId user, SessionId session, std::int64_t counter, std::string_view seed) const
{
    auto const text = unsigned_text(user, session, counter);
    return text + "." + mac_of(key_, text, seed);
}

bool RefreshTokens::is_genuine(RefreshToken const& token, std::string_view seed) const
{
    return equal_in_constant_time(mac_of(key_, unsigned_text(token.user, token.session, token.counter), seed), token.mac);
}

} // namespace pollux::accounts
