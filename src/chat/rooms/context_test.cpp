#include "chat/rooms/context.hpp"

#include "ai/tokens.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace pollux::chat {
namespace {

PastTurn user(std::string text)
{
    return {MessageRole::user, std::move(text), true, ""};
}
PastTurn reply(std::string const& text, bool is_usable = true)
{
    return {MessageRole::assistant, text, is_usable, "state of " + text};
}

// One token a byte, so that budgets can be read.
std::int64_t bytes(std::string_view text)
{
    return static_cast<std::int64_t>(text.size());
}

std::string outline(std::vector<ai::Turn> const& turns)
{
    std::string line;
    for (auto const& turn : turns) line += (turn.role == ai::Role::user ? "u:" : "a:") + turn.text + " ";
    return line;
}

TEST(FitContext, keeps_what_each_case_of_the_table_says)
{
    struct Case {
        char const* what;
        std::vector<PastTurn> chain;
        std::int64_t budget;
        char const* expected;
    };
    for (auto const& [what, chain, budget, expected] : std::vector<Case>{
             {"nothing", {}, 100, ""},
             {"the first question", {user("q1")}, 100, "u:q1 "},
             {"a chain", {user("q1"), reply("r1"), user("q2")}, 100, "u:q1 a:r1 u:q2 "},
             {"a failed reply goes with its question",
              {user("q1"), reply("r1", false), user("q2"), reply("r2"), user("q3")},
              100,
              "u:q2 a:r2 u:q3 "},
             {"an empty reply too", {user("q1"), reply(""), user("q2")}, 100, "u:q2 "},
             {"a question without a reply", {user("q1"), user("q2"), reply("r2"), user("q3")}, 100, "u:q2 a:r2 u:q3 "},
             {"a reply without a question", {reply("r0"), user("q1"), reply("r1"), reply("again"), user("q2")}, 100, "u:q1 a:r1 u:q2 "},
             {"what stands behind the question", {user("q1"), reply("r1"), user("q2"), reply("", false)}, 100, "u:q1 a:r1 u:q2 "},
             {"replies only", {reply("r0")}, 100, ""},
             {"exactly the budget", {user("q1"), reply("r1"), user("q2")}, 6, "u:q1 a:r1 u:q2 "},
             {"one over it", {user("q1"), reply("r1"), user("q2")}, 5, "u:q2 "},
             {"no hole: what is older than too much goes too",
              {user("q"), reply("r"), user("long question"), reply("long reply"), user("q3"), reply("r3"), user("q4")},
              10,
              "u:q3 a:r3 u:q4 "},
             {"the question alone is over the budget", {user("q1"), reply("r1"), user("much too long")}, 3, "u:much too long "},
         }) {
        EXPECT_EQ(outline(fit_context(chain, budget, bytes)), expected) << what;
    }
}

TEST(FitContext, provider_state_stays_with_its_reply)
{
    auto turns = fit_context({user("q1"), reply("r1"), user("q2")}, 100, bytes);
    ASSERT_EQ(turns.size(), 3u);
    EXPECT_EQ(turns[1].provider_state, "state of r1");
    EXPECT_EQ(turns[0].provider_state, "");
}

TEST(FitContext, holds_its_promises_over_random_histories)
{
    auto seed = std::random_device{}();
    std::mt19937_64 random(seed);
    auto below = [&](std::size_t bound) { return random() % bound; };
    for (int round = 0; round < 5'000; ++round) {
        std::vector<PastTurn> chain;
        for (std::size_t count = below(30); count > 0; --count) {
            auto text = below(8) == 0 ? "" : "turn " + std::to_string(chain.size()) + std::string(below(40), 'x');
            chain.push_back(below(2) == 0 ? user(text) : reply(text, below(5) != 0));
        }
        chain.push_back(user("question " + std::to_string(round)));
        auto budget = static_cast<std::int64_t>(below(400));
        auto turns = fit_context(chain, budget, ai::estimate_tokens);

        ASSERT_EQ(turns.size() % 2, 1u) << "seed " << seed;
        ASSERT_EQ(turns.back().text, chain.back().text);
        std::int64_t tokens = 0;
        auto from = chain.begin();
        for (std::size_t index = 0; index < turns.size(); ++index) {
            ASSERT_EQ(turns[index].role, index % 2 == 0 ? ai::Role::user : ai::Role::assistant) << "seed " << seed;
            tokens += ai::estimate_tokens(turns[index].text);
            auto found = std::find_if(from, chain.end(), [&](PastTurn const& past) { return past.text == turns[index].text; });
            ASSERT_NE(found, chain.end()) << "out of order, seed " << seed;
            ASSERT_TRUE(found->is_usable);
            ASSERT_TRUE(!found->text.empty());
            if (index % 2 == 1) ASSERT_EQ(std::prev(found)->text, turns[index - 1].text) << "another question's reply, seed " << seed;
            from = std::next(found);
        }
        ASSERT_TRUE(tokens <= budget || turns.size() == 1) << "seed " << seed;
        // Newest kept: with more budget nothing at the end changes.
        auto all = fit_context(chain, 1'000'000, ai::estimate_tokens);
        ASSERT_TRUE(std::equal(turns.rbegin(), turns.rend(), all.rbegin(),
                               [](auto const& left, auto const& right) { return left.text == right.text; }));
        if (turns.size() < all.size()) {
            auto const* next = &all[all.size() - turns.size() - 2];
            ASSERT_GT(tokens + ai::estimate_tokens(next[0].text) + ai::estimate_tokens(next[1].text), budget)
                << "one more fits, seed " << seed;
        }
    }
}

TEST(JoinSystemText, leaves_out_what_is_empty)
{
    EXPECT_EQ(join_system_text("a", "b", "c"), "a\n\nb\n\nc");
    EXPECT_EQ(join_system_text("a\n", "", " c "), "a\n\nc");
    EXPECT_EQ(join_system_text("", "b", ""), "b");
    EXPECT_EQ(join_system_text("", " \n", ""), "");
}

} // namespace
} // namespace pollux::chat
