// What a send and a retry have in common; used by the files of this folder only.
#pragma once

#include "billing/plan.hpp"
#include "chat/sending/send_store.hpp"

namespace pollux::chat {

// What stands in the way of a new reply, and what it is made with; read in one statement.
struct SendBasis {
    bool room_is_named = false;
    std::optional<std::string> room_model;
    std::optional<std::int64_t> last_reply;
    std::string tier;
    std::int64_t messages_per_day = 0;
    billing::PlanModels models;
    std::int64_t characters_max = 0;
    std::int64_t replies_at_once = 0;
    std::int64_t queued_by_user = 0;
    std::int64_t queued_in_room = 0;
    std::int64_t open_in_room = 0;             // Queued or being written.
    std::int64_t active_of_user = 0;           // Ready or running.
    Time now;                                  // The database's: units are of its days.
    std::int64_t used_today = 0;               // Units. It stays so until the transaction ends: who takes or gives one has the user's lock.
    std::optional<idempotency::Effect> effect; // The key's, if it was used before.
};

// room_not_found, idempotency_key_reused.
asio::awaitable<Result<SendBasis>> read_basis(db::Transaction& transaction, UserId user, RoomId room, std::optional<idempotency::Key> key,
                                              Time now);

// busy, room_busy, queue_full.
Result<void> check_queue(SendBasis const& basis, QueueRoom queue_room);

UsageNow usage_now(SendBasis const& basis, std::int64_t used);

inline bool has_unit_left(SendBasis const& basis)
{
    return basis.used_today < basis.messages_per_day;
}

// daily_limit_reached, with the time until midnight (UTC), and the way to a higher plan where there is one.
asio::awaitable<Error> limit_reached(db::Transaction& transaction, SendBasis const& basis);

// One unit of today, which has_unit_left() has found.
asio::awaitable<UsageNow> take_unit(db::Transaction& transaction, UserId user, SendBasis const& basis);

struct NewReply {
    UserId user;
    RoomId room;
    MessageId question;
    std::int64_t variant = 1;
    bool is_shown = true;
    std::string model;
    Time now;
    std::int64_t day = 0; // Of its unit.
    std::optional<std::string> lease_owner;
    RequestNames names;
};

// Whether its job may run now, and whether somebody is there to run it.
JobState first_state(SendBasis const& basis, NewReply const& reply);

// The reply, queued, and its job.
asio::awaitable<Sending> insert_reply(db::Transaction& transaction, SendBasis const& basis, NewReply reply);

// What a caller is told of a reply that stands in the database.
Sending sending_of(NewReply reply, MessageId id, JobState state);

// The answer to a repeated request: what the first one made, as it stands now.
asio::awaitable<Result<Sending>> repeat_answer(db::Transaction& transaction, UserId user, RoomId room, SendBasis const& basis);

} // namespace pollux::chat
