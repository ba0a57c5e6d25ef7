// What a send and a retry leave in the database, together or not at all.
#include "chat_fixture.hpp"

#include <algorithm>
#include <set>

namespace pollux::test {
namespace {

using namespace std::chrono_literals;
using chat::JobState;
using chat::MessageStatus;
using idempotency::Key;

class ChatSend : public ChatStores {
protected:
    // Runs `count` sends at once; outcomes[n] is the code of the refusal, or "ok".
    std::vector<std::string> send_at_once(std::vector<chat::SendRequest> requests)
    {
        std::vector<std::string> outcomes(requests.size());
        std::vector<asio::awaitable<void>> works;
        for (std::size_t index = 0; index < requests.size(); ++index) {
            works.push_back(keep_outcome(std::move(requests[index]), outcomes[index]));
        }
        temp.loop().run_all(std::move(works));
        return outcomes;
    }

    std::vector<MessageId> question_ids;

private:
    asio::awaitable<void> keep_outcome(chat::SendRequest request, std::string& outcome)
    {
        auto const sending = co_await sends.send(std::move(request));
        outcome = sending ? "ok" : sending.error().code();
        if (sending) question_ids.push_back(sending->message->id);
    }
};

TEST_F(ChatSend, keeps_question_reply_job_and_unit_together)
{
    auto const user = add_user();
    auto const room = add_room(user);
    auto const sending = send(user, room, "What is a coroutine?\nPlease.");

    EXPECT_EQ(sending.job, JobState::ready);
    EXPECT_EQ(sending.usage.used, 1);
    EXPECT_EQ(sending.usage.remaining, 49);
    auto const question = message(*sending.message, user);
    EXPECT_EQ(question.content, "What is a coroutine?\nPlease.");
    EXPECT_EQ(question.status, MessageStatus::completed);
    auto const reply = reply_of(sending, user);
    EXPECT_EQ(reply.status, MessageStatus::queued);
    EXPECT_EQ(reply.reply_to, question.id);
    EXPECT_EQ(reply.model, "demo");
    EXPECT_EQ(number("select count(*) from jobs"), 1);
    EXPECT_EQ(used(user), 1);

    auto const shown = temp.run(rooms.find(user, room)).value();
    EXPECT_EQ(shown.name, "What is a coroutine?");
    EXPECT_EQ(shown.last_message->text, "What is a coroutine?\nPlease.");
    EXPECT_EQ(shown.last_message->role, chat::MessageRole::user);
    EXPECT_EQ(number("select rooms_version from users"), 2);
}

TEST_F(ChatSend, does_not_rename_a_named_room_and_names_another_only_once)
{
    auto const user = add_user();
    auto const named = add_room(user, "Plans");
    auto const unnamed = add_room(user);
    send(user, named, "first");
    send(user, unnamed, "first");
    send(user, unnamed, "second");
    EXPECT_EQ(temp.run(rooms.find(user, named)).value().name, "Plans");
    EXPECT_EQ(temp.run(rooms.find(user, unnamed)).value().name, "first");
}

TEST_F(ChatSend, follows_the_reply_before_it)
{
    auto const user = add_user();
    auto const room = add_room(user);
    auto const first = send(user, room);
    auto const second = send(user, room);
    auto const parents = rows("select parent_id from messages order by id");
    EXPECT_TRUE(parents[0].only().is_null());
    EXPECT_EQ(parents[1].only().integer(), first.message->id.value);
    EXPECT_EQ(parents[2].only().integer(), first.reply.id.value);
    EXPECT_EQ(parents[3].only().integer(), second.message->id.value);
}

TEST_F(ChatSend, claims_at_once_for_a_free_hand)
{
    auto const user = add_user();
    auto const room = add_room(user);
    auto asked = request(user, room);
    asked.lease_owner = "me";
    auto const sending = temp.run(sends.send(asked)).value();
    ASSERT_EQ(sending.job, JobState::running);
    EXPECT_EQ(sending.reply.status, MessageStatus::queued); // As it was accepted.
    EXPECT_EQ(reply_of(sending, user).status, MessageStatus::streaming);
    EXPECT_TRUE(claim().empty());
    EXPECT_EQ(finish(*sending.claim), chat::Fate::done);
    EXPECT_EQ(reply_of(sending, user).content, "an answer");

    auto const next = temp.run(sends.send(asked)).value();
    auto const behind = temp.run(sends.send(asked)).value();
    EXPECT_EQ(next.job, JobState::running);
    EXPECT_EQ(behind.job, JobState::waiting); // The room's order.
}

TEST_F(ChatSend, takes_exactly_the_quota_when_200_come_at_once)
{
    for (int round = 0; round < 5; ++round) {
        auto const user = add_user();
        std::vector<RoomId> many;
        for (int count = 0; count < 40; ++count) many.push_back(add_room(user));
        std::vector<chat::SendRequest> requests;
        for (int count = 0; count < 200; ++count) requests.push_back(request(user, many[count % 40]));
        rows("update plans set messages_per_day = 30 where name = 'basic'");
        auto const outcomes = send_at_once(std::move(requests));
        EXPECT_EQ(std::ranges::count(outcomes, "ok"), 30);
        EXPECT_EQ(std::ranges::count(outcomes, "daily_limit_reached"), 170);
        EXPECT_EQ(used(user), 30);
    }
}

TEST_F(ChatSend, refuses_over_the_limit_until_midnight)
{
    rows("update plans set messages_per_day = 1 where name = 'basic'");
    auto const user = add_user();
    auto const room = add_room(user);
    send(user, room);
    advance(11h + 59min + 50s - 500ms);
    auto const refused = try_send(user, room);
    ASSERT_TRUE(refused.has_error());
    EXPECT_EQ(refused.error().code(), "daily_limit_reached");
    EXPECT_EQ(refused.error().kind(), ErrorKind::rate_limited);
    EXPECT_EQ(refused.error().retry_after(), 11s); // 10.5 s, rounded up: obeying it works.
    advance(11s);
    EXPECT_EQ(send(user, room).usage.used, 1);
    EXPECT_EQ(try_send(user, room).error().code(), "daily_limit_reached");
}

TEST_F(ChatSend, leaves_nothing_behind_when_it_refuses)
{
    rows("update plans set messages_per_day = 1, message_characters_max = 10 where name = 'basic'");
    auto const user = add_user();
    auto const stranger = add_user();
    auto const room = add_room(user);

    EXPECT_EQ(try_send(stranger, room).error().code(), "room_not_found");
    EXPECT_EQ(try_send(user, RoomId{9999}).error().code(), "room_not_found");
    EXPECT_EQ(try_send(user, room, "12345678901").error().fields().at(0).code, "too_long");
    EXPECT_EQ(number("select count(*) from messages"), 0);
    EXPECT_EQ(number("select count(*) from usage_days"), 0);

    send(user, room, "1234567890");
    auto keyed = request(user, room);
    keyed.key = idempotency::Key{"k", "hash"};
    EXPECT_EQ(temp.run(sends.send(keyed)).error().code(), "daily_limit_reached");
    EXPECT_EQ(number("select count(*) from messages"), 2);
    EXPECT_EQ(number("select count(*) from jobs"), 1);
    EXPECT_EQ(number("select count(*) from idempotency_keys"), 0);
    EXPECT_EQ(number("select rooms_version from users order by id limit 1"), 2); // The room and the one send.
}

TEST_F(ChatSend, counts_characters_and_not_bytes)
{
    rows("update plans set message_characters_max = 3");
    auto const user = add_user();
    auto const room = add_room(user);
    EXPECT_TRUE(try_send(user, room, "日本語"));
    EXPECT_TRUE(try_send(user, room, "日本語だ").has_error());
}

TEST_F(ChatSend, lets_ten_replies_of_a_room_and_fifty_of_a_user_wait)
{
    rows("update plans set messages_per_day = 1000");
    auto const user = add_user();
    std::vector<RoomId> many;
    for (int count = 0; count < 6; ++count) many.push_back(add_room(user));
    for (int count = 0; count < 10; ++count) send(user, many[0]);
    auto const busy = try_send(user, many[0]);
    EXPECT_EQ(busy.error().code(), "room_busy");
    EXPECT_TRUE(busy.error().retry_after());
    for (int count = 0; count < 40; ++count) send(user, many[static_cast<std::size_t>(1 + count / 10)]);
    EXPECT_EQ(try_send(user, many[5]).error().code(), "queue_full");
    EXPECT_EQ(used(user), 50);
    EXPECT_TRUE(try_send(add_user(), many[0]).has_error());

    finish(claim(1).front()); // One of room 0 is done, and the next one of it is ready, still waiting.
    EXPECT_TRUE(try_send(user, many[0]));
}

TEST_F(ChatSend, has_one_effect_for_fifty_requests_with_one_key)
{
    auto const user = add_user();
    auto const room = add_room(user);
    std::vector<chat::SendRequest> requests(50, request(user, room));
    for (auto& each : requests) each.key = idempotency::Key{"key", "hash"};
    auto const outcomes = send_at_once(requests);
    EXPECT_EQ(std::ranges::count(outcomes, "ok"), 50);
    EXPECT_EQ(std::set(question_ids.begin(), question_ids.end()).size(), 1u);
    EXPECT_EQ(number("select count(*) from messages"), 2);
    EXPECT_EQ(used(user), 1);
}

TEST_F(ChatSend, repeats_the_answer_as_things_stand_now)
{
    rows("update plans set messages_per_day = 1");
    auto const user = add_user();
    auto const room = add_room(user);
    auto asked = request(user, room);
    asked.key = idempotency::Key{"key", "hash"};
    auto const first = temp.run(sends.send(asked)).value();
    EXPECT_FALSE(first.is_repeat);
    finish(claim().front());

    auto const again = temp.run(sends.send(asked)).value(); // Although the quota is used up.
    EXPECT_TRUE(again.is_repeat);
    EXPECT_EQ(again.message->id, first.message->id);
    EXPECT_EQ(again.reply.id, first.reply.id);
    EXPECT_EQ(again.reply.status, MessageStatus::completed);
    EXPECT_EQ(again.reply.content, "an answer");
    EXPECT_EQ(again.usage.used, 1);

    asked.key->request_hash = "another";
    auto const reused = temp.run(sends.send(asked));
    EXPECT_EQ(reused.error().code(), "idempotency_key_reused");
    EXPECT_EQ(reused.error().kind(), ErrorKind::invalid);
}

TEST_F(ChatSend, forgets_keys_after_a_day)
{
    auto const user = add_user();
    auto const stranger = add_user();
    auto const room = add_room(user);
    auto asked = request(user, room);
    asked.key = idempotency::Key{"key", "hash"};
    auto const first = temp.run(sends.send(asked)).value();

    auto strangers = request(stranger, add_room(stranger));
    strangers.key = idempotency::Key{"key", "another"}; // Keys are each user's own.
    EXPECT_TRUE(temp.run(sends.send(strangers)));

    advance(24h - 1us);
    asked.now = now();
    EXPECT_EQ(temp.run(sends.send(asked)).value().message->id, first.message->id);
    advance(1us);
    asked.now = now();
    EXPECT_NE(temp.run(sends.send(asked)).value().message->id, first.message->id); // Although its row is still there.
    EXPECT_EQ(temp.run(idempotency::forget_old_keys(temp.database(), now())), 1);
    EXPECT_EQ(number("select count(*) from idempotency_keys"), 1);
}

TEST_F(ChatSend, uses_the_rooms_model_while_there_is_one)
{
    models = demo_models({"one", "two"});
    auto const user = add_user();
    auto const room = add_room(user);
    EXPECT_EQ(send(user, room).reply.model, "one");
    rows("update rooms set model = 'two'");
    EXPECT_EQ(send(user, room).reply.model, "two");
    rows("update rooms set model = 'gone'");
    EXPECT_EQ(send(user, room).reply.model, "one");
    rows("update plans set models = '[\"two\"]'");
    EXPECT_EQ(send(user, room).reply.model, "two");
    rows("update rooms set model = 'one'");
    EXPECT_EQ(try_send(user, room).error().code(), "model_not_in_plan");
}

TEST_F(ChatSend, creates_a_room_once_for_one_key)
{
    auto const user = add_user();
    idempotency::Key const key{"key", "hash"};
    auto const first = temp.run(rooms.create(user, {"a", std::nullopt, ""}, key, now())).value();
    auto const again = temp.run(rooms.create(user, {"a", std::nullopt, ""}, key, now())).value();
    EXPECT_FALSE(first.is_repeat);
    EXPECT_TRUE(again.is_repeat);
    EXPECT_EQ(first.room.id, again.room.id);
    EXPECT_EQ(temp.run(rooms.create(user, {"b", std::nullopt, ""}, idempotency::Key{"key", "h2"}, now())).error().code(),
              "idempotency_key_reused");
    temp.run(stops.delete_room(user, first.room.id)).value();
    EXPECT_EQ(temp.run(rooms.create(user, {"a", std::nullopt, ""}, key, now())).error().code(), "room_not_found");
}

} // namespace
} // namespace pollux::test
