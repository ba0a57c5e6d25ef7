// What the parts of a set-up share: the account and what is wished, the lines that say what was done, and the failure that ended it.
#pragma once

#include "billing/stripe/setup.hpp"

#include <optional>
#include <string>

namespace pollux::billing::stripe {

class SetupRun {
public:
    SetupRun(Api const& api, SetupWish wish) : api_(api), wish_(std::move(wish)) {} // The api must outlive it.

    Api const& api() const { return api_; }
    SetupWish const& wish() const { return wish_; }
    static Steady::time_point soon(); // When a call that begins now must have ended.

    void say(SetupDone done, std::string what);
    bool fail(std::string what, std::string const& detail); // False.

    // A change of its own operation. nullopt: it failed, as `what`, and that is said.
    asio::awaitable<std::optional<Answer>> post(std::string path, Form form, std::string what);

    SetupOutcome outcome; // So far.

private:
    Api const& api_;
    SetupWish const wish_;
};

} // namespace pollux::billing::stripe
