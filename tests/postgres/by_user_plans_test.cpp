// What requests, claims and finishes ask in large tables: PostgreSQL's own counters tell that no table of users was read from end to end,
// and that indexes were not either.
#include "accounts/code_store.hpp"
#include "accounts/session_store.hpp"
#include "chat/replies/erase_user.hpp"
#include "chat/streams/reply_parts_store.hpp"
#include "store/chat_fixture.hpp"

#include <thread>

namespace pollux::test {
namespace {

using namespace std::chrono_literals;

// Whichever way this program is started, these tests are about PostgreSQL.
bool const runs_on_postgres = ::setenv("POLLUX_TEST_DATABASE", "postgres", 1) == 0;

// 2,000 users with 10 rooms each, 6 messages in a room; of everything else some ten thousand rows, of other users where they would be in
// the way.
constexpr char const* load_sql = R"sql(
    set session_replication_role = replica; -- No foreign key is checked, row by row.
    insert into users (id, mobile, date_joined) select u, '+1' || u, u from generate_series(1, 2000) u;
    insert into rooms (id, user_id, name, is_named, system_prompt, pinned, created_at, updated_at)
        select r, 1 + r % 2000, 'room ' || r, 1, '', 0, r, r from generate_series(1, 20000) r;
    insert into messages (id, room_id, user_id, role, status, content, parent_id, created_at)
        select 2 * m - 1, 1 + m % 20000, 1 + (1 + m % 20000) % 2000, 'user', 'completed', 'What is the weather like in Sparta?', null, m
        from generate_series(1, 60000) m;
    insert into messages (id, room_id, user_id, role, status, content, reply_to, parent_id, attempt, day, created_at)
        select 2 * m, 1 + m % 20000, 1 + (1 + m % 20000) % 2000, 'assistant', 'completed', 'Sunny, as ever.', 2 * m - 1, 2 * m - 1, 1, 0, m
        from generate_series(1, 60000) m;
    insert into jobs (id, kind, user_id, room_id, message_id, state, lease_owner, lease_until, attempt, created_at)
        select j, 'reply', 100 + j % 1900, 1 + j % 20000, 2 * j, case when j % 2 = 0 then 'running' else 'waiting' end,
            'elsewhere', case when j % 2 = 0 then 9000000000000000 + j end, 1, j from generate_series(1, 50000) j;
    insert into sessions (id, user_id, seed, counter, created_at, rotated_at, login_method, ip, user_agent)
        select s, 1 + s % 2000, '', 1, s, s, 'code', '', '' from generate_series(1, 10000) s;
    insert into ended_sessions select s, 1 + s % 2000, s from generate_series(1, 10000) s;
    insert into reset_tokens select 'hash ' || t, 100 + t % 1900, t from generate_series(1, 10000) t;
    insert into usage_days (user_id, day, used) select 1 + d % 2000, d / 2000, 1 from generate_series(1, 20000) d;
    insert into usage_models select 1 + d % 2000, d / 2000, 'demo', 1, 1, 1, 1 from generate_series(1, 20000) d;
    insert into idempotency_keys select 1 + k % 2000, 'key ' || k, '', k, k, k from generate_series(1, 10000) k;
    insert into reply_parts select 2 * p, 1, 0, 100 + p % 1900, 'demo', 0, 1, 0, 0, 0, 'x', '', '' from generate_series(1, 50000) p;
    select setval(pg_get_serial_sequence(name, 'id'), 1000000) from (values ('users'), ('rooms'), ('messages'), ('jobs'), ('sessions')) t (name)
)sql";

constexpr char const* tables_sql = "('users', 'rooms', 'messages', 'jobs', 'sessions', 'ended_sessions', 'reset_tokens', 'usage_days', "
                                   "'usage_models', 'idempotency_keys', 'reply_parts')";

// Of messages; each of its indexes has some hundred.
constexpr int index_blocks_max = 1000;

struct Counters {
    std::string read_whole; // Tables, and how often.
    int index_blocks = 0;   // Of the messages, touched.
};

class ByUserPlans : public ChatStores {
protected:
    ByUserPlans()
        : ChatStores({.basic_messages_per_day = 50, .pro_messages_per_day = 1000}),
          url(PostgresCluster::shared().url_of(rows("select current_database()::text").front().only().text()))
    {
        PostgresControl control(url);
        control.run(load_sql);
        control.run("vacuum (analyze)");
        control.run("select pg_stat_force_next_flush()");
        control.run("select pg_stat_reset()");
    }

    // Connections tell what they counted when they end at the latest. One stays, that of the test's clock.
    static void wait_for_counters(PostgresControl& control)
    {
        while (control.run("select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() "
                           "and backend_type = 'client backend'") != "1") {
            std::this_thread::sleep_for(10ms);
        }
    }

    static Counters counters(PostgresControl& control)
    {
        return {control.run(std::string("select string_agg(relname || ' ' || seq_scan, ', ' order by relname) from pg_stat_user_tables "
                                        "where seq_scan > 0 and relname in ") +
                            tables_sql),
                std::stoi(control.run("select idx_blks_hit + idx_blks_read from pg_statio_user_tables where relname = 'messages'"))};
    }

    void use_rooms();
    void write_replies();
    void use_sessions();

    static asio::awaitable<bool> erase(db::Transaction& transaction, UserId user)
    {
        co_await chat::end_user(transaction, user);
        co_await billing::erase_user(transaction, user);
        co_await accounts::CodeStore::erase_reset_tokens(transaction, user);
        co_await accounts::SessionStore::erase(transaction, user);
        co_return true;
    }

    template <class Unit>
    auto transact(Unit unit)
    {
        return temp.run(temp.database().transact(std::move(unit)));
    }

