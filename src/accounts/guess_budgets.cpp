#include "accounts/guess_budgets.hpp"

#include <algorithm>

namespace pollux::accounts {
namespace {

// $2: now, $3: full again after this try if it was full, $4: one try, $5: the latest time at which one is left.
constexpr db::Sql take_sql = R"sql(
    insert into guess_budgets (budget_key, full_again_at) values ($1, $3)
    on conflict (budget_key) do update set full_again_at =
        case when guess_budgets.full_again_at > $2 then guess_budgets.full_again_at + $4 else excluded.full_again_at end
    where guess_budgets.full_again_at <= $5
)sql";

constexpr db::Sql look_sql = "select full_again_at from guess_budgets where budget_key = $1";
constexpr db::Sql give_back_sql = "update guess_budgets set full_again_at = full_again_at - $2 where budget_key = $1";
constexpr db::Sql erase_full_sql = R"sql(
    delete from guess_budgets where budget_key in
        (select budget_key from guess_budgets where full_again_at < $1 order by full_again_at limit $2)
)sql";

std::string key_of(BudgetShare const& share)
{
    return std::string(share.budget.name) + ":" + share.owner_key;
}

} // namespace

asio::awaitable<std::optional<std::chrono::seconds>> GuessBudgets::take(db::Transaction& transaction, std::vector<BudgetShare> shares,
                                                                        Time now)
{
    for (auto const& share : shares) {
        auto const key = key_of(share);
        auto const step = share.budget.step();
        auto const left_until = now + share.budget.window - step;
        auto const taken = co_await transaction.run(take_sql, key, now, now + step, step.count(), left_until);
        if (taken.changed() == 1) continue;
        auto const rows = co_await transaction.run(look_sql, key);
        auto const full_again_at = rows.empty() ? now : rows.front().only().time();
        // After the clock was set back it may lie far ahead: nobody is told to wait for longer than a window.
        auto const wait = std::chrono::ceil<std::chrono::seconds>(full_again_at - left_until);
        co_return std::clamp(wait, std::chrono::seconds(1), share.budget.window);
    }
    co_return std::nullopt;
}

asio::awaitable<void> GuessBudgets::give_back(db::Transaction& transaction, std::vector<BudgetShare> shares)
{
    for (auto const& share : shares) {
        auto const key = key_of(share);
        co_await transaction.run(give_back_sql, key, share.budget.step().count());
    }
}

asio::awaitable<std::int64_t> GuessBudgets::erase_full(Time now, int count_max)
{
    auto const rows = co_await database_.write(erase_full_sql, now, count_max);
    co_return rows.changed();
}

} // namespace pollux::accounts
