// API keys: each is of one account and one mode, and a restricted one has only the rights it was given.
#pragma once

#include "stripe/errors.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pollux::sims::stripe {

struct Key {
    std::string account;
    bool is_live = false;
    bool is_restricted = false;
    std::vector<std::string> rights; // Of a restricted one: "customers:read", "subscriptions:write" (which reads too), "*".
};

class Keys {
public:
    // "sk_test_x", "rk_live_y", of this account. Throws std::invalid_argument for what no key is called.
    void add(std::string const& key, std::string const& account, std::vector<std::string> rights = {"*"});
    void remove(std::string const& key);

    // The key of "Bearer ..." or "Basic ...". Throws StripeError 401.
    Key const& judge(std::string_view authorization) const;

    std::map<std::string, Key> const& all() const { return keys_; }

private:
    std::map<std::string, Key> keys_;
};

// Throws StripeError 403 where the key may not do this: "GET", "/v1/customers/{id}".
void check_rights(Key const& key, std::string_view shown_key, std::string_view method, std::string_view path);

std::string key_of(std::string_view authorization);
std::string masked(std::string_view key); // As Stripe shows it in messages.

} // namespace pollux::sims::stripe
