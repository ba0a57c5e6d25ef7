// The table of users. A dead database throws. What takes a Transaction is a part of somebody's unit of work.
#pragma once

#include "accounts/user.hpp"
#include "db/database.hpp"

namespace pollux::accounts {

namespace asio = boost::asio;

struct NewUser {
    std::string mobile;
    std::optional<std::string> name;
    std::optional<std::string> email;
    std::string password_hash;
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

    // Adds an unverified user, or replaces another sign-up of his number that nobody has verified; nullopt when somebody has.
    asio::awaitable<std::optional<User>> sign_up(NewUser user);

    // A verified admin with this number, made or changed; without a hash his password stays as it is.
    asio::awaitable<User> make_admin(std::string mobile, std::optional<std::string> password_hash, Time now);

    asio::awaitable<std::optional<Account>> by_mobile(std::string mobile);
    asio::awaitable<std::optional<Account>> by_id(UserId user);
    asio::awaitable<std::optional<UserBrief>> brief(UserId user);
    asio::awaitable<std::optional<User>> change_profile(UserId user, ProfileChange change);

    static asio::awaitable<std::optional<User>> user_of_mobile(db::Transaction& tx, std::string mobile);

    // The owner of the number has shown himself. A pending password that equals `given_hash` counts from now on.
    static asio::awaitable<std::optional<User>> verify(db::Transaction& tx, std::string mobile, std::optional<std::string> given_hash);

    // nullopt when the password is another one by now.
    static asio::awaitable<std::optional<User>> with_password(db::Transaction& tx, UserId user, std::string hash);

    // false when `old_hash` is not the password any more.
    static asio::awaitable<bool> change_password(db::Transaction& tx, UserId user, std::string old_hash, std::string new_hash);

    // For one who has shown that the number is his.
    static asio::awaitable<void> reset_password(db::Transaction& tx, UserId user, std::string new_hash);

    // Before erase(), as the unit's first statement.
    static asio::awaitable<void> lock(db::Transaction& tx, UserId user);
    static asio::awaitable<void> erase(db::Transaction& tx, UserId user);

    // Up to `count_max` unverified users who signed up before `before`; how many they were.
    asio::awaitable<std::int64_t> erase_unverified(Time before, int count_max);

private:
    db::Database& database_;
};

} // namespace pollux::accounts
