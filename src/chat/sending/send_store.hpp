// A send and a retry: one transaction each, with everything that belongs together: the messages, the job that writes the reply, the unit
// of the day's quota that pays for it, and the idempotency key. After COMMIT all of it is there, before it nothing, and a refusal
// leaves nothing behind.
//
// This is the one place where the chat room writes what other rooms keep (users.rooms_version, and the quota through billing's
// functions): a transaction cannot be cut along rooms.
#pragma once

#include "ai/model_list.hpp"
#include "base/error.hpp"
#include "chat/queue/job_queue.hpp"
#include "chat/queue/reply_claim.hpp"
#include "chat/rooms/message.hpp"
#include "db/database.hpp"
#include "idempotency/idempotency.hpp"

#include <optional>
#include <string>

namespace pollux::chat {

namespace asio = boost::asio;

constexpr std::int64_t queued_a_room_max = 10;
constexpr std::int64_t queued_a_user_max = 50;
constexpr std::int64_t variants_max = 100;

// Whether the queue over all users takes another reply.
enum class QueueRoom { some, none };
Error queue_is_full();

// By what a request is known: in our log and answer, and to its client, who may have said a name of its own. Either may be empty.
struct RequestNames {
    std::string ours;
    std::string clients;
};

struct SendRequest {
    UserId user;
    RoomId room;
    std::string content;
    std::optional<idempotency::Key> key;
    Time now;
    // Set when a worker of this process has a free hand: the job, if it may run at once, is claimed for this owner in the same
    // transaction, which saves a second one.
    std::optional<std::string> lease_owner;
    QueueRoom queue_room = QueueRoom::some; // A repeat is answered even without.
    RequestNames names{};
};

struct RetryRequest {
    UserId user;
    RoomId room;
    MessageId reply; // Any variant.
    std::optional<idempotency::Key> key;
    Time now;
    std::optional<std::string> lease_owner;
    QueueRoom queue_room = QueueRoom::some; // A repeat is answered even without.
    RequestNames names{};
};

struct Sending {
    std::optional<Message> message; // The question; none for a retry.
    Message reply;
    UsageNow usage;
    bool is_repeat = false; // An earlier request with this key did it: nothing was changed.
    JobState job = JobState::waiting;
    std::optional<ReplyClaim> claim; // Set when job is running: claimed for the request's lease_owner.
};

class SendStore {
public:
    SendStore(db::Database& database, ai::Models const& models) : database_(database), models_(models) {}

    // Refusals: room_not_found, invalid_input (too long for the plan), model_not_in_plan, room_busy, queue_full, daily_limit_reached, busy,
    // idempotency_key_reused, idempotency_in_progress.
    asio::awaitable<Result<Sending>> send(SendRequest request);

    // Also: message_not_found (no reply of this room), reply_running, too_many_variants.
    asio::awaitable<Result<Sending>> retry(RetryRequest request);

private:
    db::Database& database_;
    ai::Models const& models_;
};

} // namespace pollux::chat
