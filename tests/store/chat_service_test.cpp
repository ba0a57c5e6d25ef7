// What the service adds to the stores: news, cache, checks.
#include "chat_worker_fixture.hpp"

namespace pollux::test {
namespace {

using namespace std::chrono_literals;
using chat::Message;
using chat::MessageStatus;

using ChatServiceTest = ChatWorker;

TEST_F(ChatServiceTest, writes_a_reply_and_tells_everybody)
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
    auto const with = [&](std::int64_t attempt, std::string const& status) {
        return R"(reply {"id":)" + id + R"(,"chatroom":)" + room_id + R"(,"attempt":)" + std::to_string(attempt) + R"(,"status":")" +
               status + "\"}";
    };
    // The sender's notice may come late; its attempt tells.
    EXPECT_EQ(std::erase(replies, with(sent.reply.attempt, "queued")), 1u);
    EXPECT_EQ(replies, (std::vector<std::string>{with(1, "streaming"), with(1, "completed")}));
    EXPECT_EQ(std::ranges::count(told, R"(room {"id":)" + room_id + "}"), 2);
    EXPECT_EQ(std::ranges::count(told, "usage {}"), 2);
    EXPECT_EQ(std::ranges::count(told, R"(message {"id":)" + std::to_string(sent.message.id.value) + R"(,"chatroom":)" + room_id + "}"), 1);
    EXPECT_EQ(fed(sent.reply.id), "Salve");
}

TEST_F(ChatServiceTest, says_busy_when_too_many_wait)
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

TEST_F(ChatServiceTest, answers_a_repeat_even_while_too_many_wait)
{
    auto const user = add_user();
    auto const room = add_room(user);
    chat::QueueGauge small(1);
    auto with_small = parts();
    chat::ChatService full({with_small.database, feed, notices, room_lists, billing, models, temp.clock(), small, nullptr});
    auto const sent = on_runtime(full.send(user, room, "1", idempotency::Key{"key", "hash"})).value();
    EXPECT_EQ(on_runtime(full.send(user, room, "2", idempotency::Key{"other", "hash"})).error().code(), "busy");
    auto const again = on_runtime(full.send(user, room, "1", idempotency::Key{"key", "hash"})).value();
    EXPECT_TRUE(again.is_repeat);
    EXPECT_EQ(again.value.reply.id, sent.value.reply.id);
}

TEST_F(ChatServiceTest, finds_the_send_that_a_client_library_repeats)
{
    auto const user = add_user();
    auto const room = add_room(user);
    service.emplace(parts());
    auto const first_seen = chat::EventId{.attempt = 1, .text_bytes = 3};
    auto const find = [&](UserId who, RoomId where, std::string content, std::optional<idempotency::Key> key = {}) {
        return on_runtime(service->sent_before(who, where, std::move(content), std::move(key), first_seen));
    };
    EXPECT_FALSE(find(user, room, "hello").value()) << "nothing was sent";
    auto const by_key = on_runtime(service->send(user, room, "hello", idempotency::Key{"key", "hash"})).value().value.reply.id;
    EXPECT_EQ(find(user, room, "hello").value()->reply.id, by_key);
    EXPECT_TRUE(find(user, room, "hello").value()->is_certain);
    EXPECT_FALSE(find(user, room, "Hello").value());

    auto const newest = say(user, room).reply.id;
    auto const either = find(user, room, "hello").value();
    EXPECT_EQ(either->reply.id, newest);
    EXPECT_FALSE(either->is_certain);
    auto const known = find(user, room, "hello", idempotency::Key{"key", "hash"}).value();
    EXPECT_EQ(known->reply.id, by_key);
    EXPECT_TRUE(known->is_certain);
    EXPECT_EQ(find(user, room, "hello", idempotency::Key{"new", "hash"}).value()->reply.id, newest);
    EXPECT_EQ(find(user, room, "hello", idempotency::Key{"key", "other"}).error().code(), "idempotency_key_reused");

    auto const stranger = add_user();
    EXPECT_EQ(find(stranger, room, "hello").error().code(), "room_not_found");
    EXPECT_FALSE(find(user, add_room(user), "hello").value()) << "another room";
}

asio::awaitable<int> hold_user(db::Transaction& transaction, UserId user)
{
    co_await transaction.run("select id from users where id = $1 for update", user);
    co_await transaction.run("select pg_sleep(2.5)"); // Longer than anybody waits for a lock.
    co_return 0;
}

// Somebody else's transaction keeps the user's row, until the end of the scope.
class HeldUser {
public:
    HeldUser(TempDatabase& temp, UserId user)
        : thread_([&temp, user] {
              temp.run(temp.database().transact([user](db::Transaction& transaction) { return hold_user(transaction, user); }));
          })
    {}
    ~HeldUser() { thread_.join(); }

private:
    std::thread thread_;
};

