#include "billing/stripe/paced_api.hpp"

#include "billing/stripe/scripted_api.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace pollux::billing::stripe {
namespace {

using namespace std::chrono_literals;

struct Rig {
    explicit Rig(std::chrono::milliseconds gap) : paced(api, gap)
    {
        api.on("GET /v1/account", [this](Call const& call) {
            begun.push_back(Steady::now());
            times_max = call.times_max;
            return ScriptedApi::json(R"({"id":"acct_1"})");
        });
    }

    void ask(Steady::time_point deadline = {})
    {
        asio::co_spawn(io, paced.call({.path = "/v1/account", .deadline = deadline}), [this](std::exception_ptr failure, Answer answer) {
            if (failure) std::rethrow_exception(failure);
            answers.push_back(std::move(answer));
        });
    }

    asio::io_context io;
    ScriptedApi api;
    PacedApi paced;
    std::vector<Steady::time_point> begun;
    std::vector<Answer> answers;
    int times_max = 0;
};

TEST(PacedApi, lets_calls_through_one_by_one_however_many_ask)
{
    constexpr auto gap = 20ms;
    Rig rig(gap);
    auto const asked = Steady::now(); // When a call began is seen a little later than it did.
    for (int count = 0; count < 6; ++count) rig.ask();
    rig.io.run();
    ASSERT_EQ(rig.begun.size(), 6u);
    for (std::size_t at = 1; at < rig.begun.size(); ++at) {
        EXPECT_GE(rig.begun[at] - asked, gap * static_cast<int>(at)) << at;
    }
    EXPECT_EQ(rig.paced.count(), 6);
    EXPECT_EQ(rig.times_max, 1) << "a repetition would have no turn";
}

TEST(PacedApi, does_not_begin_behind_the_deadline)
{
    Rig rig(1h);
    rig.ask();
    rig.ask(Steady::now() + 1s);
    rig.io.run();
    ASSERT_EQ(rig.answers.size(), 2u);
    EXPECT_EQ(rig.begun.size(), 1u);
    auto const late = std::ranges::find(rig.answers, Outcome::not_done, &Answer::outcome);
    ASSERT_NE(late, rig.answers.end());
    EXPECT_FALSE(late->detail.empty());
    EXPECT_EQ(rig.paced.count(), 1);
}

} // namespace
} // namespace pollux::billing::stripe
