#include "accounts/user_token.hpp"

#include "base/secrets.hpp"
#include "base/text.hpp"

namespace pollux::accounts {
namespace {

constexpr std::size_t secret_characters = 43; // 32 bytes.

} // namespace

std::string write_user_token(UserId user, std::string_view secret)
{
    return std::to_string(user.value) + "." + std::string(secret);
}

std::optional<UserToken> read_user_token(std::string_view text)
{
    auto const dot = text.find('.');
    if (dot == std::string_view::npos || text.size() - dot - 1 != secret_characters) return std::nullopt;
    auto const user = parse_integer(text.substr(0, dot));
    if (!user || *user <= 0 || text.front() == '0') return std::nullopt;
    return UserToken{UserId{*user}, to_base64url(sha256(text))};
}

} // namespace pollux::accounts
