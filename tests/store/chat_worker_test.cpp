// The worker with a model that does what the test tells it: calls again, restarts, put back, stopped, deleted, handed back, crashed.
#include "bus/memory_notices.hpp"
#include "bus/memory_reply_feed.hpp"
#include "chat/chat_service.hpp"
#include "chat/reply_worker.hpp"
#include "chat_fixture.hpp"
#include "scripted_model.hpp"

#include <boost/asio/use_future.hpp>

#include <future>
#include <thread>

namespace pollux::test {
namespace {

using namespace std::chrono_literals;
using chat::Message;
using chat::MessageStatus;

constexpr std::chrono::seconds patience{30}; // For what must come; nothing passes because of it.

class ChatWorker : public ChatStores {
protected:
    ChatWorker()
    {
        std::vector<ai::ModelEntry> entries;
        for (auto [id, model] : {std::pair("first", &first), std::pair("second", &second)}) {
            auto owned = std::make_unique<ScriptedModel>();
            *model = owned.get();
            entries.push_back({id, "scripted", std::string(id) + "-name", std::move(owned)});
        }
        models = ai::Models(std::move(entries));
        rows("update plans set models = '[\"first\"]', messages_per_day = 1000");
        runtime.start();
    }

    ~ChatWorker() override
    {
        if (worker) worker->stop(0ms);
        temp.database().close();
        runtime.stop();
    }

    void start_worker(std::size_t replies_max = 64)
    {
        chat::ReplyTools tools{temp.database(), feed, {notices, room_lists}, models, temp.clock(), gauge, "Be kind."};
        chat::ReplyWorker::Options options{.replies_max = replies_max, .scan_every = 20ms, .renew_every = 20ms};
        worker = std::make_unique<chat::ReplyWorker>(std::move(tools), runtime, options);
        worker->start();
        service.emplace(parts());
    }

    chat::ChatService::Parts parts()
    {
        return {temp.database(), feed, notices, room_lists, billing, models, temp.clock(), gauge, worker.get()};
    }

    template <class T>
    T on_runtime(asio::awaitable<T> work)
    {
        std::optional<T> result;
        asio::co_spawn(runtime.next_executor(), keep(std::move(work), result), asio::use_future).get();
        return std::move(*result);
    }

    chat::Sent say(UserId user, RoomId room, std::string content = "hello")
    {
        return on_runtime(service->send(user, room, std::move(content), std::nullopt)).value().value;
    }

    Message ended(Message const& reply, UserId user)
    {
        auto const found = on_runtime(service->finished_message(user, reply.chatroom, reply.id, Steady::now() + patience)).value();
        EXPECT_TRUE(found.is_finished());
        return found;
    }

    Message now_is(Message const& reply, UserId user) { return on_runtime(service->message(user, reply.chatroom, reply.id)).value(); }

    template <class Condition>
    void eventually(Condition condition)
    {
        auto const until = Steady::now() + patience;
        while (!condition()) {
            ASSERT_LT(Steady::now(), until) << "waited in vain";
            std::this_thread::sleep_for(1ms);
        }
    }

    // What a reader has after the whole feed.
    std::string fed(MessageId reply)
    {
        auto const news = on_runtime(feed.read(reply, {}, Steady::now()));
        return news.text;
    }

    std::vector<std::string> noticed(UserId user, std::string after)
    {
        auto const batch = on_runtime(notices.read(user, std::move(after), Steady::now()));
        std::vector<std::string> found;
        for (auto const& notice : batch.notices) found.push_back(notice.name + " " + notice.json);
        return found;
    }

