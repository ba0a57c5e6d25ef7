// Rooms, messages and replies, as handlers, streams and jobs use them. Every function takes the user who asks; what is not his does
// not exist for him (not_found). Whatever returns a change has committed it, dropped the cached room list and published the notices.
#pragma once

#include "ai/model_list.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "billing/billing_service.hpp"
#include "bus/job_wake_up.hpp"
#include "bus/reply_feed.hpp"
#include "bus/signals.hpp"
#include "chat/chat_news.hpp"
#include "chat/hands.hpp"
#include "chat/idempotency.hpp"
#include "chat/message.hpp"
#include "chat/message_store.hpp"
#include "chat/queue_gauge.hpp"
#include "chat/room_store.hpp"
#include "chat/send_store.hpp"
#include "chat/stop_store.hpp"

namespace pollux::chat {

class ReplyWorker;

constexpr std::int64_t rooms_page_usual = 20;
constexpr std::int64_t messages_page_usual = 50;

// A room with a page of its messages: the newest, or the ones before a cursor.
struct RoomDetail {
    Room room;
    MessagePage page;
};

// What a request with an idempotency key made: now, or earlier (then as it stands now).
template <class T>
struct Made {
    T value;
    bool is_repeat = false;
};

class ChatService {
public:
    struct Parts {
        db::Database& database;
        bus::ReplyFeed& feed;
        bus::Notices& notices;
        bus::RoomListCache& room_lists;
        billing::BillingService& billing;
        ai::Models const& models;
        Clock const& clock;
        QueueGauge& gauge;
        ReplyWorker* worker = nullptr;   // Null: other processes write the replies.
        bus::Signals* signals = nullptr; // Null: there are no other processes; so is the next.
        bus::JobWakeUp* wake_ups = nullptr;
    };

    explicit ChatService(Parts parts);

    asio::awaitable<Result<Made<Room>>> create_room(UserId user, NewRoom room, std::optional<IdempotencyKey> key);
    // `cursor` empty: the first page. cursor_invalid.
    asio::awaitable<Result<RoomPage>> rooms(UserId user, std::string name_part, std::string cursor, std::int64_t count_max);
    // The first page of rooms_page_usual rooms as JSON, from the cache when nothing changed.
    asio::awaitable<std::shared_ptr<std::string const>> first_rooms_json(UserId user);
    asio::awaitable<Result<RoomDetail>> room(UserId user, RoomId room, std::string cursor, std::int64_t count_max);
    asio::awaitable<Result<Room>> change_room(UserId user, RoomId room, RoomChange change);
    asio::awaitable<Result<void>> delete_room(UserId user, RoomId room);

    // Durable when it returns. Refusals: those of SendStore::send, and `busy` when too many replies wait over all users.
    asio::awaitable<Result<Made<Sent>>> send(UserId user, RoomId room, std::string content, std::optional<IdempotencyKey> key);
    asio::awaitable<Result<Made<Retried>>> retry(UserId user, RoomId room, MessageId reply, std::optional<IdempotencyKey> key);

    // Returns when the reply is no longer being written, at most a few seconds later.
    asio::awaitable<Result<Message>> stop(UserId user, RoomId room, MessageId reply);

    asio::awaitable<Result<Message>> message(UserId user, RoomId room, MessageId message);
    asio::awaitable<Result<std::vector<Message>>> variants(UserId user, RoomId room, MessageId reply);

    // The message as it stands when it is finished or at `until`.
    asio::awaitable<Result<Message>> finished_message(UserId user, RoomId room, MessageId message, Steady::time_point until);

    // The models this user's plan may use, the default first.
    asio::awaitable<Result<std::vector<std::string>>> models_of(UserId user);

private:
    asio::awaitable<Result<void>> check_model(UserId user, std::optional<std::string>& model);
    asio::awaitable<Result<void>> check_gauge();
    void wake_workers(int jobs);
    void follow_up(UserId user, RoomId room, Sending& sending, std::optional<Hands::Hand> hand, asio::any_io_executor executor);

    Parts parts_;
    ChatNews news_;
    RoomStore rooms_;
    MessageStore messages_;
    SendStore sends_;
    StopStore stops_;
};

std::string stream_url(RoomId room, MessageId reply);

} // namespace pollux::chat
