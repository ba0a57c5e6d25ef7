// What happens to replies from outside: stopped, deleted, handed back, lost, crashed; and how many run at once.
#include "chat_worker_fixture.hpp"

#include <future>

namespace pollux::test {
namespace {

using namespace std::chrono_literals;
using chat::Message;
using chat::MessageStatus;

using ChatWorkerLife = ChatWorker;

TEST_F(ChatWorkerLife, stops_within_a_moment_and_keeps_the_text_so_far)
{
    auto const user = add_user();
    auto const room = add_room(user);
    Gate never;
    first->next({text("so far"), ai::UsageSoFar{{5, 2, 0}}, &never});
    start_worker();
    auto const sent = say(user, room);
    auto const behind = say(user, room);
    eventually([&] { return never.arrived() == 1; });
    auto const stopped = on_runtime(service->stop(user, room, sent.reply.id)).value();
    EXPECT_EQ(stopped.status, MessageStatus::stopped);
    EXPECT_EQ(stopped.content, "so far");
    EXPECT_EQ(stopped.usage->prompt_tokens, 5);
    EXPECT_EQ(to_json(on_runtime(service->stop(user, room, sent.reply.id)).value()), to_json(stopped));
    EXPECT_EQ(ended(behind.reply, user).content, "ok");
    eventually([&] { return first->open_calls() == 0; });
    EXPECT_EQ(used(user), 2);
}

TEST_F(ChatWorkerLife, stops_while_it_waits_to_call_again)
{
    auto const user = add_user();
    auto const room = add_room(user);
    first->next({transient(1900ms)});
    start_worker();
    auto const sent = say(user, room);
    eventually([&] { return first->requests().size() == 1 && first->open_calls() == 0; });
    EXPECT_EQ(on_runtime(service->stop(user, room, sent.reply.id)).value().status, MessageStatus::stopped);
    EXPECT_EQ(first->requests().size(), 1u);
}

TEST_F(ChatWorkerLife, drops_the_replies_of_a_deleted_room)
{
    auto const user = add_user();
    auto const room = add_room(user);
    Gate never;
    first->next({text("x"), &never});
    start_worker();
    auto const sent = say(user, room);
    say(user, room);
    eventually([&] { return never.arrived() == 1; });
    on_runtime(service->delete_room(user, room)).value();
    eventually([&] { return first->open_calls() == 0 && worker->running() == 0; });
    EXPECT_EQ(on_runtime(service->message(user, room, sent.reply.id)).error().code(), "message_not_found");
    EXPECT_EQ(number("select count(*) from jobs"), 0);
    EXPECT_EQ(used(user), 1); // The one that was being written; the queued one's unit is given back.
    EXPECT_EQ(on_runtime(feed.read(UserId{1}, sent.reply.id, {.attempt = 1, .text_bytes = 1}, Steady::now())).state,
              chat::FeedNews::State::ended);
    EXPECT_EQ(ended(say(user, add_room(user)).reply, user).content, "ok");
}

TEST_F(ChatWorkerLife, hands_its_replies_back_when_it_must_stop)
{
    auto const user = add_user();
    Gate never;
    first->next({text("half"), &never});
    start_worker();
    auto const sent = say(user, add_room(user));
    eventually([&] { return never.arrived() == 1; });
    worker->stop(1ms);
    worker->stop(patience); // A process does not wait for as long as handing back may take on a busy machine.
    EXPECT_EQ(now_is(sent.reply, user).status, MessageStatus::queued);
    EXPECT_EQ(number("select count(*) from jobs where state = 'ready' and lost = 0 and calls = 0"), 1);
    EXPECT_EQ(first->open_calls(), 0);
    start_worker();
    EXPECT_EQ(ended(sent.reply, user).content, "ok");
    EXPECT_EQ(now_is(sent.reply, user).attempt, 2);
}

TEST_F(ChatWorkerLife, lets_replies_end_when_it_may_wait)
{
    auto const user = add_user();
    Gate gate;
    first->next({&gate, text("to the end"), done()});
    start_worker();
    auto const sent = say(user, add_room(user));
    eventually([&] { return gate.arrived() == 1; });
    auto stopping = std::async(std::launch::async, [&] { worker->stop(patience); });
    auto const refused = say(user, add_room(user)); // Accepted all the same, and waits for the next start.
    gate.open();
    stopping.get();
    EXPECT_EQ(now_is(sent.reply, user).content, "to the end");
    EXPECT_EQ(refused.reply.status, MessageStatus::queued);
}

TEST_F(ChatWorkerLife, takes_over_what_a_crashed_process_left)
{
    auto const user = add_user();
    auto const running = send(user, add_room(user));
    auto const queued = send(user, add_room(user));
    ASSERT_EQ(claim(1, "a process that is gone").size(), 1u);
    start_worker();
    EXPECT_EQ(ended(running.reply, user).content, "ok");
    EXPECT_EQ(now_is(running.reply, user).attempt, 2);
    EXPECT_EQ(ended(queued.reply, user).content, "ok");
    EXPECT_EQ(now_is(queued.reply, user).attempt, 1);
}

TEST_F(ChatWorkerLife, drops_its_work_when_its_lease_was_lost)
{
    auto const user = add_user();
    Gate gate;
    first->next({text("too late"), &gate, done()});
    first->next({text("in time"), done()});
    start_worker();
    auto const sent = say(user, add_room(user));
    eventually([&] { return gate.arrived() == 1; });
    rows("update jobs set lease_owner = 'another', lease_until = 0"); // As if this process had slept.
    auto const reply = ended(sent.reply, user);
    EXPECT_EQ(reply.content, "in time");
    EXPECT_EQ(reply.attempt, 2);
    gate.open();
    eventually([&] { return worker->running() == 0; });
    EXPECT_EQ(now_is(sent.reply, user).content, "in time");
}

TEST_F(ChatWorkerLife, survives_an_accident_in_a_reply)
{
    auto const user = add_user();
    first->next({text("oh"), Accident{}});
    start_worker();
    auto const reply = ended(say(user, add_room(user)).reply, user);
    EXPECT_EQ(reply.content, "ok");
    EXPECT_EQ(reply.attempt, 2);
    EXPECT_EQ(first->open_calls(), 0);
}

TEST_F(ChatWorkerLife, runs_a_suspect_alone)
{
    auto const user = add_user();
    auto const other = add_user();
    Gate first_gate;
    Gate suspect_gate;
    first->next({&first_gate, done()});
    first->next({&suspect_gate, text("alone"), done()});
    auto const suspect = send(user, add_room(user));
    rows("update jobs set lost = 3");
    auto const usual = send(other, add_room(other));
    start_worker();
    eventually([&] { return first_gate.arrived() == 1; });
    eventually([&] { return number("select count(*) from jobs where state = 'running'") == 1; });
    first_gate.open();
    ended(usual.reply, other);
    eventually([&] { return suspect_gate.arrived() == 1; });
    auto const behind = say(other, add_room(other));
    EXPECT_EQ(number("select count(*) from jobs where state = 'running'"), 1);
    suspect_gate.open();
    EXPECT_EQ(ended(suspect.reply, user).content, "alone");
    EXPECT_EQ(ended(behind.reply, other).content, "ok");
    EXPECT_EQ(first->open_calls_max(), 1);
}

TEST_F(ChatWorkerLife, runs_suspects_one_after_another_without_another_scan)
{
    std::vector<std::pair<UserId, Message>> suspects;
    for (int count = 0; count < 4; ++count) {
        auto const user = add_user();
        suspects.emplace_back(user, send(user, add_room(user)).reply);
    }
    rows("update jobs set lost = 3");
    auto const other = add_user();
    auto const usual = send(other, add_room(other));
    start_worker(64, 1h);
    for (auto const& [user, reply] : suspects) EXPECT_EQ(ended(reply, user).content, "ok");
    EXPECT_EQ(ended(usual.reply, other).content, "ok");
    EXPECT_EQ(first->open_calls_max(), 1);
}

TEST_F(ChatWorkerLife, writes_many_replies_with_few_hands)
{
    start_worker(4);
    std::vector<std::pair<UserId, Message>> sent;
    for (int count = 0; count < 12; ++count) {
        auto const user = add_user();
        auto const room = add_room(user);
        for (int message = 0; message < 4; ++message) sent.emplace_back(user, say(user, room).reply);
    }
    for (auto const& [user, reply] : sent) EXPECT_EQ(ended(reply, user).content, "ok");
    EXPECT_LE(first->open_calls_max(), 4);
    EXPECT_EQ(first->requests().size(), sent.size());
    EXPECT_EQ(number("select count(*) from jobs"), 0);
}

} // namespace
} // namespace pollux::test
