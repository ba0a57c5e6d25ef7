#include "accounts/password_guesses.hpp"

namespace pollux::accounts {
namespace {

asio::awaitable<bool> give_back_unit(db::Transaction& transaction, TakenGuess taken)
{
    co_await GuessBudgets::give_back(transaction, taken);
    co_return true;
}

} // namespace

asio::awaitable<Result<TakenGuess>> PasswordGuesses::take(std::string mobile, std::optional<UserId> user, Guesser guesser)
{
    auto unit = [this, mobile, user, guesser](db::Transaction& transaction) { return take_unit(transaction, mobile, user, guesser); };
    co_return co_await parts_.database.transact(unit);
}

asio::awaitable<Result<TakenGuess>> PasswordGuesses::take_unit(db::Transaction& transaction, std::string mobile, std::optional<UserId> user,
                                                               Guesser guesser)
{
    auto const& device = guesser.device;
    bool is_device = device && user && device->user == *user;
    if (is_device) is_device = co_await SessionStore::exists(transaction, device->user, device->session);

    auto const account = parts_.code_keys.mobile_key(mobile);
    TakenGuess shares;
    if (is_device) {
        shares.push_back({passwords_of_devices_hour, account});
    } else {
        shares = {{passwords_per_account_hour, account}, {passwords_per_account_day, account}};
        auto const of_address =
            address_shares(parts_, guesser.peer, passwords_per_address_hour, passwords_per_network4_hour, passwords_per_network6_hour);
        shares.insert(shares.end(), of_address.begin(), of_address.end());
    }
    auto const now = parts_.clock.now();
    auto const wait = co_await GuessBudgets::take(transaction, shares, now);
    if (wait) {
        co_return rate_limited("too_many_guesses", "Too many wrong passwords; log in with a code, or wait before trying another.", *wait);
    }
    co_return shares;
}

asio::awaitable<void> PasswordGuesses::give_back(TakenGuess taken)
{
    co_await parts_.database.transact([taken](db::Transaction& transaction) { return give_back_unit(transaction, taken); });
}

} // namespace pollux::accounts
