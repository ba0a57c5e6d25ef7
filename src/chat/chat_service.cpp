#include "chat/chat_service.hpp"

#include "base/reason.hpp"
#include "base/required.hpp"
#include "chat/replies/reply_worker.hpp"
#include "chat/replies/stop_signals.hpp"
#include "chat/rooms/leftovers.hpp"
#include "ops/log.hpp"

#include <boost/asio/this_coro.hpp>

namespace pollux::chat {
namespace {

constexpr std::chrono::seconds stop_takes_max{6}; // A worker elsewhere learns of it when it renews its lease.
// Somebody waits for their click to count: a lost signal is to cost them less than it costs a reader.
constexpr ReplyPace stop_pace{.silence_absent_max = std::chrono::milliseconds(500), .silence_streaming_max = std::chrono::seconds(1)};

// On PostgreSQL a repeat waits behind the first request with its key, for the user's row or for the key's. When it has waited in vain,
// nothing was done, and to ask again is right; without a key the caller hears that the storage cannot be used just now.
template <class Made>
asio::awaitable<Result<Made>> unless_in_progress(bool has_key, asio::awaitable<Result<Made>> work)
{
    try {
        co_return co_await std::move(work);
    } catch (UnavailableError const& failure) {
        if (!has_key || failure.lack() != Lack::turn) throw;
    }
    co_return idempotency::key_in_progress();
}

} // namespace

ChatService::ChatService(Parts parts)
    : parts_(parts), news_(parts.notices, parts.room_lists), rooms_(parts.database), messages_(parts.database),
      sends_(parts.database, parts.models), sent_before_(parts.database), stops_(parts.database)
{}

std::string stream_url(RoomId room, MessageId reply)
{
    return "/chatroom/" + std::to_string(room.value) + "/message/" + std::to_string(reply.value) + "/stream/";
}

// --- Rooms -----------------------------------------------------------------------------------------------------------------------

// Makes it the model's id.
asio::awaitable<Result<void>> ChatService::check_model(UserId user, std::optional<std::string>& model)
{
    if (!model) co_return Result<void>();
    auto const plan = co_await parts_.billing.plan_of(user);
    if (!plan) co_return plan.error();
    auto id = check_room_model(parts_.models, plan->models, *model);
    if (!id) co_return id.error();
    model = std::move(*id);
    co_return Result<void>();
}

asio::awaitable<Result<Made<Room>>> ChatService::create_room(UserId user, NewRoom room, std::optional<idempotency::Key> key)
{
    auto const checked = co_await check_model(user, room.model);
    if (!checked) co_return checked.error();
    auto const has_key = key.has_value();
    auto creating = rooms_.create(user, std::move(room), std::move(key), parts_.clock.now());
    auto kept = co_await unless_in_progress(has_key, std::move(creating));
    if (!kept) co_return kept.error();
    if (!kept->is_repeat) news_.room_changed(user, kept->room.id);
    co_await settle_list(user);
    co_return Made<Room>{std::move(kept->room), kept->is_repeat};
}

asio::awaitable<Result<RoomPage>> ChatService::rooms(UserId user, std::string name_part, std::string cursor, std::int64_t count_max)
{
    std::optional<RoomCursor> after;
    if (!cursor.empty()) {
        auto const parsed = parse_room_cursor(cursor);
        if (!parsed) co_return parsed.error();
        after = *parsed;
    }
    co_return co_await rooms_.page(user, std::move(name_part), after, count_max);
}

asio::awaitable<std::shared_ptr<std::string const>> ChatService::first_rooms_json(UserId user)
{
    auto found = co_await parts_.room_lists.find(user);
    if (found.json) co_return std::move(found.json);
    auto const page = co_await rooms_.page(user, {}, std::nullopt, rooms_page_usual);
    auto json = std::make_shared<std::string const>(to_json(page));
    parts_.room_lists.keep(user, found, json);
    co_return json;
}

asio::awaitable<Result<RoomDetail>> ChatService::room(UserId user, RoomId room, std::string cursor, std::int64_t count_max)
{
    std::optional<MessageCursor> before;
    if (!cursor.empty()) {
        auto const parsed = parse_message_cursor(cursor);
        if (!parsed) co_return parsed.error();
        before = *parsed;
    }
    auto found = co_await rooms_.find(user, room);
    if (!found) co_return found.error();
    auto page = co_await messages_.page(user, room, before, count_max);
    co_return RoomDetail{std::move(*found), std::move(page)};
}

asio::awaitable<Result<Room>> ChatService::change_room(UserId user, RoomId room, RoomChange change)
{
    if (change.model) {
        auto const checked = co_await check_model(user, *change.model);
        if (!checked) co_return checked.error();
    }
    auto changed = co_await rooms_.change(user, room, std::move(change));
    if (changed) news_.room_changed(user, room);
    co_await settle_list(user);
    co_return changed;
}

asio::awaitable<Result<void>> ChatService::delete_room(UserId user, RoomId room)
{
    auto const deletion = co_await stops_.delete_room(user, room);
    if (!deletion) co_return deletion.error();
    news_.room_deleted(user, room);
    if (!deletion->replies.empty()) news_.usage_changed(user);
    if (deletion->has_leftovers && parts_.task_bell) parts_.task_bell->ring(delete_room_task);
    parts_.gauge.add(-std::ssize(deletion->replies));
    for (auto const& [reply, attempt] : deletion->replies) {
        bool const was_here = parts_.worker && parts_.worker->drop_reply(reply);
        if (!was_here && parts_.signals) signal_drop(*parts_.signals, reply);
        co_await end_feed(reply, attempt);
    }
    wake_workers(deletion->promoted);
    co_await settle_list(user);
    co_return Result<void>();
}

// These two come after COMMIT, so they must not end the request: readers find in the database what they miss.

asio::awaitable<void> ChatService::end_feed(MessageId reply, std::int64_t attempt)
{
    try {
        co_await parts_.feed.end(reply, attempt);
    } catch (std::exception const& failure) {
        ops::log(ops::Level::warning, "feed_not_ended", {{"reason", reason_of(failure)}});
    }
}

asio::awaitable<void> ChatService::settle_list(UserId user)
{
    try {
        co_await news_.settled(user);
    } catch (std::exception const& failure) {
        ops::log(ops::Level::warning, "room_list_not_settled", {{"reason", reason_of(failure)}});
    }
}

// --- Sending ---------------------------------------------------------------------------------------------------------------------

// With a key it may be a repeat, which asks for no place: the transaction looks.
asio::awaitable<Result<QueueRoom>> ChatService::check_gauge(bool has_key)
{
    bool const is_full = co_await parts_.gauge.is_full(parts_.database);
    if (is_full && !has_key) co_return queue_is_full();
    co_return is_full ? QueueRoom::none : QueueRoom::some;
}

// After COMMIT: the reply is on its way, and everybody who looks at the room is told.
void ChatService::follow_up(UserId user, RoomId room, Sending& sending, std::optional<Hands::Hand> hand, asio::any_io_executor executor)
{
    if (sending.is_repeat) return;
    parts_.gauge.add(1);
    std::optional<MessageId> message;
    if (sending.message) message = sending.message->id;
    news_.reply_sent(user, room, message, {sending.reply.id, sending.reply.attempt, sending.reply.status});
    if (sending.claim) {
        parts_.worker->run(required(std::move(hand)), std::move(*sending.claim), executor);
    } else if (sending.job == JobState::ready) {
        wake_workers(1);
    }
}

// After COMMIT: so many jobs may be claimed, by the first worker that comes.
void ChatService::wake_workers(int jobs)
{
    if (jobs == 0) return;
    if (parts_.worker) parts_.worker->wake();
    if (parts_.wake_ups) parts_.wake_ups->announce(jobs);
}

asio::awaitable<Result<Made<Sent>>> ChatService::send(UserId user, RoomId room, std::string content, std::optional<idempotency::Key> key,
                                                      RequestNames names)
{
    bool const has_key = key.has_value();
    auto const room_left = co_await check_gauge(has_key);
    if (!room_left) co_return room_left.error();
    auto hand = parts_.worker ? parts_.worker->free_hand() : std::nullopt;
    SendRequest request{user, room, std::move(content), std::move(key), parts_.clock.now(), std::nullopt, *room_left, std::move(names)};
    if (hand) request.lease_owner = parts_.worker->owner();

    auto sending = co_await unless_in_progress(has_key, sends_.send(std::move(request)));
    if (!sending) co_return sending.error();
    auto executor = co_await asio::this_coro::executor;
    follow_up(user, room, *sending, std::move(hand), std::move(executor));
    co_await settle_list(user);
    auto url = stream_url(room, sending->reply.id);
    co_return Made<Sent>{{required(std::move(sending->message)), std::move(sending->reply), std::move(url), std::move(sending->usage)},
                         sending->is_repeat};
}

asio::awaitable<Result<std::optional<SentBefore>>> ChatService::sent_before(UserId user, RoomId room, std::string content,
                                                                            std::optional<idempotency::Key> key, EventId last_seen)
{
    auto const known = co_await rooms_.find(user, room);
    if (!known) co_return known.error();
    auto const now = parts_.clock.now();
    if (key) {
        auto const by_key = co_await sent_before_.reply_of(user, std::move(*key), now);
        if (!by_key) co_return by_key.error();
        if (auto const reply_id = *by_key) {
            auto reply = co_await messages_.find(user, room, *reply_id);
            if (!reply) co_return reply.error();
            co_return SentBefore{std::move(*reply)};
        }
    }
    auto replies = co_await sent_before_.replies_to(user, room, std::move(content), now);
    std::erase_if(replies, [&](Message const& reply) { return !may_have_given(reply, last_seen); });
    if (replies.empty()) co_return std::optional<SentBefore>();
    co_return SentBefore{std::move(replies.front()), replies.size() == 1};
}

asio::awaitable<Result<Made<Retried>>> ChatService::retry(UserId user, RoomId room, MessageId reply, std::optional<idempotency::Key> key,
                                                          RequestNames names)
{
    bool const has_key = key.has_value();
    auto const room_left = co_await check_gauge(has_key);
    if (!room_left) co_return room_left.error();
    auto hand = parts_.worker ? parts_.worker->free_hand() : std::nullopt;
    RetryRequest request{user, room, reply, std::move(key), parts_.clock.now(), std::nullopt, *room_left, std::move(names)};
    if (hand) request.lease_owner = parts_.worker->owner();

    auto sending = co_await unless_in_progress(has_key, sends_.retry(std::move(request)));
    if (!sending) co_return sending.error();
    auto executor = co_await asio::this_coro::executor;
    follow_up(user, room, *sending, std::move(hand), std::move(executor));
    co_await settle_list(user);
    auto url = stream_url(room, sending->reply.id);
    co_return Made<Retried>{{std::move(sending->reply), std::move(url)}, sending->is_repeat};
}

// --- Messages --------------------------------------------------------------------------------------------------------------------

asio::awaitable<Result<Message>> ChatService::stop(UserId user, RoomId room, MessageId reply)
{
    auto stopping = co_await stops_.stop(user, room, reply, parts_.clock.now());
    if (!stopping) co_return stopping.error();
    if (stopping->was_queued) {
        parts_.gauge.add(-1);
        news_.reply_ended(user, room, {reply, stopping->reply.attempt, MessageStatus::stopped});
        co_await end_feed(reply, stopping->reply.attempt);
        wake_workers(stopping->promoted);
        co_await settle_list(user);
    }
    if (!stopping->is_running) co_return std::move(stopping->reply);
    bool const runs_here = parts_.worker && parts_.worker->stop_reply(reply);
    if (!runs_here && parts_.signals) signal_stop(*parts_.signals, reply);
    co_return co_await follow(user, std::move(stopping->reply), Steady::now() + stop_takes_max, stop_pace);
}

asio::awaitable<Result<Message>> ChatService::message(UserId user, RoomId room, MessageId message)
{
    return messages_.find(user, room, message);
}

asio::awaitable<Result<VariantPage>> ChatService::variants(UserId user, RoomId room, MessageId reply, std::string cursor)
{
    VariantCursor after;
    if (!cursor.empty()) {
        auto const parsed = parse_variant_cursor(cursor);
        if (!parsed) co_return parsed.error();
        after = *parsed;
    }
    co_return co_await messages_.variants(user, room, reply, after.variant);
}

asio::awaitable<Message> ChatService::when_finished(UserId user, Message known, Steady::time_point until)
{
    return follow(user, std::move(known), until, {});
}

asio::awaitable<Message> ChatService::follow(UserId user, Message known, Steady::time_point until, ReplyPace pace)
{
    auto load = [this, user, room = known.chatroom, id = known.id] { return messages_.find(user, room, id); };
    ReplyFollower follower(parts_.feed, user, std::move(known), std::move(load), pace);
    FeedPosition seen;
    for (;;) {
        auto const step = co_await follower.next(seen, until);
        if (step.outcome == ReplyFollower::Outcome::finished || step.outcome == ReplyFollower::Outcome::deleted) break;
        if (step.outcome == ReplyFollower::Outcome::waits) continue;
        if (step.outcome != ReplyFollower::Outcome::news) {
            co_await follower.look(); // How far it has come.
            break;
        }
        seen = step.news.position;
    }
    co_return follower.reply();
}

asio::awaitable<Result<std::vector<ListedModel>>> ChatService::models_of(UserId user, Listed which)
{
    auto const plan = co_await parts_.billing.plan_of(user);
    if (!plan) co_return plan.error();
    co_return list_models(parts_.models, plan->models, which);
}

} // namespace pollux::chat
