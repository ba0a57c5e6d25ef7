#include "billing/usage_roll_up.hpp"

#include "support/temp_database.hpp"

#include <gtest/gtest.h>

namespace pollux::test {
namespace {

class RollUp : public ::testing::Test {
protected:
    void use(std::int64_t user, std::int64_t day, std::int64_t used)
    {
        static constexpr db::Sql sql = "insert into usage_days (user_id, day, used, prompt_tokens, completion_tokens, thought_tokens) "
                                       "values ($1, $2, $3, 1, 2, 3)";
        temp.run(temp.database().write(sql, user, day, used));
    }
    void use_model(std::int64_t user, std::int64_t day, std::string model, std::int64_t replies)
    {
        static constexpr db::Sql add_user = "insert into users (id, mobile, date_joined) values ($1, $2, 0) on conflict (id) do nothing";
        static constexpr db::Sql sql = "insert into usage_models (user_id, day, model, replies, prompt_tokens, completion_tokens, "
                                       "thought_tokens) values ($1, $2, $3, $4, 1, 2, 3)";
        temp.run(temp.database().write(add_user, user, std::to_string(user)));
        temp.run(temp.database().write(sql, user, day, std::move(model), replies));
    }
    std::int64_t roll_up(std::int64_t count_max = 1000) { return temp.run(billing::roll_up_some(temp.database(), today, count_max)); }
    std::string all(db::Sql sql)
    {
        auto const rows = temp.run(temp.database().read(sql));
        enum : std::size_t { first, second, third };
        std::string text;
        for (std::size_t index = 0; index < rows.size(); ++index) {
            for (auto const column : {first, second, third}) text += std::to_string(rows[index].integer(column)) + " ";
        }
        return text;
    }

    std::int64_t const today = 20'000; // 2024-10-04.
    TempDatabase temp;
};

TEST_F(RollUp, months_are_counted_since_1970)
{
    EXPECT_EQ(billing::month_of(0), 0);
    EXPECT_EQ(billing::month_of(30), 0);
    EXPECT_EQ(billing::month_of(31), 1);
    EXPECT_EQ(billing::month_of(today), 54 * 12 + 9);
}

TEST_F(RollUp, what_can_still_be_asked_for_stays)
{
    use(1, today - 91, 5);
    use(1, today - 90, 6);
    use(1, today, 7);
    EXPECT_EQ(roll_up(), 1);
    EXPECT_EQ(roll_up(), 0);
    EXPECT_EQ(all("select user_id, day, used from usage_days order by day"),
              "1 " + std::to_string(today - 90) + " 6 1 " + std::to_string(today) + " 7 ");
}

TEST_F(RollUp, nothing_is_lost_or_counted_twice)
{
    auto const july = today - 95; // The first of July.
    for (std::int64_t user = 1; user <= 3; ++user) {
        use(user, july, user);
        use(user, july + 1, 10);
        use(user, july - 1, 100);
    }
    std::int64_t rounds = 0;
    while (roll_up(2) > 0) ++rounds;
    EXPECT_EQ(rounds, 6) << "two at a time, of one day each";
    EXPECT_EQ(all("select user_id, used, prompt_tokens from usage_months order by user_id, month"),
              "1 100 1 1 11 2 2 100 1 2 12 2 3 100 1 3 13 2 ");
    EXPECT_EQ(all("select user_id, day, used from usage_days"), "");
}

TEST_F(RollUp, use_by_model_goes_the_same_way)
{
    auto const july = today - 95;
    for (std::int64_t user = 1; user <= 3; ++user) {
        for (auto const* model : {"a", "b"}) {
            use_model(user, july, model, user);
            use_model(user, july + 1, model, 10);
            use_model(user, july - 1, model, 100);
            use_model(user, today - 90, model, 1000);
        }
    }
    use(1, july, 5);
    // Three rows are one user and a half: the other half goes with it.
    std::int64_t rows = 0;
    for (std::int64_t added = 1; added > 0; rows += added) added = roll_up(3);
    EXPECT_GE(rows, 10);
    EXPECT_EQ(all("select user_id, replies, prompt_tokens from usage_model_months where model = 'a' order by user_id, month"),
              "1 100 1 1 11 2 2 100 1 2 12 2 3 100 1 3 13 2 ");
    EXPECT_EQ(all("select user_id, replies, thought_tokens from usage_model_months where model = 'b' order by user_id, month"),
              "1 100 3 1 11 6 2 100 3 2 12 6 3 100 3 3 13 6 ");
    EXPECT_EQ(all("select count(*), min(day), max(day) from usage_models"),
              "6 " + std::to_string(today - 90) + " " + std::to_string(today - 90) + " ");
}

} // namespace
} // namespace pollux::test
