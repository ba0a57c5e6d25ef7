// The table of users. A dead database throws. What takes a Transaction is a part of somebody's unit of work.
#pragma once

#include "accounts/sign_up_store.hpp"
#include "accounts/user.hpp"
#include "db/database.hpp"

namespace pollux::accounts {

namespace asio = boost::asio;

struct NewUser {
    std::string mobile;
    std::optional<std::string> password_hash;
    Time now;
};

enum class FieldChange { keep, set }; // Set to nothing is possible, too.

struct ProfileChange {
    FieldChange name_change = FieldChange::keep;
    std::optional<std::string> name;
    FieldChange email_change = FieldChange::keep;
    std::optional<std::string> email;
    std::optional<std::string> custom_instructions; // Empty optional: keep.
};

class UserStore {
public:
    explicit UserStore(db::Database& database) : database_(database) {}

    // An unverified user of this number, for the sign-ups to stand at; nullopt when somebody has verified it.
    static asio::awaitable<std::optional<User>> sign_up(db::Transaction& transaction, NewUser user);

    // A verified admin with this number, made or changed; without a hash the password stays as it is.
    static asio::awaitable<User> make_admin(db::Transaction& transaction, std::string mobile, std::optional<std::string> password_hash,
                                            Time now);

    asio::awaitable<std::optional<Account>> by_mobile(std::string mobile);
    asio::awaitable<std::optional<Account>> by_id(UserId user);
    asio::awaitable<std::optional<UserBrief>> brief(UserId user);
    asio::awaitable<std::optional<User>> change_profile(UserId user, ProfileChange change);

    static asio::awaitable<std::optional<User>> user_of_mobile(db::Transaction& transaction, std::string mobile);

    static asio::awaitable<std::optional<User>> user_of_id(db::Transaction& transaction, UserId user);

    // Somebody has shown that the number is theirs. The sign-up that they have proven counts from now on: the password, and name and
    // e-mail where there are none. `older_hash`: the password of a sign-up at an older binary, proven in the same way.
    static asio::awaitable<std::optional<User>> verify(db::Transaction& transaction, std::string mobile, SignUpData proven,
                                                       std::optional<std::string> older_hash);

    // Makes the user an admin if there is none and their number has never made one; whether it did.
    static asio::awaitable<bool> claim_admin(db::Transaction& transaction, UserId user, std::string mobile_key, Time now);

    // nullopt when the password is another one by now.
    static asio::awaitable<std::optional<User>> with_password(db::Transaction& transaction, UserId user, std::string hash);

    // false when `old_hash` is not the password any more.
    static asio::awaitable<bool> change_password(db::Transaction& transaction, UserId user, std::string old_hash, std::string new_hash);

    // For a user who has shown that the number is theirs.
    static asio::awaitable<void> reset_password(db::Transaction& transaction, UserId user, std::string new_hash);

    // Before let_go() and erase(), as the unit's first statement.
    static asio::awaitable<void> lock(db::Transaction& transaction, UserId user);

    // The number is free for a new account, and nothing in the row tells of the user any more: it stands for what is still to be deleted.
    static asio::awaitable<void> let_go(db::Transaction& transaction, UserId user);

    // The row itself, once the user was let go and nothing refers to it.
    static asio::awaitable<void> erase(db::Transaction& transaction, UserId user);

    // Up to `count_max` unverified users who signed up before `before`; how many they were.
    asio::awaitable<std::int64_t> erase_unverified(Time before, int count_max);

private:
    db::Database& database_;
};

} // namespace pollux::accounts