    ScriptedModel* first = nullptr;
    ScriptedModel* second = nullptr;
    net::Runtime runtime{2};
    bus::MemoryReplyFeed feed;
    bus::MemoryNotices notices;
    bus::RoomListCache room_lists;
    chat::QueueGauge gauge{100'000};
    std::unique_ptr<chat::ReplyWorker> worker;
    std::optional<chat::ChatService> service;

private:
    template <class T>
    static asio::awaitable<void> keep(asio::awaitable<T> work, std::optional<T>& result)
    {
        result.emplace(co_await std::move(work));
    }
};

TEST_F(ChatWorker, writes_a_reply_and_tells_everybody)
{
    auto const user = add_user();
    auto const room = add_room(user);
    temp.run(rooms.change(user, room, {.system_prompt = "Speak Latin."})).value();
    first->next({text("Sal"), ai::ThoughtDelta{"hm"}, text("ve"), ai::CitationsFound{{{"https://a.example", "A", 0, 3}}},
                 ai::UsageSoFar{{7, 8, 9}}, done()});
    start_worker();
    auto const before = on_runtime(notices.read(user, "", Steady::now())).last_id;
    auto const sent = say(user, room, "Ave");
    auto const reply = ended(sent.reply, user);
    EXPECT_EQ(reply.status, MessageStatus::completed);
    EXPECT_EQ(reply.content, "Salve");
    EXPECT_EQ(reply.thoughts, "hm");
    EXPECT_EQ(reply.citations.text, R"([{"url":"https://a.example","title":"A","start":0,"end":3}])");
    EXPECT_EQ(reply.usage->thought_tokens, 9);
    EXPECT_EQ(reply.model, "first");
    EXPECT_EQ(reply.attempt, 1);

    auto const request = first->requests().at(0);
    EXPECT_EQ(request.model, "first-name");
    EXPECT_EQ(request.system, "Be kind.\n\nSpeak Latin.");
    ASSERT_EQ(request.turns.size(), 1u);
    EXPECT_EQ(request.turns[0].text, "Ave");

    eventually([&] { return worker->running() == 0; });
    auto const told = noticed(user, before);
    auto const id = std::to_string(sent.reply.id.value);
    auto const room_id = std::to_string(room.value);
    std::vector<std::string> replies;
    for (auto const& notice : told) {
        if (notice.starts_with("reply")) replies.push_back(notice);
    }
    auto const with = [&](std::string const& status) {
        return R"(reply {"id":)" + id + R"(,"chatroom":)" + room_id + R"(,"status":")" + status + "\"}";
    };
    EXPECT_EQ(replies, (std::vector<std::string>{with("queued"), with("streaming"), with("completed")}));
    EXPECT_EQ(std::ranges::count(told, R"(room {"id":)" + room_id + "}"), 2);
    EXPECT_EQ(std::ranges::count(told, "usage {}"), 2);
    EXPECT_EQ(std::ranges::count(told, R"(message {"id":)" + std::to_string(sent.message.id.value) + R"(,"chatroom":)" + room_id + "}"), 1);
    EXPECT_EQ(fed(sent.reply.id), "Salve");
}

TEST_F(ChatWorker, gives_the_model_what_came_before)
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

TEST_F(ChatWorker, calls_again_when_nothing_had_come)
{
    auto const user = add_user();
    first->next({transient(0ms)});
    first->next({text("here"), done()});
    start_worker();
    auto const reply = ended(say(user, add_room(user)).reply, user);
    EXPECT_EQ(reply.content, "here");
    EXPECT_EQ(reply.attempt, 1); // Readers had seen nothing: no restart.
    EXPECT_EQ(first->requests().size(), 2u);
}

TEST_F(ChatWorker, restarts_when_text_had_gone_out_and_glues_nothing)
{
    auto const user = add_user();
    Gate gate;
    first->next({text("half of "), transient()});
    first->next({&gate, text("a whole one"), done()});
    start_worker();
    auto const sent = say(user, add_room(user));
    eventually([&] { return gate.arrived() == 1; });
    EXPECT_EQ(now_is(sent.reply, user).attempt, 2);
    EXPECT_EQ(on_runtime(feed.read(sent.reply.id, {.attempt = 1, .text_bytes = 8}, Steady::now() + patience)).attempt, 2);
    EXPECT_EQ(fed(sent.reply.id), "");
    gate.open();
    auto const reply = ended(sent.reply, user);
    EXPECT_EQ(reply.content, "a whole one");
    EXPECT_EQ(reply.attempt, 2);
    EXPECT_EQ(used(user), 1);
}

TEST_F(ChatWorker, fails_after_four_calls_and_gives_the_unit_back)
{
    auto const user = add_user();
    for (int call = 0; call < 4; ++call) first->next({transient()});
    start_worker();
    auto const sent = say(user, add_room(user));
    eventually([&] {
        bool const is_put_back = number("select count(*) from jobs where state = 'waiting'") == 1;
        if (is_put_back) advance(1s); // The third wait is over 2 s: the reply is put back, by the clock of the database.
        return now_is(sent.reply, user).is_finished();
    });
    auto const reply = ended(sent.reply, user);
    EXPECT_EQ(reply.status, MessageStatus::failed);
    EXPECT_EQ(reply.error->code, "upstream_failed");
    EXPECT_EQ(reply.content, "");
    EXPECT_EQ(first->requests().size(), 4u);
    EXPECT_EQ(used(user), 0);
}

TEST_F(ChatWorker, asks_the_next_model_when_the_first_one_never_will)
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

TEST_F(ChatWorker, does_not_ask_a_model_that_the_plan_does_not_allow)
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

TEST_F(ChatWorker, puts_a_reply_back_for_a_long_wait_and_serves_others_meanwhile)
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

TEST_F(ChatWorker, stops_within_a_moment_and_keeps_the_text_so_far)
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

TEST_F(ChatWorker, stops_while_it_waits_to_call_again)
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

TEST_F(ChatWorker, drops_the_replies_of_a_deleted_room)
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
    EXPECT_EQ(on_runtime(feed.read(sent.reply.id, {.attempt = 1, .text_bytes = 1}, Steady::now())).state, bus::FeedNews::State::ended);
    EXPECT_EQ(ended(say(user, add_room(user)).reply, user).content, "ok");
}

TEST_F(ChatWorker, goes_on_where_the_provider_says_so)
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

TEST_F(ChatWorker, begins_anew_when_a_continuation_fails)
{
    auto const user = add_user();
    first->next({text("one "), ai::Continues{"token"}});
    first->next({text("tw"), transient()});
    first->next({text("all at once"), done()});
    start_worker();
    auto const reply = ended(say(user, add_room(user)).reply, user);
    EXPECT_EQ(reply.content, "all at once");
    EXPECT_EQ(reply.attempt, 2);
    EXPECT_EQ(first->requests().at(2).continuation, "");
}

TEST_F(ChatWorker, ends_a_reply_that_never_ends)
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

TEST_F(ChatWorker, keeps_what_was_blocked_as_such)
{
    auto const user = add_user();
    first->next({done(ai::FinishReason::blocked)});
    start_worker();
    auto const reply = ended(say(user, add_room(user)).reply, user);
    EXPECT_EQ(reply.status, MessageStatus::completed);
    EXPECT_EQ(reply.finish_reason, chat::MessageFinish::blocked);
    EXPECT_EQ(used(user), 1);
}

TEST_F(ChatWorker, hands_its_replies_back_when_it_must_stop)
{
    auto const user = add_user();
    Gate never;
    first->next({text("half"), &never});
    start_worker();
    auto const sent = say(user, add_room(user));
    eventually([&] { return never.arrived() == 1; });
    worker->stop(1ms);
    EXPECT_EQ(now_is(sent.reply, user).status, MessageStatus::queued);
    EXPECT_EQ(number("select count(*) from jobs where state = 'ready' and lost = 0 and calls = 0"), 1);
    EXPECT_EQ(first->open_calls(), 0);
    start_worker();
    EXPECT_EQ(ended(sent.reply, user).content, "ok");
    EXPECT_EQ(now_is(sent.reply, user).attempt, 2);
}

TEST_F(ChatWorker, lets_replies_end_when_it_may_wait)
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

TEST_F(ChatWorker, takes_over_what_a_crashed_process_left)
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

TEST_F(ChatWorker, drops_its_work_when_its_lease_was_lost)
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

TEST_F(ChatWorker, survives_an_accident_in_a_reply)
{
    auto const user = add_user();
    first->next({text("oh"), Accident{}});
    start_worker();
    auto const reply = ended(say(user, add_room(user)).reply, user);
    EXPECT_EQ(reply.content, "ok");
    EXPECT_EQ(reply.attempt, 2);
    EXPECT_EQ(first->open_calls(), 0);
}

TEST_F(ChatWorker, runs_a_suspect_alone)
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

TEST_F(ChatWorker, writes_many_replies_with_few_hands)
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

TEST_F(ChatWorker, says_busy_when_too_many_wait)
{
    auto const user = add_user();
    auto const room = add_room(user);
    chat::QueueGauge small(2);
    auto with_small = parts();
    chat::ChatService full({with_small.database, feed, notices, room_lists, billing, models, temp.clock(), small, nullptr});
    on_runtime(full.send(user, room, "1", std::nullopt)).value();
    on_runtime(full.send(user, room, "2", std::nullopt)).value();
    auto const refused = on_runtime(full.send(user, room, "3", std::nullopt));
    EXPECT_EQ(refused.error().code(), "busy");
    EXPECT_EQ(refused.error().kind(), ErrorKind::unavailable);
    EXPECT_TRUE(refused.error().retry_after());
}

TEST_F(ChatWorker, lists_rooms_from_the_cache_and_never_old_ones)
{
    auto const user = add_user();
    start_worker();
    auto const room = on_runtime(service->create_room(user, {"a", std::nullopt, ""}, std::nullopt)).value().value.id;
    auto const before = on_runtime(service->first_rooms_json(user));
    EXPECT_EQ(on_runtime(service->first_rooms_json(user)).get(), before.get());
    EXPECT_EQ(*before, to_json(on_runtime(service->rooms(user, "", "", 20)).value()));

    for (int count = 0; count < 5; ++count) {
        auto const sent = say(user, room, std::to_string(count));
        EXPECT_NE(on_runtime(service->first_rooms_json(user))->find(count == 0 ? "\"0\"" : "\"text\""), std::string::npos);
        ended(sent.reply, user);
        eventually(
            [&] { return *on_runtime(service->first_rooms_json(user)) == to_json(on_runtime(service->rooms(user, "", "", 20)).value()); });
    }
    on_runtime(service->change_room(user, room, {.name = "renamed"})).value();
    EXPECT_NE(on_runtime(service->first_rooms_json(user))->find("renamed"), std::string::npos);
    on_runtime(service->delete_room(user, room)).value();
    EXPECT_EQ(*on_runtime(service->first_rooms_json(user)), R"({"results":[],"next":null})");
}

TEST_F(ChatWorker, refuses_cursors_it_never_gave)
{
    auto const user = add_user();
    auto const room = add_room(user);
    start_worker();
    for (std::string const junk : {"x", "r.1.2.3", "cjAuMS4y", "%00", "-1"}) {
        auto const listed = on_runtime(service->rooms(user, "", junk, 20));
        ASSERT_TRUE(listed.has_error()) << junk;
        EXPECT_EQ(listed.error().code(), "cursor_invalid");
        EXPECT_EQ(listed.error().kind(), ErrorKind::malformed);
        EXPECT_EQ(on_runtime(service->room(user, room, junk, 20)).error().code(), "cursor_invalid");
    }
}

TEST_F(ChatWorker, checks_a_rooms_model)
{
    auto const user = add_user();
    start_worker();
    EXPECT_EQ(on_runtime(service->create_room(user, {std::nullopt, "none", ""}, std::nullopt)).error().fields().at(0).code,
              "unknown_model");
    EXPECT_EQ(on_runtime(service->create_room(user, {std::nullopt, "second", ""}, std::nullopt)).error().fields().at(0).code,
              "model_not_in_plan");
    EXPECT_EQ(on_runtime(service->create_room(user, {std::nullopt, "first-name", ""}, std::nullopt)).value().value.model, "first");
    EXPECT_EQ(on_runtime(service->models_of(user)).value(), std::vector<std::string>{"first"});
}

} // namespace
} // namespace pollux::test
