// The tables of one-time codes and reset tokens. A dead database throws. What takes a Transaction is a part of somebody's unit of work.
#pragma once

#include "accounts/one_time_code.hpp"
#include "db/database.hpp"

#include <optional>
#include <string>
#include <vector>

namespace pollux::accounts {

namespace asio = boost::asio;

struct NewCode {
    std::string mobile_key;
    CodePurpose purpose = CodePurpose::login;
    std::string prefix_key;
    std::string challenge_hash;
    std::string code_mac;
    Time now;
};

// A guess that has been counted, and what it is to be compared with.
struct CountedGuess {
    std::int64_t code_id = 0;
    std::string challenge_hash;
    std::string code_mac;
};

class CodeStore {
public:
    explicit CodeStore(db::Database& database) : database_(database) {}

    // Locks the number until the end of the unit: sends to it and guesses at it are counted one after the other, on every node. It
    // always writes, so that a guess costs the same whether or not there is a code.
    static asio::awaitable<void> lock_number(db::Transaction& transaction, std::string mobile_key, Time now);

    static asio::awaitable<std::vector<PastSend>> sends_since(db::Transaction& transaction, std::string mobile_key,
                                                              Time since);                // Oldest first.
    static asio::awaitable<std::int64_t> add(db::Transaction& transaction, NewCode code); // Its id.

    // Whether it is the number's newest code for this purpose, and was not used.
    static asio::awaitable<bool> is_newest_unused(db::Transaction& transaction, std::string mobile_key, CodePurpose purpose,
                                                  std::int64_t code_id);

    // The number's codes for this purpose that were made before this one and since then.
    static asio::awaitable<std::vector<std::int64_t>> older_ones(db::Transaction& transaction, std::string mobile_key, CodePurpose purpose,
                                                                 std::int64_t code_id, Time since);

    // Counts a guess at the number's newest code for this purpose, or at the code with this challenge. nullopt when there is none
    // that is unused, not expired and has guesses left of this kind.
    static asio::awaitable<std::optional<CountedGuess>> count_guess(db::Transaction& transaction, std::string mobile_key,
                                                                    CodePurpose purpose, std::optional<std::string> challenge_hash,
                                                                    Time now);

    // true for one caller only.
    static asio::awaitable<bool> use(db::Transaction& transaction, std::int64_t code_id, Time now);

    // The codes of a number that must not work any more. Their rows stay: they count against the number's day.
    static asio::awaitable<void> void_all(db::Transaction& transaction, std::string mobile_key, Time now);

    static asio::awaitable<void> add_reset_token(db::Transaction& transaction, std::string token_hash, UserId user, Time expires_at);
    asio::awaitable<bool> has_reset_token(UserId user, std::string token_hash, Time now);
    // true for one caller only; it and all others of the user are gone then.
    static asio::awaitable<bool> use_reset_token(db::Transaction& transaction, UserId user, std::string token_hash, Time now);
    static asio::awaitable<void> erase_reset_tokens(db::Transaction& transaction, UserId user);

    asio::awaitable<std::int64_t> erase_old_codes(Time created_before, int count_max);
    asio::awaitable<std::int64_t> erase_old_numbers(Time touched_before, int count_max);
    asio::awaitable<std::int64_t> erase_old_reset_tokens(Time expired_before, int count_max);

private:
    db::Database& database_;
};

} // namespace pollux::accounts
