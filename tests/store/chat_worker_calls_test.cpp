// How a reply comes about: calls again, restarts, other models, waits, continuations.
#include "chat_worker_fixture.hpp"

#include <limits>

namespace pollux::test {
namespace {

using namespace std::chrono_literals;
using chat::Message;
using chat::MessageStatus;

using ChatCalls = ChatWorker;

TEST_F(ChatCalls, gives_the_model_what_came_before)
{
    auto const user = add_user();
    auto const room = add_room(user);
    first->next({text("one"), done()});
    first->next({permanent()});
    first->next({text("three"), done()});
    start_worker();
    ended(say(user, room, "1").reply, user);
    EXPECT_EQ(ended(say(user, room, "2").reply, user).error->code, "upstream_failed");
    ended(say(user, room, "3").reply, user);
    auto const turns = first->requests().at(2).turns;
    ASSERT_EQ(turns.size(), 3u); // The question without an answer is left out.
    EXPECT_EQ(turns[0].text, "1");
    EXPECT_EQ(turns[1].text, "one");
    EXPECT_EQ(turns[1].provider_state, "state");
    EXPECT_EQ(turns[2].text, "3");
}

TEST_F(ChatCalls, leaves_out_what_was_blocked_with_its_question)
{
    auto const user = add_user();
    auto const room = add_room(user);
    first->next({text("fine"), done()});
    first->next({text("half of something bad"), done(ai::FinishReason::blocked)});
    start_worker();
    ended(say(user, room, "Q1").reply, user);
    EXPECT_EQ(ended(say(user, room, "HALF").reply, user).finish_reason, chat::MessageFinish::blocked);
    ended(say(user, room, "Q3").reply, user);
    std::string asked;
    auto const requests = first->requests();
    for (auto const& turn : requests.at(2).turns) asked += turn.text + ", ";
    EXPECT_EQ(asked, "Q1, fine, Q3, ");
}

TEST_F(ChatCalls, say_how_long_the_model_thought)
{
    auto const user = add_user();
    auto const room = add_room(user);
    auto const thought = [](std::string piece) { return ai::ModelEvent(ai::ThoughtDelta{std::move(piece)}); };
    Gate thinks;
    Gate answers;
    first->next({thought("hm"), &thinks, text("42"), &answers, text("!"), done()});
    start_worker();
    auto const sent = say(user, room);
    eventually([&] { return thinks.arrived() == 1; });
    advance(9s);
    thinks.open();
    eventually([&] { return answers.arrived() == 1; });
    advance(10s); // Not thinking any more.
    answers.open();
    EXPECT_EQ(ended(sent.reply, user).thought_ms, 9'000);

    first->next({text("at once"), done()}); // It shows no thoughts.
    EXPECT_EQ(ended(say(user, room).reply, user).thought_ms, std::nullopt);

    Gate never;
    first->next({thought("hm, hm"), &never});
    auto const stopped = say(user, room);
    eventually([&] { return never.arrived() == 1; });
    advance(4s);
    EXPECT_EQ(on_runtime(service->stop(user, room, stopped.reply.id)).value().thought_ms, 4'000);

    first->next({thought("what was it"), transient(1ms)}); // What another call begins anew is counted anew.
    first->next({thought("ah"), text("that"), done()});
    auto const repeated = say(user, room);
    let_time_pass_until_ended(repeated.reply, user);
    EXPECT_EQ(now_is(repeated.reply, user).thought_ms, 0);
}

TEST_F(ChatCalls, does_not_count_what_never_left_this_process)
{
    auto const user = add_user();
    ai::Failed not_called;
    not_called.kind = ai::Failed::Kind::not_called;
    for (int times = 0; times < 5; ++times) first->next({not_called});
    first->next({text("at last"), done()});
    start_worker();
    auto const sent = say(user, add_room(user));
    let_time_pass_until_ended(sent.reply, user);
    auto const reply = now_is(sent.reply, user);
    EXPECT_EQ(reply.status, MessageStatus::completed);
    EXPECT_EQ(reply.content, "at last");
    EXPECT_EQ(first->requests().size(), 6u);
}

TEST_F(ChatCalls, keeps_a_reply_that_ended_for_a_reason_nobody_knows)
{
    auto const user = add_user();
    first->next({text("whole"), done(ai::FinishReason::other)});
    start_worker();
    auto const reply = ended(say(user, add_room(user)).reply, user);
    EXPECT_EQ(reply.status, MessageStatus::completed);
    EXPECT_EQ(reply.finish_reason, chat::MessageFinish::other);
    EXPECT_EQ(number("select count(*) from messages where finish_reason is null and role = 'assistant'"), 1) << "older binaries read it";
    EXPECT_EQ(first->requests().size(), 1u);
}

TEST_F(ChatCalls, fails_after_one_call_when_the_answer_is_no_text)
{
    using Reason = ai::Failed::Reason;
    for (auto const& [reason, code] :
         {std::pair(Reason::without_text, "reply_without_text"), std::pair(Reason::too_large, "reply_too_large")}) {
        auto const user = add_user();
        first->next({ai::Failed{ai::Failed::Kind::permanent, std::nullopt, "a picture", reason}});
        if (!worker) start_worker();
        auto const reply = ended(say(user, add_room(user)).reply, user);
        EXPECT_EQ(reply.status, MessageStatus::failed);
        EXPECT_EQ(reply.error->code, code);
        EXPECT_EQ(used(user), 0);
    }
    EXPECT_EQ(first->requests().size(), 2u);
}

TEST_F(ChatCalls, keeps_only_what_a_database_can_keep)
{
    auto const user = add_user();
    auto const largest = std::numeric_limits<std::int64_t>::max();
    first->next({text(std::string("a\xff\0b", 4)), ai::ThoughtDelta{"\xc3"},
                 ai::CitationsFound{{{"https://a.example/\xff", "", 0, 1}, {"https://b.example/", "\xfe", 5, -7}}},
                 ai::UsageSoFar{{largest, -5, 3}}, ai::Finished{ai::FinishReason::stop, "\xff\xfe"}});
    start_worker();
    auto const room = add_room(user);
    auto const reply = ended(say(user, room).reply, user);
    EXPECT_EQ(reply.status, MessageStatus::completed);
    EXPECT_EQ(reply.content, "a\uFFFDb");
    EXPECT_EQ(reply.thoughts, "\uFFFD");
    EXPECT_EQ(reply.citations.text, "[{\"url\":\"https://b.example/\",\"title\":\"\uFFFD\",\"start\":0,\"end\":0}]");
    EXPECT_EQ(reply.usage->prompt_tokens, 1'000'000'000);
    EXPECT_EQ(reply.usage->completion_tokens, 0);
    EXPECT_EQ(fed(reply.id), reply.content);
    ended(say(user, room).reply, user);
    EXPECT_EQ(first->requests().at(1).turns.at(1).provider_state, "");
}

TEST_F(ChatCalls, fails_for_good_when_the_database_refuses_what_is_in_a_reply)
{
    if (tests_run_on_postgres()) {
        rows("alter table messages add constraint no_poison check (content <> 'poison')");
    } else {
        rows("create trigger no_poison before update on messages when new.content = 'poison' begin select raise(abort, 'refused'); end");
    }
    auto const user = add_user();
    auto const room = add_room(user);
    first->next({text("poison"), done()});
    start_worker();
    auto const reply = ended(say(user, room).reply, user);
    EXPECT_EQ(reply.status, MessageStatus::failed);
    EXPECT_EQ(reply.error->code, "reply_not_storable");
    EXPECT_EQ(reply.content, "");
    EXPECT_EQ(reply.attempt, 1);
    EXPECT_EQ(used(user), 0);
    EXPECT_EQ(first->requests().size(), 1u);
    EXPECT_EQ(number("select count(*) from jobs"), 0);
    EXPECT_EQ(ended(say(user, room).reply, user).content, "ok");
}

TEST_F(ChatCalls, calls_again_when_nothing_had_come)
{
    auto const user = add_user();
    first->next({transient(0ms)});
    first->next({text("here"), done()});
    start_worker();
    auto const sent = say(user, add_room(user)).reply;
    let_time_pass_until_ended(sent, user);
    auto const reply = now_is(sent, user);
    EXPECT_EQ(reply.content, "here");
    EXPECT_EQ(reply.attempt, 2);
    EXPECT_EQ(first->requests().size(), 2u);
}

TEST_F(ChatCalls, restarts_when_text_had_gone_out_and_glues_nothing)
{
    auto const user = add_user();
    Gate gate;
    first->next({text("half of "), transient()});
    first->next({&gate, text("a whole one"), done()});
    start_worker();
    auto const sent = say(user, add_room(user));
    eventually([&] { return now_is(sent.reply, user).waiting && now_is(sent.reply, user).waiting->retry_at; }); // Told at once.
    advance(1s);
    eventually([&] { return gate.arrived() == 1; });
    EXPECT_EQ(now_is(sent.reply, user).attempt, 2);
    EXPECT_EQ(on_runtime(feed.read(UserId{1}, sent.reply.id, {.attempt = 1, .text_bytes = 8}, Steady::now() + patience)).attempt, 2);
    EXPECT_EQ(fed(sent.reply.id), "");
    gate.open();
    auto const reply = ended(sent.reply, user);
    EXPECT_EQ(reply.content, "a whole one");
    EXPECT_EQ(reply.attempt, 2);
    EXPECT_EQ(used(user), 1);
}

TEST_F(ChatCalls, fails_after_four_calls_and_gives_the_unit_back)
{
    auto const user = add_user();
    for (int call = 0; call < 4; ++call) first->next({transient()});
    start_worker();
    auto const sent = say(user, add_room(user));
    eventually([&] {
        bool const is_put_back = number("select count(*) from jobs where state = 'waiting'") == 1;
        if (is_put_back) advance(1s); // By the clock of the database, which stands still.
        return now_is(sent.reply, user).is_finished();
    });
    auto const reply = ended(sent.reply, user);
    EXPECT_EQ(reply.status, MessageStatus::failed);
    EXPECT_EQ(reply.error->code, "upstream_failed");
    EXPECT_EQ(reply.content, "");
    EXPECT_EQ(first->requests().size(), 4u);
    EXPECT_EQ(used(user), 0);
}

TEST_F(ChatCalls, asks_the_next_model_when_the_first_one_never_will)
{
    rows("update plans set models = '*'");
    auto const user = add_user();
    first->next({permanent()});
    second->next({text("I will"), done()});
    start_worker();
    auto const reply = ended(say(user, add_room(user)).reply, user);
    EXPECT_EQ(reply.content, "I will");
    EXPECT_EQ(reply.model, "second");
    EXPECT_EQ(second->requests().at(0).model, "second-name");
}

TEST_F(ChatCalls, does_not_ask_a_model_that_the_plan_does_not_allow)
{
    auto const user = add_user();
    first->next({text("par"), permanent()});
    start_worker();
    auto const reply = ended(say(user, add_room(user)).reply, user);
    EXPECT_EQ(reply.status, MessageStatus::failed);
    EXPECT_EQ(reply.content, "par");
    EXPECT_EQ(used(user), 1); // Failed after text.
    EXPECT_TRUE(second->requests().empty());
}

TEST_F(ChatCalls, tells_what_a_reply_waits_for_until_that_is_over)
{
    using Reason = chat::WaitReason;
    auto const user = add_user();
    auto limited = ai::Failed{ai::Failed::Kind::transient, 50s, "429", ai::Failed::Reason::rate_limited};
    first->next({limited});
    first->next({transient(60s)});
    Gate gate;
    first->next({&gate, text("here"), done()});
    start_worker();
    auto const reply = say(user, add_room(user)).reply;
    auto const is_waiting_for = [&](Reason reason) {
        auto const waiting = now_is(reply, user).waiting;
        return waiting && waiting->reason == reason;
    };
    eventually([&] { return is_waiting_for(Reason::rate_limited); });
    EXPECT_GT(now_is(reply, user).waiting->retry_at, now() + 49s);
    EXPECT_NE(to_json(now_is(reply, user)).find(R"("waiting":{"reason":"rate_limited","retry_at":"2026-)"), std::string::npos);
    advance(52s);
    eventually([&] { return is_waiting_for(Reason::model_unavailable); });
    advance(62s);
    eventually([&] { return gate.arrived() == 1; });
    EXPECT_FALSE(now_is(reply, user).waiting);
    gate.open();
    EXPECT_FALSE(ended(reply, user).waiting);
}

TEST_F(ChatCalls, a_reply_that_waits_and_is_stopped_waits_for_nothing)
{
    auto const user = add_user();
    first->next({transient(50s)});
    start_worker();
    auto const reply = say(user, add_room(user)).reply;
    eventually([&] { return now_is(reply, user).waiting && now_is(reply, user).waiting->retry_at; });
    auto const stopped = on_runtime(service->stop(user, reply.chatroom, reply.id)).value();
    EXPECT_FALSE(stopped.waiting);
    EXPECT_EQ(to_json(now_is(reply, user)), to_json(stopped));
    EXPECT_EQ(number("select count(*) from messages where provider_state <> ''"), 0);
}

TEST_F(ChatCalls, one_that_waits_for_its_turn_says_so)
{
    auto const user = add_user();
    auto const room = add_room(user);
    Gate gate;
    first->next({&gate, text("ok"), done()});
    start_worker();
    say(user, room);
    auto const behind = say(user, room).reply;
    EXPECT_EQ(behind.waiting, chat::Waiting{});
    EXPECT_EQ(now_is(behind, user).waiting, chat::Waiting{});
    gate.open();
    EXPECT_FALSE(ended(behind, user).waiting);
}

TEST_F(ChatCalls, puts_a_reply_back_for_a_long_wait_and_serves_others_meanwhile)
{
    auto const user = add_user();
    auto const room = add_room(user);
    first->next({text("lost"), transient(60s)});
    start_worker(1);
    auto const waiting = say(user, room);
    eventually([&] { return number("select count(*) from jobs where state = 'waiting' and due_at is not null") == 1; });
    EXPECT_EQ(now_is(waiting.reply, user).status, MessageStatus::queued);
    auto const behind = say(user, room);
    EXPECT_EQ(ended(say(user, add_room(user)).reply, user).content, "ok");
    EXPECT_EQ(first->requests().size(), 2u);
    advance(61s);
    EXPECT_EQ(ended(waiting.reply, user).content, "ok");
    EXPECT_EQ(now_is(waiting.reply, user).attempt, 2);
    EXPECT_EQ(ended(behind.reply, user).content, "ok");
}

TEST_F(ChatCalls, goes_on_where_the_provider_says_so)
{
    auto const user = add_user();
    first->next({text("one "), ai::UsageSoFar{{10, 1, 0}}, ai::Continues{"token"}});
    first->next({text("two"), ai::UsageSoFar{{12, 2, 1}}, done()});
    start_worker();
    auto const reply = ended(say(user, add_room(user)).reply, user);
    EXPECT_EQ(reply.content, "one two");
    EXPECT_EQ(reply.attempt, 1);
    EXPECT_EQ(reply.usage->prompt_tokens, 22);
    EXPECT_EQ(reply.usage->completion_tokens, 3);
    EXPECT_EQ(reply.usage->thought_tokens, 1);
    EXPECT_EQ(first->requests().at(0).continuation, "");
    EXPECT_EQ(first->requests().at(1).continuation, "token");
    EXPECT_EQ(reply.finish_reason, chat::MessageFinish::stop);
}

TEST_F(ChatCalls, begins_anew_when_a_continuation_fails)
{
    auto const user = add_user();
    first->next({text("one "), ai::Continues{"token"}});
    first->next({text("tw"), transient()});
    first->next({text("all at once"), done()});
    start_worker();
    auto const sent = say(user, add_room(user)).reply;
    let_time_pass_until_ended(sent, user);
    auto const reply = now_is(sent, user);
    EXPECT_EQ(reply.content, "all at once");
    EXPECT_EQ(reply.attempt, 2);
    EXPECT_EQ(first->requests().at(2).continuation, "");
}

TEST_F(ChatCalls, ends_a_reply_that_never_ends)
{
    auto const user = add_user();
    for (int call = 0; call < 4; ++call) first->next({text("x"), ai::Continues{"more"}});
    auto const piece = std::string(700'000, 'a') + "é";
    first->next({text(piece), text(piece), text(piece), text(piece), done()});
    start_worker();
    auto const often = ended(say(user, add_room(user)).reply, user);
    EXPECT_EQ(often.content, "xxxx");
    EXPECT_EQ(often.finish_reason, chat::MessageFinish::length);
    auto const large = ended(say(user, add_room(user)).reply, user);
    EXPECT_EQ(large.finish_reason, chat::MessageFinish::length);
    EXPECT_EQ(large.content.size(), chat::reply_bytes_max);
}

TEST_F(ChatCalls, keeps_what_was_blocked_as_such)
{
    auto const user = add_user();
    first->next({done(ai::FinishReason::blocked)});
    start_worker();
    auto const reply = ended(say(user, add_room(user)).reply, user);
    EXPECT_EQ(reply.status, MessageStatus::completed);
    EXPECT_EQ(reply.finish_reason, chat::MessageFinish::blocked);
    EXPECT_EQ(used(user), 1);
}

} // namespace
} // namespace pollux::test
