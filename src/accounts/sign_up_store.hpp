// The table of sign-ups: what each said, until somebody proves by a code that it was theirs. There may be several for one
// number, because anybody can sign up any number. A dead database throws. What takes a Transaction is a part of somebody's unit of work.
#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "db/database.hpp"

#include <optional>
#include <string>
#include <vector>

namespace pollux::accounts {

namespace asio = boost::asio;

// For one number; the newest stay. Nobody pushes out another's from a single network.
constexpr int sign_ups_per_network_max = 2;
constexpr int sign_ups_max = 8;

struct NewSignUp {
    UserId user;
    std::string token_hash;
    std::string prefix_key;
    std::optional<std::string> name;
    std::optional<std::string> email;
    std::optional<std::string> password_hash;
    Time now;
};

struct SignUpData {
    std::optional<std::string> name;
    std::optional<std::string> email;
    std::optional<std::string> password_hash;
};

struct SignUpPassword {
    std::string token_hash;
    std::string password_hash;
};

class SignUpStore {
public:
    explicit SignUpStore(db::Database& database) : database_(database) {}

    static asio::awaitable<void> add(db::Transaction& transaction, NewSignUp sign_up);

    asio::awaitable<std::vector<SignUpPassword>> passwords(UserId user); // Newest first.

    // For one caller only; nullopt when it is gone.
    static asio::awaitable<std::optional<SignUpData>> take(db::Transaction& transaction, UserId user, std::string token_hash);

    static asio::awaitable<void> erase(db::Transaction& transaction, UserId user);
    asio::awaitable<std::int64_t> erase_old(Time created_before, int count_max);

private:
    db::Database& database_;
};

} // namespace pollux::accounts
