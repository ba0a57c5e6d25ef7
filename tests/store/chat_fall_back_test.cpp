// Whom a reply asks when its model does not answer: the same again, the next of the list, or nobody.
#include "chat_worker_fixture.hpp"

namespace pollux::test {
namespace {

using namespace std::chrono_literals;
using chat::MessageStatus;
using Kind = ai::Failed::Kind;

class ChatFallBack : public ChatWorker {
protected:
    ChatFallBack() { rows("update plans set models = '*'"); }

    static constexpr db::Sql calls_sql = "select coalesce(calls, '') from messages where id = $1";

    // "first first second", as they were kept.
    std::string called(MessageId reply)
    {
        auto const list = rows(calls_sql, reply).front().only().text();
        std::string models;
        constexpr std::string_view field = R"("model":")";
        for (std::size_t at = 0; (at = list.find(field, at)) != std::string::npos; ++at) {
            auto const begin = at + field.size();
            models += (models.empty() ? "" : " ") + list.substr(begin, list.find('"', begin) - begin);
        }
        return models;
    }

    chat::Message answer()
    {
        user = add_user();
        auto const reply = say(user, add_room(user)).reply;
        let_time_pass_until_ended(reply, user);
        return now_is(reply, user);
    }

    UserId user;
};

TEST_F(ChatFallBack, names_who_answered_and_who_was_asked_for)
{
    first->next({permanent()});
    second->next({text("I will"), done()});
    start_worker();
    auto const reply = answer();
    EXPECT_EQ(reply.content, "I will");
    EXPECT_EQ(reply.model, "second");
    EXPECT_EQ(reply.requested_model, "first");
    EXPECT_EQ(called(reply.id), "first second");
    EXPECT_EQ(used(user), 1) << "it is one reply";
    EXPECT_EQ(number("select count(*) from usage_models where model = 'second' and replies = 1"), 1);
}

TEST_F(ChatFallBack, a_reply_by_its_own_model_names_it_twice)
{
    start_worker();
    auto const reply = answer();
    EXPECT_EQ(reply.model, "first");
    EXPECT_EQ(reply.requested_model, "first");
    EXPECT_EQ(reply.attempt, 1);
}

TEST_F(ChatFallBack, a_model_gets_two_calls_and_then_the_next_one)
{
    first->next({transient(0ms)});
    first->next({transient(0ms)});
    start_worker();
    auto const reply = answer();
    EXPECT_EQ(reply.model, "second");
    EXPECT_EQ(called(reply.id), "first first second");
}

TEST_F(ChatFallBack, four_calls_in_all_are_enough)
{
    for (int call = 0; call < 4; ++call) {
        first->next({transient(0ms)});
        second->next({transient(0ms)});
    }
    start_worker();
    auto const reply = answer();
    EXPECT_EQ(reply.status, MessageStatus::failed);
    EXPECT_EQ(called(reply.id), "first first second second");
    EXPECT_EQ(first->requests().size() + second->requests().size(), 4u);
    EXPECT_EQ(reply.requested_model, "first");
    EXPECT_EQ(used(user), 0);
}

TEST_F(ChatFallBack, nobody_waits_long_for_a_model_while_another_is_there)
{
    first->next({ai::Failed{Kind::transient, 50s, "429", ai::Failed::Reason::rate_limited}});
    start_worker();
    auto const asker = add_user();
    auto const reply = ended(say(asker, add_room(asker)).reply, asker); // The clock of the database stands still.
    EXPECT_EQ(reply.model, "second");
    EXPECT_EQ(called(reply.id), "first second");
}

TEST_F(ChatFallBack, a_refusal_of_the_second_takes_nothing_from_the_first)
{
    first->next({ai::Failed{Kind::transient, 50s, "429", ai::Failed::Reason::rate_limited}});
    second->next({permanent()});
    first->next({text("after all"), done()});
    start_worker();
    auto const asked_at = now();
    auto const reply = answer();
    EXPECT_EQ(reply.content, "after all");
    EXPECT_EQ(called(reply.id), "first second first");
    EXPECT_GE(now() - asked_at, 50s);
}

TEST_F(ChatFallBack, nor_does_it_after_two_calls)
{
    first->next({transient(0ms)});
    first->next({transient(0ms)});
    second->next({permanent()});
    first->next({text("after all"), done()});
    start_worker();
    auto const reply = answer();
    EXPECT_EQ(reply.content, "after all");
    EXPECT_EQ(called(reply.id), "first first second first");
}

TEST_F(ChatFallBack, each_is_left_alone_for_as_long_as_it_said)
{
    first->next({ai::Failed{Kind::transient, 5s, "429", ai::Failed::Reason::rate_limited}});
    second->next({transient(120s)});
    first->next({text("after all"), done()});
    start_worker();
    auto const asked_at = now();
    auto const reply = answer();
    EXPECT_EQ(reply.content, "after all");
    EXPECT_GE(now() - asked_at, 5s);
    EXPECT_LT(now() - asked_at, 60s) << "the second is not waited for";
}

TEST_F(ChatFallBack, nobody_is_called_before_it_is_due_however_others_fail)
{
    first->next({ai::Failed{Kind::transient, 50s, "429", ai::Failed::Reason::rate_limited}});
    for (int call = 0; call < 3; ++call) second->next({transient(0ms)});
    start_worker();
    auto const asked_at = now();
    auto const reply = answer();
    EXPECT_EQ(called(reply.id), "first second second second");
    EXPECT_LT(now() - asked_at, 50s);
}

TEST_F(ChatFallBack, whoever_is_left_is_asked_to_the_last_call)
{
    first->next({permanent()});
    for (int call = 0; call < 3; ++call) second->next({transient(0ms)});
    start_worker();
    auto const reply = answer();
    EXPECT_EQ(called(reply.id), "first second second second");
    EXPECT_EQ(reply.status, MessageStatus::failed);
}

TEST_F(ChatFallBack, who_has_used_up_its_day_is_not_asked_again_after_a_put_back)
{
    first->next({ai::Failed{Kind::permanent, std::nullopt, "429 PerDay", ai::Failed::Reason::rate_limited}});
    for (int call = 0; call < 2; ++call) second->next({transient()}); // Each of them puts the reply back.
    second->next({text("after all"), done()});
    start_worker();
    auto const reply = answer();
    EXPECT_EQ(called(reply.id), "first second second second");
    EXPECT_EQ(reply.content, "after all");
}

TEST_F(ChatFallBack, nor_while_the_other_is_waited_for)
{
    first->next({ai::Failed{Kind::permanent, std::nullopt, "429 insufficient_quota", ai::Failed::Reason::rate_limited}});
    second->next({ai::Failed{Kind::transient, 60s, "429", ai::Failed::Reason::rate_limited}});
    second->next({text("after all"), done()});
    start_worker();
    auto const asked_at = now();
    auto const reply = answer();
    EXPECT_EQ(called(reply.id), "first second second");
    EXPECT_EQ(reply.content, "after all");
    EXPECT_GE(now() - asked_at, 60s);
}

TEST_F(ChatFallBack, once_text_went_out_the_same_model_goes_on)
{
    first->next({text("half "), transient(0ms)});
    first->next({text("half again "), transient(0ms)});
    first->next({text("whole"), done()});
    start_worker();
    auto const reply = answer();
    EXPECT_EQ(reply.content, "whole");
    EXPECT_EQ(reply.model, "first");
    EXPECT_TRUE(second->requests().empty());
}

TEST_F(ChatFallBack, once_text_went_out_the_same_model_goes_on_after_a_wait_too)
{
    first->next({text("half "), transient(0ms)});
    first->next({text("half again "), transient(50s)});
    first->next({text("whole"), done()});
    start_worker();
    auto const reply = answer();
    EXPECT_EQ(reply.content, "whole");
    EXPECT_EQ(reply.model, "first");
    EXPECT_TRUE(second->requests().empty());
}

TEST_F(ChatFallBack, nobody_waits_for_who_wrote_when_everybody_leaves_it_alone)
{
    Gate gate;
    first->next({text("half "), &gate, transient(0ms)});
    second->next({text("whole"), done()});
    start_worker();
    user = add_user();
    auto const sent = say(user, add_room(user)).reply;
    eventually([&] { return gate.arrived() == 1; });
    ai::CallBreaker::Admission const a_try{0ms, true};
    for (int count = 0; count < 2 * ai::CallBreaker::failures_to_open; ++count)
        models.all()[0].breaker->ended(a_try, ai::CallBreaker::End::failed, Steady::now());
    gate.open();
    let_time_pass_until_ended(sent, user);
    auto const reply = now_is(sent, user);
    EXPECT_EQ(reply.content, "whole") << "nothing of the half";
    EXPECT_EQ(reply.model, "second");
    EXPECT_EQ(called(reply.id), "first second");
}

TEST_F(ChatFallBack, a_model_that_dies_without_text_after_it_had_some_is_left)
{
    first->next({text("half "), transient(0ms)});
    first->next({transient(0ms)});
    second->next({text("whole"), done()});
    start_worker();
    auto const reply = answer();
    EXPECT_EQ(reply.content, "whole") << "nothing of the half";
    EXPECT_EQ(reply.model, "second");
    EXPECT_EQ(reply.attempt, 3);
}

TEST_F(ChatFallBack, thoughts_are_no_text)
{
    first->next({ai::ThoughtDelta{"hm"}, permanent()});
    second->next({text("whole"), done()});
    start_worker();
    auto const reply = answer();
    EXPECT_EQ(reply.content, "whole");
    EXPECT_EQ(reply.thoughts, "");
    EXPECT_EQ(reply.model, "second");
}

TEST_F(ChatFallBack, text_that_went_out_stays_with_who_wrote_it_when_that_is_the_end)
{
    first->next({text("par"), permanent()});
    start_worker();
    auto const reply = answer();
    EXPECT_EQ(reply.status, MessageStatus::failed);
    EXPECT_EQ(reply.content, "par");
    EXPECT_EQ(reply.model, "first");
    EXPECT_TRUE(second->requests().empty());
}

TEST_F(ChatFallBack, readers_are_told_whose_text_comes)
{
    Gate before;
    Gate after;
    first->next({&before, permanent()});
    second->next({&after, text("I will"), done()});
    start_worker();
    auto const asker = add_user();
    auto const sent = say(asker, add_room(asker));
    eventually([&] { return before.arrived() == 1; });
    auto const begun = on_runtime(feed.read(asker, sent.reply.id, {}, Steady::now()));
    EXPECT_EQ(begun.model, "first");
    before.open();
    eventually([&] { return after.arrived() == 1; });
    auto const restarted = on_runtime(feed.read(asker, sent.reply.id, begun.position, Steady::now() + patience));
    EXPECT_EQ(restarted.attempt, begun.attempt + 1);
    EXPECT_EQ(restarted.model, "second");
    after.open();
    EXPECT_EQ(ended(sent.reply, asker).content, "I will");
}

TEST_F(ChatFallBack, a_question_that_never_left_this_process_moves_nobody)
{
    first->next({ai::Failed{Kind::not_called, std::nullopt, "no descriptors"}});
    start_worker();
    auto const reply = answer();
    EXPECT_EQ(reply.model, "first");
    EXPECT_TRUE(second->requests().empty());
}

TEST_F(ChatFallBack, what_was_filtered_is_an_answer)
{
    first->next({done(ai::FinishReason::blocked)});
    start_worker();
    EXPECT_EQ(answer().model, "first");
    EXPECT_TRUE(second->requests().empty());
}

TEST_F(ChatFallBack, an_estimate_is_marked)
{
    first->next({text("a"), ai::UsageSoFar{{7, 1, 0, true}}, done()});
    first->next({text("b"), ai::UsageSoFar{{7, 1, 0, false}}, done()});
    start_worker();
    EXPECT_TRUE(answer().usage->estimated);
    EXPECT_FALSE(answer().usage->estimated);
}

} // namespace
} // namespace pollux::test
