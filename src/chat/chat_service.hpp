// Rooms, messages and replies, as handlers, streams and jobs use them. Every function takes the user who asks; what is not theirs does
// not exist for them (not_found). Whatever returns a change has committed it, dropped the cached room list and published the notices.
#pragma once

#include "ai/model_list.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "billing/billing_service.hpp"
#include "bus/job_wake_up.hpp"
#include "bus/signals.hpp"
#include "chat/queue/hands.hpp"
#include "chat/queue/queue_gauge.hpp"
#include "chat/replies/stop_store.hpp"
#include "chat/rooms/chat_news.hpp"
#include "chat/rooms/message.hpp"
#include "chat/rooms/message_store.hpp"
#include "chat/rooms/room_store.hpp"
#include "chat/sending/model_choice.hpp"
#include "chat/sending/send_store.hpp"
#include "chat/sending/sent_before_store.hpp"
#include "chat/streams/reply_follower.hpp"
#include "chat/streams/reply_stream_state.hpp"
#include "idempotency/idempotency.hpp"
#include "tasks/bell.hpp"

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

// The reply to a send that came before.
struct SentBefore {
    Message reply;
    bool is_certain = true; // False: the newest of several sends that said the same.
};

class ChatService {
public:
    struct Parts {
        db::Database& database;
        ReplyFeed& feed;
        bus::Notices& notices;
        bus::RoomListCache& room_lists;
        billing::BillingService& billing;
        ai::Models const& models;
        Clock const& clock;
        QueueGauge& gauge;
        ReplyWorker* worker = nullptr;   // Null: other processes write the replies.
        bus::Signals* signals = nullptr; // Null: there are no other processes; so is the next.
        bus::JobWakeUp* wake_ups = nullptr;
        tasks::Bell const* task_bell = nullptr; // Null: nobody listens here.
    };

    explicit ChatService(Parts parts);

    asio::awaitable<Result<Made<Room>>> create_room(UserId user, NewRoom room, std::optional<idempotency::Key> key);
    // `cursor` empty: the first page. cursor_invalid.
    asio::awaitable<Result<RoomPage>> rooms(UserId user, std::string name_part, std::string cursor, std::int64_t count_max);
    // The first page of rooms_page_usual rooms as JSON, from the cache when nothing changed.
    asio::awaitable<std::shared_ptr<std::string const>> first_rooms_json(UserId user);
    asio::awaitable<Result<RoomDetail>> room(UserId user, RoomId room, std::string cursor, std::int64_t count_max);
    asio::awaitable<Result<Room>> change_room(UserId user, RoomId room, RoomChange change);
    asio::awaitable<Result<void>> delete_room(UserId user, RoomId room);

    // Durable when it returns. Refusals: those of SendStore::send, and `busy` when too many replies wait over all users.
    asio::awaitable<Result<Made<Sent>>> send(UserId user, RoomId room, std::string content, std::optional<idempotency::Key> key,
                                             RequestNames names = {});

    // The send that is repeated with the last id which the client has seen of its stream: by its key, else by what it says. Nothing is
    // sent. nullopt: there is none. Refusals: room_not_found, idempotency_key_reused.
    asio::awaitable<Result<std::optional<SentBefore>>> sent_before(UserId user, RoomId room, std::string content,
                                                                   std::optional<idempotency::Key> key, EventId last_seen);

    asio::awaitable<Result<Made<Retried>>> retry(UserId user, RoomId room, MessageId reply, std::optional<idempotency::Key> key,
                                                 RequestNames names = {});

    // Returns when the reply is no longer being written, at most a few seconds later.
    asio::awaitable<Result<Message>> stop(UserId user, RoomId room, MessageId reply);

    asio::awaitable<Result<Message>> message(UserId user, RoomId room, MessageId message);
    asio::awaitable<Result<VariantPage>> variants(UserId user, RoomId room, MessageId reply, std::string cursor);

    // The reply as it stands when it is finished or at `until`; `known` while nothing newer can be read, and when it is deleted. So
    // a caller that has changed something may await this and still has an answer, whatever fails.
    asio::awaitable<Message> when_finished(UserId user, Message known, Steady::time_point until);

    asio::awaitable<Result<std::vector<ListedModel>>> models_of(UserId user, Listed which);

private:
    asio::awaitable<Result<void>> check_model(UserId user, std::optional<std::string>& model);
    asio::awaitable<Result<QueueRoom>> check_gauge(bool has_key);
    asio::awaitable<void> settle_list(UserId user);
    asio::awaitable<void> end_feed(MessageId reply, std::int64_t attempt);
    asio::awaitable<Message> follow(UserId user, Message known, Steady::time_point until, ReplyPace pace);
    void wake_workers(int jobs);
    void follow_up(UserId user, RoomId room, Sending& sending, std::optional<Hands::Hand> hand, asio::any_io_executor executor);

    Parts parts_;
    ChatNews news_;
    RoomStore rooms_;
    MessageStore messages_;
    SendStore sends_;
    SentBeforeStore sent_before_;
    StopStore stops_;
};

std::string stream_url(RoomId room, MessageId reply);

} // namespace pollux::chat
