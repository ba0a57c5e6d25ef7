// Claims, fences, order, fairness, and what replies cost.
#include "chat_fixture.hpp"

#include "base/secrets.hpp"

namespace pollux::test {
namespace {

using namespace std::chrono_literals;
using chat::Fate;
using chat::MessageStatus;
using chat::ReplyClaim;

class ChatReply : public ChatStores {
protected:
    static chat::ReplyEnd ended(MessageStatus status, std::string text)
    {
        chat::ReplyEnd end = completed(std::move(text));
        end.status = status;
        end.finish_reason.reset();
        if (status == MessageStatus::failed) end.error = chat::upstream_failed();
        return end;
    }

    chat::Stopping stop(chat::Sending const& sending, UserId user)
    {
        return temp.run(stops.stop(user, sending.reply.chatroom, sending.reply.id, now())).value();
    }
};

TEST_F(ChatReply, is_claimed_and_finished_once)
{
    auto const user = add_user();
    auto const room = add_room(user);
    auto const sending = send(user, room);
    auto const claims = claim();
    ASSERT_EQ(claims.size(), 1u);
    EXPECT_EQ(claims[0].user, user);
    EXPECT_EQ(claims[0].room, room);
    EXPECT_EQ(claims[0].question, sending.message->id);
    EXPECT_EQ(claims[0].reply, sending.reply.id);
    EXPECT_EQ(claims[0].attempt, 1);
    EXPECT_EQ(claims[0].calls, 1);
    EXPECT_EQ(claims[0].first_started, now());
    EXPECT_TRUE(claim().empty());
    EXPECT_EQ(reply_of(sending, user).status, MessageStatus::streaming);

    advance(3s);
    EXPECT_EQ(finish(claims[0]), Fate::done);
    EXPECT_EQ(finish(claims[0]), Fate::refused);
    auto const reply = reply_of(sending, user);
    EXPECT_EQ(reply.status, MessageStatus::completed);
    EXPECT_EQ(reply.content, "an answer");
    EXPECT_EQ(reply.finish_reason, chat::MessageFinish::stop);
    EXPECT_EQ(reply.usage->completion_tokens, 20);
    EXPECT_EQ(reply.completed_at, now());
    EXPECT_EQ(number("select count(*) from jobs"), 0);
    auto const shown = temp.run(rooms.find(user, room)).value();
    EXPECT_EQ(shown.last_message->text, "an answer");
    EXPECT_EQ(shown.last_message->role, chat::MessageRole::assistant);
    EXPECT_EQ(shown.updated_at, now());
    auto const usage = temp.run(billing.usage(user, std::nullopt)).value();
    EXPECT_EQ(usage.tokens.prompt_tokens, 10);
    EXPECT_EQ(usage.tokens.thought_tokens, 3);
}

TEST_F(ChatReply, refuses_a_worker_that_lost_its_lease)
{
    auto const user = add_user();
    auto const sending = send(user, add_room(user));
    auto const late = claim().front();
    advance(chat::lease_duration + 1us);
    auto const lost = temp.run(leases.expire(now()));
    ASSERT_EQ(lost.size(), 1u);
    EXPECT_FALSE(lost[0].has_failed);
    EXPECT_EQ(reply_of(sending, user).status, MessageStatus::queued);
    EXPECT_EQ(finish(late, completed("too late")), Fate::refused);

    auto const next = claim().front();
    EXPECT_EQ(next.attempt, 2);
    EXPECT_EQ(next.lost, 1);
    EXPECT_EQ(next.calls, 1); // The call that was cut is not counted.
    EXPECT_EQ(finish(late, completed("too late")), Fate::refused);
    EXPECT_FALSE(temp.run(replies.count_call(late, chat::ReplyStore::NextCall::same_attempt)));
    EXPECT_EQ(temp.run(replies.put_back(late, 1s, chat::ReplyStore::Call::none)).fate, Fate::refused);
    EXPECT_EQ(temp.run(replies.hand_back(late, chat::ReplyStore::Call::cut)).fate, Fate::refused);
    EXPECT_EQ(finish(next, completed("in time")), Fate::done);
    EXPECT_EQ(reply_of(sending, user).content, "in time");
}

TEST_F(ChatReply, keeps_a_lease_that_is_renewed)
{
    auto const user = add_user();
    send(user, add_room(user));
    claim(1, "me");
    for (int count = 0; count < 3; ++count) {
        advance(chat::lease_duration - 1s);
        auto const kept = temp.run(leases.renew("me"));
        ASSERT_EQ(kept.size(), 1u);
        EXPECT_FALSE(kept[0].stop_requested);
        EXPECT_TRUE(temp.run(leases.expire(now())).empty());
        EXPECT_TRUE(temp.run(leases.renew("other")).empty());
    }
}

TEST_F(ChatReply, raises_the_attempt_when_it_restarts)
{
    auto const user = add_user();
    auto const sending = send(user, add_room(user));
    auto const first = claim().front();
    auto const same = temp.run(replies.count_call(first, chat::ReplyStore::NextCall::same_attempt));
    EXPECT_EQ(same->calls, 2);
    EXPECT_EQ(same->attempt, 1);
    auto const second = temp.run(replies.count_call(*same, chat::ReplyStore::NextCall::restarts));
    EXPECT_EQ(second->calls, 3);
    EXPECT_EQ(second->attempt, 2);
    EXPECT_EQ(reply_of(sending, user).attempt, 2);
    EXPECT_EQ(finish(first), Fate::refused);
    EXPECT_EQ(finish(*second), Fate::done);
}

TEST_F(ChatReply, keeps_the_order_of_a_room)
{
    auto const user = add_user();
    auto const room = add_room(user);
    std::vector<MessageId> asked;
    for (int count = 0; count < 5; ++count) asked.push_back(send(user, room).reply.id);
    std::vector<MessageId> written;
    for (auto claims = claim(); !claims.empty(); claims = claim()) {
        ASSERT_EQ(claims.size(), 1u);
        written.push_back(claims[0].reply);
        finish(claims[0]);
    }
    EXPECT_EQ(written, asked);

    std::vector<chat::MessageRole> roles;
    auto const page = temp.run(messages.page(user, room, std::nullopt, 50));
    for (auto const& each : page.messages) roles.push_back(each.role);
    for (std::size_t index = 0; index < roles.size(); ++index) {
        EXPECT_EQ(roles[index], index % 2 == 0 ? chat::MessageRole::user : chat::MessageRole::assistant);
    }
    EXPECT_EQ(roles.size(), 10u);
}

TEST_F(ChatReply, writes_two_at_once_for_a_user_and_lets_rooms_not_wait_for_each_other)
{
    auto const user = add_user();
    std::vector<RoomId> many{add_room(user), add_room(user), add_room(user)};
    auto const a1 = send(user, many[0]);
    auto const a2 = send(user, many[0]);
    auto const b1 = send(user, many[1]);
    auto const c1 = send(user, many[2]);
    auto claims = claim();
    ASSERT_EQ(claims.size(), 2u);
    EXPECT_EQ(claims[0].reply, a1.reply.id);
    EXPECT_EQ(claims[1].reply, b1.reply.id);
    finish(claims[1]);
    claims = claim();
    ASSERT_EQ(claims.size(), 1u);
    EXPECT_EQ(claims[0].reply, c1.reply.id); // a2 waits for a1, which is still being written.
    finish(claims[0]);
    EXPECT_TRUE(claim().empty());
}

TEST_F(ChatReply, serves_users_in_turns)
{
    rows("update plans set messages_per_day = 1000");
    auto const greedy = add_user();
    for (int room = 0; room < 5; ++room) {
        auto const id = add_room(greedy);
        for (int count = 0; count < 10; ++count) send(greedy, id);
    }
    std::vector<UserId> modest;
    for (int count = 0; count < 10; ++count) {
        modest.push_back(add_user());
        send(modest.back(), add_room(modest.back()));
    }
    // One worker with one hand: every modest user is served before the greedy one has had more than a few replies.
    std::size_t served = 0;
    int greedy_replies = 0;
    for (auto claims = claim(1); !claims.empty() && served < modest.size(); claims = claim(1)) {
        advance(1ms);
        if (claims[0].user == greedy) {
            ++greedy_replies;
        } else {
            ++served;
        }
        finish(claims[0]);
    }
    EXPECT_EQ(served, modest.size());
    EXPECT_LE(greedy_replies, 2);
}

TEST_F(ChatReply, waits_for_its_time_when_it_is_put_back)
{
    auto const user = add_user();
    auto const room = add_room(user);
    auto const first = send(user, room);
    send(user, room);
    auto const elsewhere = send(user, add_room(user));
    auto const third = send(user, add_room(user));
    auto claims = claim();
    ASSERT_EQ(claims.size(), 2u);
    auto const given = temp.run(replies.put_back(claims[0], 5s, chat::ReplyStore::Call::none));
    EXPECT_EQ(given.fate, Fate::done);
    EXPECT_EQ(given.promoted, 1); // Its slot goes to the third room; its own room waits for it.
    EXPECT_EQ(reply_of(first, user).status, MessageStatus::queued);
    EXPECT_EQ(claims[1].reply, elsewhere.reply.id);
    claims.erase(claims.begin());
    claims.push_back(claim().front());
    EXPECT_EQ(claims[1].reply, third.reply.id);
    finish(claims[0]);
    EXPECT_TRUE(claim().empty());

    EXPECT_EQ(temp.run(leases.promote_due()), 0);
    advance(5s);
    EXPECT_EQ(temp.run(leases.promote_due()), 1);
    auto const again = claim();
    ASSERT_EQ(again.size(), 1u);
    EXPECT_EQ(again[0].reply, first.reply.id);
    EXPECT_EQ(again[0].attempt, 2);
    EXPECT_EQ(again[0].calls, 2);
    EXPECT_EQ(again[0].lost, 0);
    EXPECT_EQ(again[0].first_started, now() - 5s); // Still its first start.
}

TEST_F(ChatReply, is_free_at_once_when_it_is_handed_back)
{
    auto const user = add_user();
    auto const sending = send(user, add_room(user));
    auto const first = claim().front();
    EXPECT_EQ(temp.run(replies.hand_back(first, chat::ReplyStore::Call::cut)).fate, Fate::done);
    EXPECT_EQ(reply_of(sending, user).status, MessageStatus::queued);
    auto const next = claim().front();
    EXPECT_EQ(next.lost, 0);
    EXPECT_EQ(next.calls, 1);
    EXPECT_EQ(next.attempt, 2);
}

TEST_F(ChatReply, is_a_suspect_after_three_losses_and_fails_after_eight)
{
    auto const user = add_user();
    auto const room = add_room(user);
    auto const sending = send(user, room);
    send(user, room);
    for (int losses = 1; losses <= 8; ++losses) {
        auto const kind = losses <= 3 ? chat::ClaimKind::usual : chat::ClaimKind::suspects;
        auto const other = losses <= 3 ? chat::ClaimKind::suspects : chat::ClaimKind::usual;
        EXPECT_EQ(temp.run(leases.has_suspect()), losses > 3);
        EXPECT_TRUE(temp.run(replies.claim("me", other, 1)).empty());
        auto const claims = temp.run(replies.claim("me", kind, 1));
        ASSERT_EQ(claims.size(), 1u) << losses;
        EXPECT_EQ(claims[0].lost, losses - 1);
        EXPECT_EQ(claims[0].calls, 1);
        auto const lost = temp.run(leases.recover("the next process", now()));
        ASSERT_EQ(lost.size(), 1u);
        EXPECT_EQ(lost[0].has_failed, losses == 8);
    }
    auto const reply = reply_of(sending, user);
    EXPECT_EQ(reply.status, MessageStatus::failed);
    EXPECT_EQ(reply.error->code, "worker_lost");
    EXPECT_EQ(used(user), 1);      // Its unit is given back; the other message's is not.
    EXPECT_EQ(claim().size(), 1u); // The room goes on.
    EXPECT_TRUE(temp.run(sends.retry({user, room, reply.id, std::nullopt, now(), std::nullopt})));
}

// A send claims its own reply, and may come before its process has looked at what the one before it left behind.
TEST_F(ChatReply, that_a_process_has_claimed_is_not_taken_back_at_its_start)
{
    auto const user = add_user();
    auto const left = send(user, add_room(user));
    ASSERT_EQ(temp.run(replies.claim("gone", chat::ClaimKind::usual, 1)).size(), 1u);
    auto const own = send(user, add_room(user));
    ASSERT_EQ(temp.run(replies.claim("me", chat::ClaimKind::usual, 1)).size(), 1u);
    auto const lost = temp.run(leases.recover("me", now()));
    ASSERT_EQ(lost.size(), 1u);
    EXPECT_EQ(lost[0].claim.reply, left.reply.id);
    EXPECT_EQ(reply_of(own, user).status, MessageStatus::streaming);
    EXPECT_EQ(temp.run(leases.recover("me", now())).size(), 0u);
}

TEST_F(ChatReply, costs_what_the_table_says)
{
    struct Case {
        MessageStatus status;
        std::string text;
        std::int64_t costs;
    };
    for (auto const& [status, text, costs] : std::vector<Case>{{MessageStatus::completed, "text", 1},
                                                               {MessageStatus::completed, "", 1}, // Blocked by the model.
                                                               {MessageStatus::stopped, "text", 1},
                                                               {MessageStatus::stopped, "", 1},
                                                               {MessageStatus::failed, "text", 1},
                                                               {MessageStatus::failed, "", 0}}) {
        auto const user = add_user();
        auto const sending = send(user, add_room(user));
        EXPECT_EQ(used(user), 1);
        auto const claims = claim();
        EXPECT_EQ(finish(claims[0], ended(status, text)), Fate::done);
        EXPECT_EQ(used(user), costs) << text;
        EXPECT_EQ(finish(claims[0], ended(status, text)), Fate::refused);
        EXPECT_EQ(used(user), costs) << text;
        EXPECT_EQ(reply_of(sending, user).content, text);
    }
}

TEST_F(ChatReply, gives_the_unit_back_to_the_day_it_was_taken_from)
{
    auto const user = add_user();
    auto const room = add_room(user);
    send(user, room);
    advance(24h);
    send(user, room);
    finish(claim().front(), ended(MessageStatus::failed, ""));
    auto const usage = temp.run(billing.usage(user, 2)).value();
    ASSERT_EQ(usage.days.value->size(), 2u);
    EXPECT_EQ(usage.days.value->at(0).used, 0);
    EXPECT_EQ(usage.days.value->at(1).used, 1);
    EXPECT_EQ(usage.days.value->at(1).day, "2026-03-02");
}

TEST_F(ChatReply, is_stopped_at_once_while_it_is_queued)
{
    auto const user = add_user();
    auto const room = add_room(user);
    auto const first = send(user, room);
    auto const second = send(user, room);
    auto const stopping = stop(first, user);
    EXPECT_TRUE(stopping.was_queued);
    EXPECT_EQ(stopping.promoted, 1);
    EXPECT_EQ(stopping.reply.status, MessageStatus::stopped);
    EXPECT_EQ(reply_of(first, user).status, MessageStatus::stopped);
    EXPECT_EQ(used(user), 1);
    EXPECT_FALSE(stop(first, user).was_queued); // As it stands; nothing is given back twice.
    EXPECT_EQ(used(user), 1);
    EXPECT_EQ(claim().front().reply, second.reply.id);
}

TEST_F(ChatReply, notes_the_wish_to_stop_what_is_running)
{
    auto const user = add_user();
    auto const sending = send(user, add_room(user));
    auto const claimed = claim(1, "me").front();
    auto const stopping = stop(sending, user);
    EXPECT_TRUE(stopping.is_running);
    EXPECT_FALSE(stopping.was_queued);
    EXPECT_TRUE(temp.run(leases.renew("me")).front().stop_requested);
    EXPECT_TRUE(temp.run(messages.basis(user, claimed.room, claimed.question, claimed.reply))->stop_requested);
    EXPECT_EQ(temp.run(stops.stop(add_user(), claimed.room, claimed.reply, now())).error().code(), "message_not_found");
    EXPECT_EQ(temp.run(stops.stop(user, claimed.room, claimed.question, now())).error().code(), "message_not_found");
}

TEST_F(ChatReply, goes_away_with_its_room)
{
    auto const user = add_user();
    auto const room = add_room(user);
    auto const running = send(user, room);
    send(user, room);
    auto const elsewhere = send(user, add_room(user));
    auto const claimed = claim(1).front();
    EXPECT_EQ(temp.run(stops.delete_room(add_user(), room)).error().code(), "room_not_found");
    auto const deletion = temp.run(stops.delete_room(user, room)).value();
    EXPECT_EQ(deletion.replies.size(), 2u);
    EXPECT_EQ(used(user), 2); // The running one and the one elsewhere; the queued one's unit is given back.
    EXPECT_EQ(finish(claimed), Fate::refused);
    EXPECT_EQ(used(user), 2);
    EXPECT_EQ(temp.run(messages.find(user, room, running.reply.id)).error().code(), "message_not_found");
    EXPECT_EQ(temp.run(rooms.find(user, room)).error().code(), "room_not_found");
    EXPECT_EQ(number("select count(*) from messages"), 2);
    EXPECT_EQ(claim().front().reply, elsewhere.reply.id);
    EXPECT_EQ(temp.run(stops.delete_room(user, room)).error().code(), "room_not_found");
}

TEST_F(ChatReply, sees_the_chain_before_its_question)
{
    auto const user = add_user();
    auto const room = add_room(user);
    for (int count = 0; count < 60; ++count) {
        rows("delete from usage_days");
        send(user, room, "question " + std::to_string(count));
        finish(claim().front(), count == 58 ? ended(MessageStatus::failed, "broken") : completed("answer " + std::to_string(count)));
    }
    auto const last = send(user, room, "the last");
    auto const claimed = claim().front();
    auto const basis = temp.run(messages.basis(user, room, claimed.question, claimed.reply)).value();
    ASSERT_EQ(basis.chain.size(), 121u);
    EXPECT_EQ(basis.chain.front().text, "question 0");
    EXPECT_EQ(basis.chain.back().text, "the last");
    EXPECT_FALSE(basis.chain[117].is_usable);
    EXPECT_TRUE(basis.chain[119].is_usable);
    EXPECT_EQ(basis.chain[119].text, "answer 59");
    EXPECT_EQ(basis.context_tokens, 32'000);
    EXPECT_EQ(last.reply.id, claimed.reply);
}

} // namespace
} // namespace pollux::test
