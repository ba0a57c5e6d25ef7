// What is deleted is gone at once, however much it is, and its rows follow in pieces.
#include "app/deletion_tasks.hpp"
#include "chat/replies/erase_user.hpp"
#include "chat/rooms/leftovers.hpp"
#include "chat_fixture.hpp"
#include "erase_account.hpp"
#include "tasks/task_run.hpp"
#include "tasks/task_store.hpp"

namespace pollux::test {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t many = 200'000;

class Deletion : public ChatStores {
protected:
    Deletion() { app::add_deletion_kinds(kinds, temp.database()); }

    // Questions that stand in the room as if they had been sent.
    void fill(UserId user, RoomId room, std::int64_t count)
    {
        static constexpr db::Sql sql = R"sql(
            with recursive n (i) as (select 1 union all select i + 1 from n where i < $3)
            insert into messages (room_id, user_id, role, status, content, created_at) select $1, $2, 'user', 'completed', 'old', i from n
        )sql";
        rows(sql, room, user, count);
    }

    void add_entitlements(UserId user)
    {
        static constexpr db::Sql grant_sql =
            "insert into grants (user_id, plan, granted_by, reason, created_at) values ($1, 'pro', 'operator', '', 0)";
        static constexpr db::Sql paid_sql =
            "insert into entitlements (user_id, mode, account, reference, plan, status) values ($1, 'live', 'a', 'sub', 'pro', 'active')";
        rows(grant_sql, user);
        rows(paid_sql, user);
    }

    std::int64_t messages_left() { return number("select count(*) from messages"); }
    std::int64_t tasks_left() { return number("select count(*) from tasks"); }

    // Claims one task, and does it as the runner would.
    tasks::TaskEnd run_task(Steady::time_point deadline = Steady::now() + 1h)
    {
        tasks::TaskStore store(temp.database());
        auto claimed = temp.run(store.claim("test", kinds.names_json([](auto const&) { return true; }), 1));
        EXPECT_EQ(claimed.size(), 1U);
        tasks::TaskRun run(claimed.front(), deadline);
        auto const outcome = temp.run(kinds.find(run.task().kind)->work(run));
        auto const verdict = tasks::judge(outcome.end(), {}, run.task().failures, 0);
        EXPECT_TRUE(temp.run(store.finish(run.task(), verdict, outcome.reason())));
        return outcome.end();
    }

    void erase(UserId user) { erase_account(temp, user); }

    chat::RoomDeletion remove(UserId user, RoomId room) { return temp.run(stops.delete_room(user, room)).value(); }

    tasks::TaskKinds kinds;
};

TEST_F(Deletion, of_a_room_of_usual_size_leaves_nothing)
{
    auto const user = add_user();
    auto const room = add_room(user);
    send(user, room);
    EXPECT_FALSE(remove(user, room).has_leftovers);
    EXPECT_EQ(messages_left(), 0);
    EXPECT_EQ(number("select count(*) from rooms"), 0);
    EXPECT_EQ(tasks_left(), 0);
    EXPECT_EQ(number("select count(*) from users"), 1);
}

TEST_F(Deletion, of_a_huge_room_touches_few_rows_and_the_rest_goes_in_pieces)
{
    auto const user = add_user();
    auto const room = add_room(user);
    auto const other = add_room(user);
    fill(user, room, many);
    auto const kept = send(user, other);
    auto const before = messages_left();
    EXPECT_TRUE(remove(user, room).has_leftovers);
    EXPECT_EQ(before - messages_left(), chat::deleted_at_once_max);
    EXPECT_EQ(temp.run(rooms.find(user, room)).error().code(), "room_not_found");

    // Nobody waits for more than a piece.
    auto const left = messages_left();
    EXPECT_EQ(temp.run(chat::delete_messages_of_room(temp.database(), user, room, 1000)), 1000);
    EXPECT_EQ(left - messages_left(), 1000);
    EXPECT_TRUE(try_send(user, other));

    EXPECT_EQ(run_task(Steady::now()), tasks::TaskEnd::hand_back) << "its time was over";
    EXPECT_EQ(run_task(), tasks::TaskEnd::done);
    EXPECT_EQ(tasks_left(), 0);
    EXPECT_EQ(messages_left(), 4) << "those of the other room";
    EXPECT_EQ(number("select count(*) from rooms"), 1);
    EXPECT_EQ(reply_of(kept, user).id, kept.reply.id);
}

