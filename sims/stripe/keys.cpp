#include "stripe/keys.hpp"

#include <sodium.h>

#include <algorithm>
#include <stdexcept>

namespace pollux::sims::stripe {

namespace {

std::string from_base64(std::string_view text)
{
    std::string decoded(text.size(), '\0');
    std::size_t size = 0;
    if (sodium_base642bin(reinterpret_cast<unsigned char*>(decoded.data()), decoded.size(), text.data(), text.size(), nullptr, &size,
                          nullptr, sodium_base64_VARIANT_ORIGINAL) != 0)
        return {};
    decoded.resize(size);
    return decoded;
}

} // namespace

void Keys::add(std::string const& key, std::string const& account, std::vector<std::string> rights)
{
    bool const is_live = key.starts_with("sk_live_") || key.starts_with("rk_live_");
    bool const is_test = key.starts_with("sk_test_") || key.starts_with("rk_test_");
    if ((!is_live && !is_test) || key.size() == 8)
        throw std::invalid_argument("a key is sk_test_..., sk_live_..., rk_test_... or rk_live_...: " + key);
    if (!account.starts_with("acct_")) throw std::invalid_argument("an account is acct_...: " + account);
    keys_[key] = {account, is_live, key.starts_with("rk_"), std::move(rights)};
}

void Keys::remove(std::string const& key)
{
    keys_.erase(key);
}

std::string key_of(std::string_view authorization)
{
    if (authorization.starts_with("Bearer ")) return std::string(authorization.substr(7));
    if (!authorization.starts_with("Basic ")) return {};
    auto const pair = from_base64(authorization.substr(6));
    return pair.substr(0, pair.find(':'));
}

Key const& Keys::judge(std::string_view authorization) const
{
    auto const key = key_of(authorization);
    if (key.empty())
        throw refused(
            401, "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. "
                 "'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details, or we can help at "
                 "https://support.stripe.com/.");
    if (key.starts_with("pk_"))
        throw refused(
            401, "This API call cannot be made with a publishable API key. Please use a secret API key. You can find a list of your API "
                 "keys at https://dashboard.stripe.com/account/apikeys.");
    auto const found = keys_.find(key);
    if (found == keys_.end()) throw refused(401, "Invalid API Key provided: " + masked(key));
    return found->second;
}

void check_rights(Key const& key, std::string_view shown_key, std::string_view method, std::string_view path)
{
    if (!key.is_restricted) return;
    auto resource = path.substr(4); // After /v1/.
    if (auto const id = resource.find("/{id}"); id != std::string_view::npos) resource = resource.substr(0, id);
    std::string const name(resource);
    bool const reads = method == "GET";
    for (auto const& right : key.rights) {
        if (right == "*" || right == name + ":write" || (reads && (right == name + ":read" || right == "*:read"))) return;
    }
    auto const one = name.ends_with('s') ? name.substr(0, name.size() - 1) : name; // rak_customer_read.
    std::string right = "rak_" + one + (reads ? "_read" : "_write");
    std::ranges::replace(right, '/', '_');
    throw refused(403, "The provided key '" + masked(shown_key) +
                           "' does not have the required permissions for this endpoint on account '" + key.account + "'. Having the '" +
                           right + "' permission would allow this request to continue.");
}

std::string masked(std::string_view key)
{
    auto const mark = key.find('_', key.find('_') + 1);
    auto const head = mark == std::string_view::npos ? std::string_view() : key.substr(0, mark + 1);
    auto const rest = key.substr(head.size());
    auto const shown = rest.size() > 8 ? rest.substr(rest.size() - 4) : std::string_view();
    return std::string(head) + std::string(rest.size() - shown.size(), '*') + std::string(shown);
}

} // namespace pollux::sims::stripe
