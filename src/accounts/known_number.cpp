#include "accounts/known_number.hpp"

namespace pollux::accounts {

asio::awaitable<Result<std::string>> known_number(UserStore& users, numbers::NumberPlan const& plan, std::string typed, NumberUse use)
{
    auto const spelling = numbers::read_spelling(typed, plan);
    auto const& old_number = spelling.old_number;
    bool const may_be_older = old_number && !(spelling.number && *spelling.number == *old_number);
    if (!may_be_older) co_return spelling.number;

    auto const older = co_await users.by_mobile(*old_number);
    bool const is_older = older && (use == NumberUse::existing || older->user.is_verified);
    if (!is_older) co_return spelling.number;
    if (!spelling.number || spelling.is_international) co_return *old_number;
    auto const newer = co_await users.by_mobile(*spelling.number);
    // A sign-up that nobody has verified does not stand before an account: anybody can make one.
    bool const is_newer = newer && (newer->user.is_verified || !older->user.is_verified);
    co_return is_newer ? *spelling.number : *old_number;
}

} // namespace pollux::accounts