TEST_F(Deletion, what_lies_about_is_found_by_nothing)
{
    auto const user = add_user();
    auto const room = add_room(user, "findable");
    auto const other = add_room(user);
    auto const old = send(user, room, "the first");
    finish(claim().front());
    auto const running = send(user, room, "is written");
    auto const claimed = claim();
    ASSERT_EQ(claimed.size(), 1U);
    auto const queued = send(user, room, "waits");
    fill(user, room, chat::deleted_at_once_max * 3);
    auto const used_before = used(user);
    auto const deletion = remove(user, room);
    ASSERT_TRUE(deletion.has_leftovers);
    EXPECT_EQ(deletion.replies.size(), 2U);
    EXPECT_EQ(used(user), used_before - 1) << "the one that waited";
    ASSERT_EQ(number("select count(*) from messages where content = 'the first'"), 1) << "it lies about still";

    EXPECT_EQ(temp.run(rooms.find(user, room)).error().code(), "room_not_found");
    EXPECT_EQ(temp.run(rooms.change(user, room, {.name = "mine"})).error().code(), "room_not_found");
    EXPECT_EQ(temp.run(stops.delete_room(user, room)).error().code(), "room_not_found");
    EXPECT_EQ(temp.run(rooms.page(user, "findable", std::nullopt, 100)).results.size(), 0U);
    EXPECT_EQ(temp.run(rooms.page(user, "", std::nullopt, 100)).results.size(), 1U);
    EXPECT_TRUE(temp.run(messages.page(user, room, std::nullopt, 100)).messages.empty());
    for (auto id : {old.message->id, old.reply.id, running.message->id, running.reply.id, queued.reply.id}) {
        EXPECT_EQ(temp.run(messages.find(user, room, id)).error().code(), "message_not_found");
        EXPECT_FALSE(temp.run(messages.find(user, other, id)));
        EXPECT_EQ(temp.run(messages.variants(user, room, id, 0)).error().code(), "message_not_found");
        EXPECT_EQ(temp.run(stops.stop(user, room, id, now())).error().code(), "message_not_found");
        EXPECT_EQ(temp.run(sends.retry({user, room, id, std::nullopt, now(), std::nullopt})).error().code(), "room_not_found");
        EXPECT_EQ(temp.run(sends.retry({user, other, id, std::nullopt, now(), std::nullopt})).error().code(), "message_not_found");
    }
    EXPECT_EQ(try_send(user, room).error().code(), "room_not_found");
    EXPECT_EQ(finish(claimed.front()), chat::Fate::refused) << "whoever wrote it is refused";
    EXPECT_EQ(number("select count(*) from jobs"), 0);

    // Nobody's rooms are nobody's: not those of somebody who claims to be user 0.
    EXPECT_EQ(number("select count(*) from rooms where user_id = 0"), 1);
    EXPECT_EQ(run_task(), tasks::TaskEnd::done);
    EXPECT_EQ(messages_left(), 0);
}

TEST_F(Deletion, repeated_keys_bring_nothing_back)
{
    auto const user = add_user();
    auto keyed = [](std::string text) { return idempotency::Key{std::move(text), "hash"}; };
    auto const room = temp.run(rooms.create(user, {"a", std::nullopt, ""}, keyed("create"), now())).value().room.id;
    auto sending = request(user, room);
    sending.key = keyed("send");
    auto const sent = temp.run(sends.send(sending)).value();
    finish(claim().front());
    chat::RetryRequest const retrying{user, room, sent.reply.id, keyed("retry"), now(), std::nullopt};
    temp.run(sends.retry(retrying)).value();
    fill(user, room, chat::deleted_at_once_max * 2);
    ASSERT_TRUE(remove(user, room).has_leftovers);
    EXPECT_EQ(temp.run(rooms.create(user, {"a", std::nullopt, ""}, keyed("create"), now())).error().code(), "room_not_found");
    EXPECT_EQ(temp.run(sends.send(sending)).error().code(), "room_not_found");
    EXPECT_EQ(temp.run(sends.retry(retrying)).error().code(), "room_not_found");
}

