// The parts of replies that are being written: put, found, and gone with their reply.
#include "chat_fixture.hpp"

#include "chat/replies/erase_user.hpp"
#include "chat/streams/reply_parts_store.hpp"

namespace pollux::test {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

class ChatReplyParts : public ChatStores {
protected:
    static chat::ReplyPart part(chat::ReplyClaim const& claim, std::int64_t number, std::size_t from, std::string text)
    {
        chat::ReplyPart made{.user = claim.user, .reply = claim.reply, .attempt = claim.attempt, .number = number, .model = "demo"};
        made.text_from = from;
        made.text = std::move(text);
        return made;
    }
    std::size_t put(std::vector<chat::ReplyPart> some) { return temp.run(parts.put(std::move(some))).size(); }
    chat::FoundParts find(MessageId reply, chat::FeedPosition seen = {}) { return temp.run(parts.find(user, reply, seen)); }
    std::int64_t kept() { return number("select count(*) from reply_parts"); }

    chat::ReplyClaim running()
    {
        user = add_user();
        room = add_room(user);
        sending.emplace(send(user, room));
        return claim().front();
    }

    static asio::awaitable<bool> erase(db::Transaction& transaction, UserId user)
    {
        co_await chat::end_user(transaction, user);
        co_return true;
    }

    UserId user;
    RoomId room;
    std::optional<chat::Sending> sending;
    chat::ReplyPartsStore parts{temp.database()};
};

TEST_F(ChatReplyParts, are_found_from_any_place)
{
    auto const running_one = running();
    auto second = part(running_one, 1, 6, "two\n\"€\"\\");
    second.thoughts = "hm";
    second.citations_json = "[{\"url\":\"x\"}]";
    second.citations_version = 1;
    EXPECT_EQ(find(running_one.reply).attempt, 0);
    EXPECT_EQ(put({part(running_one, 0, 0, "first ")}), 1u);
    EXPECT_EQ(put({second}), 1u);

    auto const all = find(running_one.reply);
    EXPECT_EQ(all.attempt, 1);
    ASSERT_EQ(all.parts.size(), 2u);
    EXPECT_EQ(all.parts[0].text, "first ");
    EXPECT_EQ(all.parts[0].model, "demo");
    EXPECT_EQ(all.parts[1].text, second.text);
    EXPECT_EQ(all.parts[1].text_from, 6u);
    EXPECT_EQ(all.parts[1].thoughts, "hm");
    EXPECT_EQ(all.parts[1].citations_json, second.citations_json);
    EXPECT_EQ(find(running_one.reply, {1, 3, 0, 0}).parts.size(), 2u);
    EXPECT_EQ(find(running_one.reply, {1, 6, 0, 0}).parts.size(), 1u);
    auto const nothing_new = find(running_one.reply, {1, 6 + second.text.size(), 2, 1});
    EXPECT_EQ(nothing_new.attempt, 1);
    EXPECT_TRUE(nothing_new.parts.empty());
}

TEST_F(ChatReplyParts, of_a_known_number_replace_it_and_those_of_the_newest_attempt_are_found)
{
    auto const first = running();
    put({part(first, 0, 0, "one")});
    put({part(first, 0, 0, "one two")});
    ASSERT_EQ(find(first.reply).parts.size(), 1u);
    EXPECT_EQ(find(first.reply).parts[0].text, "one two");
    auto const next = temp.run(replies.count_call(first, chat::ReplyStore::NextCall::restarts)).value();
    EXPECT_EQ(put({part(first, 1, 7, "too late"), part(next, 0, 0, "anew")}), 1u) << "the old attempt is refused";
    auto const found = find(first.reply, {first.attempt, 3, 0, 0});
    EXPECT_EQ(found.attempt, next.attempt);
    ASSERT_EQ(found.parts.size(), 1u);
    EXPECT_EQ(found.parts[0].text, "anew");
}

TEST_F(ChatReplyParts, are_refused_once_nobody_writes_the_reply)
{
    auto const running_one = running();
    finish(running_one);
    EXPECT_EQ(put({part(running_one, 0, 0, "late")}), 0u);
    EXPECT_EQ(kept(), 0);
}

TEST_F(ChatReplyParts, end_with_the_finish)
{
    if (!tests_run_on_postgres()) GTEST_SKIP() << "on SQLite nobody writes parts, and the finish saves the statement";
    auto const first = running();
    put({part(first, 0, 0, "one")});
    auto const next = temp.run(replies.count_call(first, chat::ReplyStore::NextCall::restarts)).value();
    put({part(next, 0, 0, "two")});
    EXPECT_EQ(kept(), 2);
    EXPECT_EQ(finish(first), chat::Fate::refused);
    EXPECT_EQ(finish(next), chat::Fate::done);
    EXPECT_EQ(kept(), 0);
}

TEST_F(ChatReplyParts, end_when_the_reply_is_put_back_handed_back_or_lost)
{
    auto first = running();
    put({part(first, 0, 0, "one")});
    temp.run(replies.hand_back(first, chat::ReplyStore::Call::cut));
    EXPECT_EQ(kept(), 0);
    first = claim().front();
    put({part(first, 0, 0, "one")});
    advance(chat::lease_duration + 1us);
    temp.run(leases.expire(now()));
    EXPECT_EQ(kept(), 0);
    first = claim().front();
    put({part(first, 0, 0, "one")});
    temp.run(replies.put_back(first, 1s, chat::ReplyStore::Call::none));
    EXPECT_EQ(kept(), 0);
}

TEST_F(ChatReplyParts, end_with_their_room_and_their_user)
{
    auto const first = running();
    put({part(first, 0, 0, "one")});
    EXPECT_TRUE(temp.run(stops.delete_room(user, room)));
    EXPECT_EQ(kept(), 0);

    auto const second = running();
    put({part(second, 0, 0, "one")});
    temp.run(temp.database().transact([who = user](db::Transaction& transaction) { return erase(transaction, who); }));
    EXPECT_EQ(kept(), 0);
}

TEST_F(ChatReplyParts, that_came_too_late_are_stale)
{
    auto const first = running();
    put({part(first, 0, 0, "one")});
    auto const second = running();
    put({part(second, 0, 0, "one")});
    rows("delete from jobs where message_id = $1", first.reply);
    temp.run(parts.delete_ended({{second.user, second.reply}}));
    EXPECT_EQ(kept(), 2);
    temp.run(parts.delete_ended({{first.user, first.reply}, {second.user, second.reply}}));
    EXPECT_EQ(kept(), 1);

    rows("insert into reply_parts select 77, attempt, number, user_id, model, text_from, text_end, thoughts_from, thoughts_end, "
         "citations_version, text, thoughts, citations from reply_parts");
    temp.run(parts.delete_stale());
    EXPECT_EQ(kept(), 1);
    EXPECT_EQ(find(second.reply).attempt, 1);
}

} // namespace
} // namespace pollux::test
