// When a model may be called at all: one that fails again and again is left alone, and one that is called too often waits its turn.
#include "chat_worker_fixture.hpp"

namespace pollux::test {
namespace {

using namespace std::chrono_literals;
using chat::MessageStatus;

class ChatAdmission : public ChatWorker {
protected:
    static void fail(ai::ModelEntry const& entry, int times, Steady::time_point at = Steady::now())
    {
        for (int count = 0; count < times; ++count) {
            auto const admission = entry.breaker->admit(Steady::now());
            entry.breaker->ended(admission, ai::CallBreaker::End::failed, at);
        }
    }
    void break_first()
    {
        fail(models.all()[0], ai::CallBreaker::failures_to_open);
        ASSERT_TRUE(models.all()[0].breaker->is_open());
    }
};

TEST_F(ChatAdmission, replies_go_to_the_next_model_while_the_first_one_is_left_alone)
{
    rows("update plans set models = '*'");
    auto const user = add_user();
    fail(models.all()[0], ai::CallBreaker::failures_to_open, Steady::now() + 1h); // No machine is so slow that it is tried again.
    second->next({text("from the second"), done()});
    start_worker();
    auto const reply = ended(say(user, add_room(user)).reply, user);
    EXPECT_EQ(reply.content, "from the second");
    EXPECT_EQ(reply.model, "second");
    EXPECT_TRUE(first->requests().empty());
}

TEST_F(ChatAdmission, a_reply_waits_for_its_only_model_and_the_try_that_succeeds_ends_the_pause)
{
    auto const user = add_user();
    break_first();
    start_worker();
    auto const sent = say(user, add_room(user));
    let_time_pass_until_ended(sent.reply, user);
    EXPECT_EQ(now_is(sent.reply, user).content, "ok");
    EXPECT_FALSE(models.all()[0].breaker->is_open());
    EXPECT_EQ(first->requests().size(), 1u);
}

TEST_F(ChatAdmission, waiting_long_puts_the_reply_back_and_is_no_call)
{
    auto const user = add_user();
    break_first();
    auto& breaker = *models.all()[0].breaker;
    for (auto pause = ai::CallBreaker::first_pause; pause < ai::CallBreaker::pause_max; pause *= 2) {
        breaker.ended({.wait = 0ms, .is_try = true}, ai::CallBreaker::End::failed, Steady::now());
    }
    start_worker();
    auto const sent = say(user, add_room(user));
    eventually([&] { return number("select count(*) from jobs where state = 'waiting' and due_at is not null") == 1; });
    EXPECT_EQ(number("select calls from jobs"), 0);
    EXPECT_EQ(now_is(sent.reply, user).status, MessageStatus::queued);
    EXPECT_TRUE(first->requests().empty());

    breaker.ended({}, ai::CallBreaker::End::answered, Steady::now()); // It is well again.
    advance(ai::CallBreaker::pause_max + 1s);
    EXPECT_EQ(ended(sent.reply, user).content, "ok");
    EXPECT_EQ(used(user), 1);
}

TEST_F(ChatAdmission, ten_calls_that_fail_in_a_row_end_the_calling)
{
    for (int call = 0; call < ai::CallBreaker::failures_to_open; ++call) first->next({transient(60s)});
    start_worker();
    std::vector<std::pair<UserId, chat::Sent>> sent;
    for (int count = 0; count < ai::CallBreaker::failures_to_open; ++count) {
        auto const user = add_user();
        sent.emplace_back(user, say(user, add_room(user)));
    }
    eventually([&] { return models.all()[0].breaker->is_open(); });
    EXPECT_EQ(first->requests().size(), std::size_t(ai::CallBreaker::failures_to_open));
}

TEST_F(ChatAdmission, a_wrong_question_says_nothing_of_the_model)
{
    start_worker();
    for (int call = 0; call <= ai::CallBreaker::failures_to_open; ++call) {
        first->next({permanent()});
        auto const user = add_user();
        EXPECT_EQ(ended(say(user, add_room(user)).reply, user).status, MessageStatus::failed);
    }
    EXPECT_FALSE(models.all()[0].breaker->is_open());
}

TEST_F(ChatAdmission, calls_come_no_faster_than_the_setting_says)
{
    calls_per_minute_max = 2;
    auto const user = add_user();
    start_worker();
    EXPECT_EQ(ended(say(user, add_room(user)).reply, user).content, "ok");
    auto const second_reply = say(user, add_room(user));
    eventually([&] { return number("select count(*) from jobs where state = 'waiting' and due_at is not null") == 1; });
    EXPECT_EQ(now_is(second_reply.reply, user).status, MessageStatus::queued);
    EXPECT_EQ(number("select calls from jobs"), 0);
    EXPECT_EQ(first->requests().size(), 1u);
}

} // namespace
} // namespace pollux::test