TEST_F(Deletion, of_an_account_shows_nothing_from_then_on)
{
    auto const user = add_user();
    auto const other = add_user();
    auto const room = add_room(user);
    auto const others_room = add_room(other);
    send(other, others_room);
    auto const sent = send(user, room);
    fill(user, room, 5'000);
    for (int index = 0; index < 3; ++index) add_room(user);
    auto const before = messages_left();
    erase(user);
    EXPECT_GE(messages_left(), before - 10) << "few rows were touched";

    EXPECT_EQ(temp.run(rooms.page(user, "", std::nullopt, 100)).results.size(), 0U);
    EXPECT_FALSE(temp.run(rooms.find(user, room)));
    EXPECT_FALSE(temp.run(messages.find(user, room, sent.message->id)));
    EXPECT_FALSE(try_send(user, room));
    EXPECT_FALSE(temp.run(rooms.create(user, {"new", std::nullopt, ""}, std::nullopt, now()))) << "a request that was under way";
    EXPECT_FALSE(temp.run(billing.plan_of(user)));
    EXPECT_EQ(number("select count(*) from jobs"), 1) << "the other user's";

    EXPECT_EQ(run_task(Steady::now()), tasks::TaskEnd::hand_back);
    EXPECT_EQ(run_task(), tasks::TaskEnd::done);
    EXPECT_EQ(tasks_left(), 0);
    EXPECT_EQ(messages_left(), 2) << "the other user's";
    EXPECT_EQ(number("select count(*) from rooms"), 1);
    EXPECT_EQ(number("select count(*) from users where id > 0"), 1);
}

TEST_F(Deletion, of_an_account_finishes_what_the_deletion_of_its_rooms_began)
{
    auto const user = add_user();
    auto const room = add_room(user);
    fill(user, room, 3'000);
    remove(user, room);
    erase(user);
    ASSERT_EQ(tasks_left(), 2);
    run_task();
    run_task();
    EXPECT_EQ(tasks_left(), 0);
    EXPECT_EQ(messages_left(), 0);
    EXPECT_EQ(number("select count(*) from rooms"), 0);
    EXPECT_EQ(number("select count(*) from users where id > 0"), 0);
}

TEST_F(Deletion, of_an_account_forgets_what_it_used)
{
    auto const user = add_user();
    auto const room = add_room(user);
    send(user, room);
    finish(claim().front());
    rows("insert into usage_model_months select user_id, 600, model, replies, 1, 2, 3 from usage_models");
    add_entitlements(user);
    ASSERT_EQ(number("select count(*) from usage_models"), 1);
    erase(user);
    for (db::Sql left : {db::Sql("select count(*) from usage_days"), db::Sql("select count(*) from usage_models"),
                         db::Sql("select count(*) from usage_model_months"), db::Sql("select count(*) from grants"),
                         db::Sql("select count(*) from entitlements")})
        EXPECT_EQ(number(left), 0) << "at once";
}

TEST_F(Deletion, of_an_account_by_an_older_binary_leaves_nothing_either)
{
    auto const user = add_user();
    auto const other = add_user();
    for (auto one : {user, other}) {
        send(one, add_room(one));
        finish(claim().front());
    }
    rows("insert into usage_model_months select user_id, 600, model, replies, 1, 2, 3 from usage_models");
    for (auto one : {user, other}) add_entitlements(one);
    static constexpr db::Sql messages_sql = "delete from messages where user_id = $1";
    static constexpr db::Sql rooms_sql = "delete from rooms where user_id = $1";
    static constexpr db::Sql user_sql = "delete from users where id = $1"; // With which its task ends.
    for (db::Sql sql : {messages_sql, rooms_sql, user_sql}) rows(sql, user);
    EXPECT_EQ(number("select count(*) from usage_models"), 1) << "the other user's";
    EXPECT_EQ(number("select count(*) from usage_model_months"), 1);
    EXPECT_EQ(number("select max(user_id) from usage_models"), other.value);
    EXPECT_EQ(number("select max(user_id) from grants"), other.value);
    EXPECT_EQ(number("select count(*) from grants"), 1);
    EXPECT_EQ(number("select count(*) from entitlements"), 1);
}

TEST_F(Deletion, tasks_may_run_twice)
{
    auto const user = add_user();
    auto const room = add_room(user);
    fill(user, room, 3'000);
    remove(user, room);
    erase(user);
    tasks::TaskStore store(temp.database());
    auto const claimed = temp.run(store.claim("test", kinds.names_json([](auto const&) { return true; }), 10));
    ASSERT_EQ(claimed.size(), 2U);
    for (int time = 0; time < 2; ++time) {
        for (auto const& task : claimed) {
            tasks::TaskRun run(task, Steady::now() + 1h);
            EXPECT_EQ(temp.run(kinds.find(task.kind)->work(run)).end(), tasks::TaskEnd::done);
        }
    }
    EXPECT_EQ(messages_left(), 0);
    EXPECT_EQ(number("select count(*) from rooms"), 0);
}

} // namespace
} // namespace pollux::test
