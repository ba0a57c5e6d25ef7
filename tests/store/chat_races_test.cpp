// What several processes do at the same moment. On SQLite the writer puts them in a row; on PostgreSQL they really meet.
#include "chat_fixture.hpp"

#include <set>

namespace pollux::test {
namespace {

using namespace std::chrono_literals;
using chat::ClaimKind;
using chat::Fate;
using chat::MessageStatus;

class ChatRaces : public ChatStores {
protected:
    asio::awaitable<void> claim_into(std::string owner, std::int64_t count, std::vector<chat::ReplyClaim>& into)
    {
        auto claims = co_await replies.claim(std::move(owner), ClaimKind::usual, count);
        into.insert(into.end(), claims.begin(), claims.end());
    }
    asio::awaitable<void> expire_into(std::vector<chat::LostReply>& into)
    {
        auto lost = co_await leases.expire(now());
        into.insert(into.end(), lost.begin(), lost.end());
    }
    asio::awaitable<void> stop_into(UserId user, chat::Message reply, std::optional<chat::Stopping>& into)
    {
        into = (co_await stops.stop(user, reply.chatroom, reply.id, now())).value();
    }
    asio::awaitable<void> delete_into(UserId user, RoomId room, std::optional<chat::RoomDeletion>& into)
    {
        into = (co_await stops.delete_room(user, room)).value();
    }
    asio::awaitable<void> finish_into(chat::ReplyClaim claim, std::vector<Fate>& into)
    {
        into.push_back((co_await replies.finish(std::move(claim), completed(), now())).fate);
    }

    using Works = std::vector<asio::awaitable<void>>;
};

TEST_F(ChatRaces, workers_that_claim_at_once_share_the_queue_without_overlap)
{
    for (int index = 0; index < 40; ++index) {
        auto const user = add_user();
        send(user, add_room(user));
    }
    std::vector<chat::ReplyClaim> claims;
    for (int round = 0; round < 3; ++round) {
        Works works;
        for (int worker = 0; worker < 8; ++worker) works.push_back(claim_into("worker " + std::to_string(worker), 5, claims));
        temp.loop().run_all(std::move(works));
    }
    std::set<std::int64_t> distinct;
    for (auto const& claim : claims) distinct.insert(claim.reply.value);
    EXPECT_EQ(claims.size(), 40u);
    EXPECT_EQ(distinct.size(), 40u);
    EXPECT_EQ(number("select count(*) from messages where status = 'streaming' and attempt = 1"), 40);
}

TEST_F(ChatRaces, a_lease_that_ended_is_taken_back_by_one_of_many_who_look)
{
    auto const user = add_user();
    for (int index = 0; index < 2; ++index) send(user, add_room(user));
    ASSERT_EQ(claim().size(), 2u);
    advance(21s);
    std::vector<chat::LostReply> lost;
    Works works;
    for (int scanner = 0; scanner < 8; ++scanner) works.push_back(expire_into(lost));
    temp.loop().run_all(std::move(works));
    EXPECT_EQ(lost.size(), 2u);
    EXPECT_EQ(number("select count(*) from jobs where state = 'ready' and lost = 1 and calls = 0"), 2);
}

TEST_F(ChatRaces, a_reply_is_finished_by_one_of_many_who_try)
{
    auto const user = add_user();
    send(user, add_room(user));
    auto const claims = claim();
    std::vector<Fate> fates;
    Works works;
    for (int index = 0; index < 8; ++index) works.push_back(finish_into(claims.front(), fates));
    temp.loop().run_all(std::move(works));
    EXPECT_EQ(std::ranges::count(fates, Fate::done), 1);
    EXPECT_EQ(used(user), 1);
    EXPECT_EQ(number("select prompt_tokens from usage_days"), 10);
}

TEST_F(ChatRaces, a_stop_that_meets_a_claim_finds_the_reply_queued_or_running_but_never_both)
{
    for (int round = 0; round < 40; ++round) {
        auto const user = add_user();
        auto const sending = send(user, add_room(user));
        std::optional<chat::Stopping> stopping;
        std::vector<chat::ReplyClaim> claims;
        Works works;
        works.push_back(stop_into(user, sending.reply, stopping));
        works.push_back(claim_into("worker", 1, claims));
        if (round % 2 == 1) std::swap(works[0], works[1]);
        temp.loop().run_all(std::move(works));

        ASSERT_NE(stopping->was_queued, stopping->is_running);
        EXPECT_EQ(claims.size(), stopping->is_running ? 1u : 0u);
        EXPECT_EQ(used(user), stopping->is_running ? 1 : 0);
        auto const status = reply_of(sending, user).status;
        EXPECT_EQ(status, stopping->is_running ? MessageStatus::streaming : MessageStatus::stopped);
        if (stopping->is_running) EXPECT_EQ(finish(claims.front()), Fate::done);
    }
    EXPECT_EQ(number("select count(*) from jobs"), 0);
}

TEST_F(ChatRaces, a_room_that_is_deleted_while_its_reply_is_claimed_gives_back_what_was_queued_and_nothing_else)
{
    for (int round = 0; round < 40; ++round) {
        auto const user = add_user();
        auto const room = add_room(user);
        send(user, room);
        std::optional<chat::RoomDeletion> deletion;
        std::vector<chat::ReplyClaim> claims;
        Works works;
        works.push_back(delete_into(user, room, deletion));
        works.push_back(claim_into("worker", 1, claims));
        if (round % 2 == 1) std::swap(works[0], works[1]);
        temp.loop().run_all(std::move(works));

        EXPECT_EQ(deletion->replies.size(), 1u);
        EXPECT_EQ(used(user), claims.empty() ? 0 : 1);
        for (auto const& claim : claims) EXPECT_EQ(finish(claim), Fate::refused);
    }
    EXPECT_EQ(number("select count(*) from jobs"), 0);
    EXPECT_EQ(number("select count(*) from messages"), 0);
}

} // namespace
} // namespace pollux::test
