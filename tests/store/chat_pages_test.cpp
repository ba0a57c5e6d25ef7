// Lists and their pages, variants, and who may see what.
#include "chat_fixture.hpp"

#include "chat/replies/erase_user.hpp"

namespace pollux::test {
namespace {

using namespace std::chrono_literals;
using chat::MessageStatus;

class ChatPages : public ChatStores {
protected:
    std::vector<std::string> names(UserId user, std::int64_t count_max, std::string name_part = "")
    {
        std::vector<std::string> found;
        std::optional<chat::RoomCursor> after;
        for (bool is_more = true; is_more;) {
            auto const page = temp.run(rooms.page(user, name_part, after, count_max));
            EXPECT_LE(std::ssize(page.results), count_max);
            for (auto const& room : page.results) found.push_back(room.name);
            is_more = page.next.has_value();
            if (is_more) after = chat::parse_room_cursor(*page.next).value();
        }
        return found;
    }

    std::vector<std::string> contents(UserId user, RoomId room, std::int64_t count_max)
    {
        std::vector<std::string> found;
        std::optional<chat::MessageCursor> before;
        for (bool is_more = true; is_more;) {
            auto const page = temp.run(messages.page(user, room, before, count_max));
            std::vector<std::string> texts;
            for (auto const& each : page.messages) texts.push_back(each.content);
            found.insert(found.begin(), texts.begin(), texts.end());
            is_more = page.before.has_value();
            if (is_more) before = chat::parse_message_cursor(*page.before).value();
        }
        return found;
    }