    std::string const url;
    UserId const user{7};
    RoomId const room{6}; // One of this user's.
    chat::ReplyPartsStore parts{temp.database()};
    accounts::SessionStore sessions{temp.database(), {}};
    accounts::CodeStore codes{temp.database()};
};

void ByUserPlans::use_rooms()
{
    auto const made = add_room(user, "a name");
    EXPECT_EQ(temp.run(rooms.page(user, "", std::nullopt, 20)).results.size(), 11u);
    EXPECT_EQ(temp.run(rooms.page(user, "name", std::nullopt, 20)).results.size(), 1u);
    EXPECT_TRUE(temp.run(rooms.find(user, made)));
    EXPECT_TRUE(temp.run(rooms.change(user, room, {.name = "another"})));
    auto const page = temp.run(messages.page(user, room, std::nullopt, 50));
    ASSERT_EQ(page.messages.size(), 6u);
    auto const reply = page.messages.back();
    EXPECT_TRUE(temp.run(messages.find(user, room, reply.id)));
    EXPECT_EQ(temp.run(messages.variants(user, room, reply.id, 0)).value().results.size(), 1u);
    EXPECT_TRUE(temp.run(billing.usage(user, 30)));
    EXPECT_TRUE(temp.run(stops.delete_room(user, RoomId{2006})));
    EXPECT_TRUE(transact([who = UserId{8}](db::Transaction& transaction) { return erase(transaction, who); }));
}

void ByUserPlans::write_replies()
{
    auto const by_key = [&] {
        auto asked = request(user, room, "with a key");
        asked.key = idempotency::Key{"a key", "its hash"};
        return temp.run(sends.send(asked)).value();
    };
    auto const sent = by_key();
    EXPECT_TRUE(by_key().is_repeat);
    auto claim_of = claim(1).at(0);
    EXPECT_EQ(claim_of.reply, sent.reply.id);
    EXPECT_TRUE(temp.run(messages.basis(user, room, claim_of.question, claim_of.reply)));
    chat::ReplyPart part{.user = user, .reply = claim_of.reply, .attempt = claim_of.attempt, .model = "demo"};
    part.text = "half of";
    EXPECT_EQ(temp.run(parts.put({part})).size(), 1u);
    EXPECT_EQ(temp.run(parts.find(user, claim_of.reply, {})).parts.size(), 1u);
    claim_of = temp.run(replies.count_call(claim_of, chat::ReplyStore::NextCall::restarts)).value();
    EXPECT_EQ(finish(claim_of), chat::Fate::done);
    temp.run(parts.delete_ended({{user, claim_of.reply}}));
    auto const again = temp.run(sends.retry({user, room, sent.reply.id, std::nullopt, now(), std::nullopt})).value();
    EXPECT_EQ(finish(claim(1).at(0)), chat::Fate::done);
    EXPECT_EQ(temp.run(messages.variants(user, room, again.reply.id, 0)).value().results.size(), 2u);

    auto const back = send(user, room);
    EXPECT_EQ(temp.run(replies.put_back(claim(1).at(0), 0s, chat::ReplyStore::Call::none)).fate, chat::Fate::done);
    EXPECT_EQ(temp.run(leases.promote_due()), 0);
    EXPECT_TRUE(temp.run(leases.expire(now())).empty());
    EXPECT_TRUE(temp.run(stops.stop(user, room, back.reply.id, now())));
    send(user, room);
    EXPECT_EQ(temp.run(replies.hand_back(claim(1).at(0), chat::ReplyStore::Call::cut)).fate, chat::Fate::done);
}

asio::awaitable<bool> open_and_end(db::Transaction& transaction, UserId user, Time now)
{
    auto const opened = co_await accounts::SessionStore::open(transaction, user, accounts::LoginMethod::code, {}, now);
    co_await accounts::SessionStore::confirm(transaction, user, opened.id, now);
    co_await accounts::SessionStore::end(transaction, user, opened.id, now);
    co_await accounts::SessionStore::end_all(transaction, user, std::nullopt, now);
    co_await accounts::CodeStore::add_reset_token(transaction, "a hash", user, now + 1s);
    co_return co_await accounts::CodeStore::use_reset_token(transaction, user, "a hash", now);
}

void ByUserPlans::use_sessions()
{
    EXPECT_TRUE(transact([who = user, at = now()](db::Transaction& transaction) { return open_and_end(transaction, who, at); }));
    EXPECT_TRUE(temp.run(sessions.seed(user, SessionId{6})));
    temp.run(sessions.list(user, SessionId{1'000'000}, 20, now()));
    temp.run(sessions.confirmed_until(user, SessionId{6}));
    temp.run(sessions.rotate({.user = user, .session = SessionId{6}, .counter = 1}, {}, now()));
    EXPECT_FALSE(temp.run(codes.has_reset_token(user, "no hash", now())));
}

TEST_F(ByUserPlans, no_table_of_users_is_read_whole)
{
    use_rooms();
    write_replies();
    use_sessions();
    temp.database().close();
    PostgresControl control(url);
    wait_for_counters(control);
    auto const seen = counters(control);
    EXPECT_EQ(seen.read_whole, "");
    EXPECT_LT(seen.index_blocks, index_blocks_max);

    // What is not found by an index, or only by reading all of it, is counted (by each process that takes part).
    control.run("select count(*) from messages where content = 'nothing'");
    control.run("set enable_seqscan = off");
    for (int time = 0; time < 5; ++time) control.run("select count(*) from messages where id = 77");
    control.run("select pg_stat_force_next_flush()");
    auto const planted = counters(control);
    EXPECT_TRUE(planted.read_whole.starts_with("messages ")) << planted.read_whole;
    EXPECT_GT(planted.index_blocks, index_blocks_max);
}

} // namespace
} // namespace pollux::test