TEST_F(ChatServiceTest, a_repeat_that_waits_in_vain_for_the_first_one_is_told_that_it_is_in_progress)
{
    if (!tests_run_on_postgres()) GTEST_SKIP() << "on SQLite writes stand in one queue";
    auto const user = add_user();
    auto const room = add_room(user);
    static constexpr db::Sql probe_sql = "select id from users where id = $1 for update skip locked";
    auto const is_held = [&] { return on_runtime(temp.database().write_rows(probe_sql, db::params(user))).empty(); };
    auto const impatient = temp.as_in_production();
    service.emplace(chat::ChatService::Parts{*impatient, feed, notices, room_lists, billing, models, temp.clock(), gauge, nullptr});
    idempotency::Key const key{"key", idempotency::hash_request("POST", "/", "hello")};
    {
        HeldUser held(temp, user);
        eventually(is_held);
        auto const refused = on_runtime(service->send(user, room, "hello", key));
        EXPECT_EQ(refused.error().code(), "idempotency_in_progress");
        EXPECT_EQ(refused.error().kind(), ErrorKind::conflict);
        EXPECT_TRUE(refused.error().retry_after());
    }
    EXPECT_FALSE(on_runtime(service->send(user, room, "hello", key)).value().is_repeat) << "nothing was done before";
    {
        HeldUser held(temp, user);
        eventually(is_held);
        EXPECT_THROW(on_runtime(service->send(user, room, "hello again", std::nullopt)), db::Unavailable);
    }
    service.reset();
    impatient->close();
}

// Another process ends them all; this one has counted two and hears nothing.
TEST_F(ChatServiceTest, counts_anew_where_others_take_and_end_replies_too)
{
    auto const user = add_user();
    auto const room = add_room(user);
    chat::QueueGauge small(2, chat::QueueGauge::Processes::many);
    chat::ChatService full({temp.database(), feed, notices, room_lists, billing, models, temp.clock(), small, nullptr});
    on_runtime(full.send(user, room, "1", std::nullopt)).value();
    small.add(-5); // Ends of replies that others accepted.
    on_runtime(full.send(user, room, "2", std::nullopt)).value();
    eventually([&] { return !on_runtime(full.send(user, room, "3", std::nullopt)).has_value(); });
    rows("delete from jobs");
    eventually([&] { return on_runtime(full.send(user, room, "4", std::nullopt)).has_value(); });
}

TEST_F(ChatServiceTest, lists_rooms_from_the_cache_and_never_old_ones)
{
    auto const user = add_user();
    start_worker();
    auto const room = on_runtime(service->create_room(user, {"a", std::nullopt, ""}, std::nullopt)).value().value.id;
    auto const before = on_runtime(service->first_rooms_json(user));
    EXPECT_EQ(on_runtime(service->first_rooms_json(user)).get(), before.get());
    EXPECT_EQ(*before, to_json(on_runtime(service->rooms(user, "", "", 20)).value()));

    for (int count = 0; count < 5; ++count) {
        Gate gate;
        first->next({&gate, text("answer " + std::to_string(count)), done()});
        auto const sent = say(user, room, "question " + std::to_string(count));
        EXPECT_NE(on_runtime(service->first_rooms_json(user))->find("question " + std::to_string(count)), std::string::npos);
        gate.open();
        ended(sent.reply, user);
        eventually(
            [&] { return *on_runtime(service->first_rooms_json(user)) == to_json(on_runtime(service->rooms(user, "", "", 20)).value()); });
    }
    on_runtime(service->change_room(user, room, {.name = "renamed"})).value();
    EXPECT_NE(on_runtime(service->first_rooms_json(user))->find("renamed"), std::string::npos);
    on_runtime(service->delete_room(user, room)).value();
    EXPECT_EQ(*on_runtime(service->first_rooms_json(user)), R"({"results":[],"next":null})");
}

TEST_F(ChatServiceTest, refuses_cursors_it_never_gave)
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

TEST_F(ChatServiceTest, checks_a_rooms_model)
{
    auto const user = add_user();
    start_worker();
    EXPECT_EQ(on_runtime(service->create_room(user, {std::nullopt, "none", ""}, std::nullopt)).error().fields().at(0).code,
              "unknown_model");
    EXPECT_EQ(on_runtime(service->create_room(user, {std::nullopt, "second", ""}, std::nullopt)).error().fields().at(0).code,
              "model_not_in_plan");
    EXPECT_EQ(on_runtime(service->create_room(user, {std::nullopt, "first-name", ""}, std::nullopt)).value().value.model, "first");
    auto const listed = [&](chat::Listed which) {
        std::string text;
        for (auto const& model : on_runtime(service->models_of(user, which)).value())
            text += model.id + (model.is_default ? " default" : "") + (model.allowed ? "" : " not allowed") + "\n";
        return text;
    };
    EXPECT_EQ(listed(chat::Listed::allowed), "first default\n");
    EXPECT_EQ(listed(chat::Listed::all), "first default\nsecond not allowed\n");
}

} // namespace
} // namespace pollux::test