    Result<chat::Sending> retry(UserId user, RoomId room, MessageId reply)
    {
        return temp.run(sends.retry({user, room, reply, std::nullopt, now(), std::nullopt}));
    }
};

TEST_F(ChatPages, lists_pinned_rooms_first_then_by_activity)
{
    auto const user = add_user();
    std::vector<RoomId> ids;
    for (auto const* name : {"a", "b", "c", "d", "e"}) {
        ids.push_back(add_room(user, name));
        advance(1s);
    }
    add_room(add_user(), "a stranger's");
    send(user, ids[1]);
    advance(1s);
    temp.run(rooms.change(user, ids[0], {.pinned = true})).value();
    temp.run(rooms.change(user, ids[2], {.pinned = true})).value();
    std::vector<std::string> const expected{"c", "a", "b", "e", "d"};
    for (std::int64_t count = 1; count <= 6; ++count) EXPECT_EQ(names(user, count), expected) << count;
}

TEST_F(ChatPages, tells_rooms_of_one_moment_apart)
{
    auto const user = add_user();
    for (int count = 0; count < 7; ++count) add_room(user, std::to_string(count));
    EXPECT_EQ(names(user, 3), (std::vector<std::string>{"6", "5", "4", "3", "2", "1", "0"}));
}

TEST_F(ChatPages, finds_rooms_by_a_part_of_their_names)
{
    auto const user = add_user();
    for (auto const* name : {"Holiday plans", "100% sure", "a_b", "holidays!", "axb"}) add_room(user, name);
    EXPECT_EQ(names(user, 1, "HOLIDAY"), (std::vector<std::string>{"holidays!", "Holiday plans"}));
    EXPECT_EQ(names(user, 9, "0% s"), std::vector<std::string>{"100% sure"});
    EXPECT_EQ(names(user, 9, "a_b"), std::vector<std::string>{"a_b"});
    EXPECT_EQ(names(user, 9, "!"), std::vector<std::string>{"holidays!"});
    EXPECT_TRUE(names(user, 9, "nothing").empty());
}

TEST_F(ChatPages, finds_rooms_in_every_script_whatever_their_case_and_accents)
{
    auto const user = add_user();
    for (auto const* name : {"École Привіт Ärzte", "東京タワーへ", "İstanbul", "e\u0301tude"}) add_room(user, name);
    for (auto const* part : {"École", "école", "ecole", "ÉCOLE", "привіт", "ПРИВ", "ärzte", "arzte", "E\u0301cole"}) {
        EXPECT_EQ(names(user, 9, part), std::vector<std::string>{"École Привіт Ärzte"}) << part;
    }
    for (auto const* part : {"東京", "京", "タワ"}) EXPECT_EQ(names(user, 9, part), std::vector<std::string>{"東京タワーへ"}) << part;
    EXPECT_EQ(names(user, 9, "istanbul"), std::vector<std::string>{"İstanbul"});
    EXPECT_EQ(names(user, 1, "é"), (std::vector<std::string>{"e\u0301tude", "École Привіт Ärzte"})) << "page by page";
    EXPECT_TRUE(names(add_user(), 9, "école").empty());
}

TEST_F(ChatPages, search_many_rooms_piece_by_piece)
{
    auto const user = add_user();
    add_room(user, "the first of all");
    static constexpr db::Sql many_sql = "insert into rooms (user_id, name, is_named, system_prompt, pinned, created_at, updated_at) "
                                        "select $1, 'room', 1, '', 0, $2, $2 from plans p cross join plans q";
    while (number("select count(*) from rooms") <= 2'100) {
        advance(1s);
        rows(many_sql, user, now());
        static constexpr db::Sql double_sql = "insert into rooms (user_id, name, is_named, system_prompt, pinned, created_at, updated_at) "
                                              "select user_id, name, 1, '', 0, created_at, updated_at + 1 from rooms where user_id = $1 "
                                              "and name = 'room'";
        rows(double_sql, user);
    }
    auto const page = temp.run(rooms.page(user, "first", std::nullopt, 20));
    EXPECT_TRUE(page.results.empty()) << "it is too far behind";
    EXPECT_TRUE(page.next);
    EXPECT_EQ(names(user, 20, "first"), std::vector<std::string>{"the first of all"});
}

TEST_F(ChatPages, end_a_page_that_is_large)
{
    auto const user = add_user("pro");
    auto const room = add_room(user);
    std::vector<std::string> expected;
    for (int count = 0; count < 8; ++count) {
        send(user, room, "q");
        expected.push_back("q");
        expected.push_back(std::string(100'000, static_cast<char>('a' + count)));
        finish(claim().front(), completed(expected.back()));
    }
    EXPECT_EQ(contents(user, room, 100), expected);
    EXPECT_LT(temp.run(messages.page(user, room, std::nullopt, 100)).messages.size(), 8u);
    auto const big = send(user, room, "q").reply;
    finish(claim().front(), completed(std::string(1'000'000, 'x')));
    EXPECT_EQ(temp.run(messages.page(user, room, std::nullopt, 100)).messages.size(), 1u) << "what is larger stands alone";

    for (int variant = 0; variant < 3; ++variant) {
        retry(user, room, big.id).value();
        finish(claim().front(), completed(std::string(100'000, 'y')));
    }
    auto const first = temp.run(messages.variants(user, room, big.id, 0)).value();
    ASSERT_EQ(first.results.size(), 1u);
    auto const rest = temp.run(messages.variants(user, room, big.id, chat::parse_variant_cursor(*first.next).value().variant)).value();
    ASSERT_EQ(rest.results.size(), 2u);
    EXPECT_EQ(rest.results.back().variant, 3);
    EXPECT_TRUE(rest.next);
}

TEST_F(ChatPages, preview_whole_characters)
{
    auto const user = add_user();
    auto const room = add_room(user);
    send(user, room, std::string(118, 'a') + "👨‍👩‍👧‍👦 and more");
    auto const listed = temp.run(rooms.page(user, "", std::nullopt, 1)).results.front();
    EXPECT_EQ(listed.last_message->text, std::string(118, 'a'));
}

TEST_F(ChatPages, changes_what_is_named_and_nothing_else)
{
    auto const user = add_user();
    auto const room = add_room(user, "before");
    temp.run(rooms.change(user, room, {.model = std::optional<std::string>("demo"), .system_prompt = "Be brief."})).value();
    auto changed = temp.run(rooms.change(user, room, {.name = "after"})).value();
    EXPECT_EQ(changed.name, "after");
    EXPECT_EQ(changed.model, "demo");
    EXPECT_EQ(changed.system_prompt, "Be brief.");
    EXPECT_FALSE(changed.pinned);
    changed = temp.run(rooms.change(user, room, {.model = std::optional<std::string>()})).value();
    EXPECT_FALSE(changed.model);
    EXPECT_EQ(temp.run(rooms.change(add_user(), room, {.name = "theirs"})).error().code(), "room_not_found");
    EXPECT_EQ(temp.run(rooms.find(user, room)).value().name, "after");
}

TEST_F(ChatPages, pages_through_messages_from_the_newest)
{
    auto const user = add_user();
    auto const room = add_room(user);
    std::vector<std::string> expected;
    for (int count = 0; count < 6; ++count) {
        auto const text = std::to_string(count);
        send(user, room, "q" + text);
        if (count < 5) finish(claim().front(), completed("a" + text));
        expected.push_back("q" + text);
        expected.push_back(count < 5 ? "a" + text : "");
    }
    for (std::int64_t count = 1; count <= 13; ++count) EXPECT_EQ(contents(user, room, count), expected) << count;
    EXPECT_TRUE(contents(add_user(), room, 50).empty());
}

TEST_F(ChatPages, shows_the_newest_variant_that_is_worth_it)
{
    auto const user = add_user();
    auto const room = add_room(user);
    auto const sending = send(user, room, "q");
    auto const first = sending.reply.id;
    EXPECT_EQ(retry(user, room, first).error().code(), "reply_running"); // Queued.
    auto claimed = claim().front();
    EXPECT_EQ(retry(user, room, first).error().code(), "reply_running"); // Streaming.
    finish(claimed, completed("one"));

    auto const second = retry(user, room, first).value().reply;
    EXPECT_EQ(second.variant, 2);
    EXPECT_EQ(retry(user, room, first).error().code(), "reply_running");
    EXPECT_EQ(contents(user, room, 50), (std::vector<std::string>{"q", "one"})); // Until the second one is done.
    claimed = claim().front();
    EXPECT_EQ(claimed.question, sending.message->id);
    finish(claimed, completed("two"));
    EXPECT_EQ(contents(user, room, 50), (std::vector<std::string>{"q", "two"}));

    auto const third = retry(user, room, second.id).value().reply; // Any variant names its question.
    auto failed = completed("");
    failed.status = MessageStatus::failed;
    finish(claim().front(), failed);
    EXPECT_EQ(contents(user, room, 50), (std::vector<std::string>{"q", "two"}));

    auto const all = temp.run(messages.variants(user, room, first, 0)).value().results;
    ASSERT_EQ(all.size(), 3u);
    EXPECT_EQ(all[0].content, "one");
    EXPECT_EQ(all[2].id, third.id);
    for (auto const& each : all) EXPECT_EQ(each.variants, 3);
    EXPECT_EQ(used(user), 2); // The failed one gave its unit back.
    EXPECT_EQ(temp.run(messages.variants(user, room, sending.message->id, 0)).error().code(), "message_not_found");
    EXPECT_EQ(temp.run(messages.variants(add_user(), room, first, 0)).error().code(), "message_not_found");
}

TEST_F(ChatPages, shows_the_newest_variant_when_none_is_worth_it)
{
    auto const user = add_user();
    auto const room = add_room(user);
    auto const first = send(user, room, "q").reply.id;
    auto failed = completed("");
    failed.status = MessageStatus::failed;
    finish(claim().front(), failed);
    auto const second = retry(user, room, first).value().reply;
    auto page = temp.run(messages.page(user, room, std::nullopt, 50));
    EXPECT_EQ(page.messages.back().id, second.id);
    EXPECT_EQ(page.messages.back().status, MessageStatus::queued);
    auto stopped = completed("half");
    stopped.status = MessageStatus::stopped;
    finish(claim().front(), stopped);
    page = temp.run(messages.page(user, room, std::nullopt, 50));
    EXPECT_EQ(page.messages.back().content, "half");
    EXPECT_EQ(page.messages.size(), 2u);
}

TEST_F(ChatPages, answers_a_question_in_the_middle_from_what_came_before_it)
{
    auto const user = add_user();
    auto const room = add_room(user);
    send(user, room, "q1");
    finish(claim().front(), completed("a1"));
    auto const middle = send(user, room, "q2");
    finish(claim().front(), completed("a2"));
    send(user, room, "q3");
    finish(claim().front(), completed("a3"));

    retry(user, room, middle.reply.id).value();
    auto const claimed = claim().front();
    auto const basis = temp.run(messages.basis(user, room, claimed.question, claimed.reply)).value();
    ASSERT_EQ(basis.chain.size(), 3u);
    EXPECT_EQ(basis.chain[1].text, "a1");
    EXPECT_EQ(basis.chain[2].text, "q2");
    finish(claimed, completed("a2 again"));
    EXPECT_EQ(contents(user, room, 2), (std::vector<std::string>{"q1", "a1", "q2", "a2 again", "q3", "a3"}));
    EXPECT_EQ(temp.run(rooms.find(user, room)).value().last_message->text, "a3"); // The newest of the room, not the newest to be written.
}

TEST_F(ChatPages, keeps_one_variant_of_a_number)
{
    auto const user = add_user();
    auto const room = add_room(user);
    auto const sending = send(user, room);
    static constexpr db::Sql sql = "insert into messages (room_id, user_id, role, status, content, reply_to, variant, created_at) "
                                   "values ($1, $2, 'assistant', 'queued', '', $3, 1, 0)";
    EXPECT_THROW(rows(sql, room, user, sending.message->id), db::StatementError);
}

TEST_F(ChatPages, says_the_canonical_json)
{
    auto const user = add_user();
    auto const room = add_room(user);
    auto asking = request(user, room, "What \"now\"?");
    asking.names = {"0123456789abcdef", "trace-1"};
    auto const sending = temp.run(sends.send(std::move(asking))).value();
    auto const claimed = claim().front();
    advance(2s);
    auto end = completed("é");
    end.thought = 1'250ms;
    finish(claimed, end);
    auto const id = std::to_string(sending.message->id.value);
    auto const reply_id = std::to_string(sending.reply.id.value);
    auto const room_id = std::to_string(room.value);
    EXPECT_EQ(to_json(reply_of(sending, user)),
              R"({"id":)" + reply_id + R"(,"chatroom":)" + room_id +
                  R"(,"role":"assistant","status":"completed","content":"é","thoughts":"","citations":[],"reply_to":)" + id +
                  R"(,"variant":1,"variants":1,"model":"demo","requested_model":"demo","finish_reason":"stop","error":null,)"
                  R"("usage":{"prompt_tokens":10,"completion_tokens":20,"thought_tokens":3,"estimated":false},"waiting":null,)"
                  R"("created_at":"2026-03-01T12:00:00.000000Z","started_at":"2026-03-01T12:00:00.000000Z",)"
                  R"("completed_at":"2026-03-01T12:00:02.000000Z","thought_ms":1250,"request_id":"0123456789abcdef"})");
    EXPECT_EQ(to_json(message(*sending.message, user)), to_json(*sending.message)); // What the send answered is what is kept.
    auto queued = send(user, room);
    EXPECT_EQ(to_json(reply_of(queued, user)), to_json(queued.reply));
}

TEST_F(ChatPages, say_in_which_rooms_a_reply_is_on_its_way)
{
    auto const user = add_user();
    auto const other = add_user();
    auto const idle = add_room(user, "idle");
    auto const busy = add_room(user, "busy");
    auto const theirs = add_room(other);
    auto const is_running = [&](UserId of, RoomId room) { return temp.run(rooms.find(of, room)).value().running; };
    auto const listed = [&] {
        std::string names;
        for (auto const& room : temp.run(rooms.page(user, {}, std::nullopt, 20)).results) names += room.running ? room.name + " " : "";
        return names;
    };
    EXPECT_EQ(listed(), "");
    auto const first = send(user, busy);
    EXPECT_EQ(listed(), "busy ");
    EXPECT_TRUE(is_running(user, busy));
    EXPECT_FALSE(is_running(user, idle));
    EXPECT_FALSE(is_running(other, theirs));
    send(other, theirs);
    EXPECT_TRUE(is_running(other, theirs));
    EXPECT_EQ(listed(), "busy ");

    auto const second = send(user, busy); // Waits behind the first.
    for (auto const& claimed : claim()) finish(claimed);
    EXPECT_EQ(listed(), "busy ");
    auto const changed = temp.run(rooms.change(user, busy, {.name = "still busy"})).value();
    EXPECT_TRUE(changed.running);
    temp.run(stops.stop(user, busy, second.reply.id, now())).value();
    EXPECT_EQ(listed(), "");
    EXPECT_FALSE(is_running(user, busy));
    temp.run(stops.delete_room(other, theirs)).value();
    EXPECT_EQ(number("select count(*) from jobs"), 0);
}

TEST_F(ChatPages, say_since_when_a_reply_is_written)
{
    auto const user = add_user();
    auto const sending = send(user, add_room(user));
    EXPECT_EQ(reply_of(sending, user).started_at, std::nullopt);
    advance(1s);
    auto const first = claim().front();
    auto const taken = now();
    EXPECT_EQ(reply_of(sending, user).started_at, taken);
    advance(1s);
    temp.run(replies.put_back(first, 10s, chat::ReplyStore::Call::none));
    EXPECT_EQ(reply_of(sending, user).started_at, std::nullopt); // Nobody writes it now.
    advance(11s);
    temp.run(leases.promote_due());
    auto const again = claim();
    ASSERT_EQ(again.size(), 1u);
    EXPECT_EQ(reply_of(sending, user).started_at, now());
    finish(again.front());
    EXPECT_EQ(reply_of(sending, user).started_at, now());
    EXPECT_EQ(reply_of(sending, user).thought_ms, std::nullopt);
    EXPECT_EQ(message(*sending.message, user).started_at, std::nullopt); // A question is not written here.
}

TEST_F(ChatPages, say_at_once_that_a_reply_is_written_where_its_send_has_claimed_it)
{
    auto const user = add_user();
    auto asking = request(user, add_room(user));
    asking.lease_owner = "worker";
    auto const sending = temp.run(sends.send(std::move(asking))).value();
    EXPECT_EQ(sending.reply.started_at, std::nullopt); // As it was accepted.
    EXPECT_EQ(reply_of(sending, user).started_at, now());
}

asio::awaitable<int> erase(db::Transaction& transaction, UserId user)
{
    co_await chat::end_user(transaction, user);
    co_await billing::erase_user(transaction, user);
    co_return 0;
}

TEST_F(ChatPages, shows_nothing_of_an_erased_user_and_all_of_others)
{
    auto const user = add_user();
    auto const other = add_user();
    for (auto each : {user, other}) send(each, add_room(each));
    auto const claimed = claim(1).front();
    temp.run(temp.database().transact([user](db::Transaction& transaction) { return erase(transaction, user); }));
    EXPECT_TRUE(temp.run(rooms.page(user, "", std::nullopt, 20)).results.empty());
    EXPECT_EQ(temp.run(rooms.page(other, "", std::nullopt, 20)).results.size(), 1u);
    for (db::Sql sql : {db::Sql("select count(*) from jobs"), db::Sql("select count(*) from usage_days")}) EXPECT_EQ(number(sql), 1);
    EXPECT_EQ(finish(claimed), chat::Fate::refused);
}

} // namespace
} // namespace pollux::test
