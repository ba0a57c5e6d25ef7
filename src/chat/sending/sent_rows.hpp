// The rows of a send and of a retry: the columns of question, reply and job with their values, once for every statement that inserts them:
// one after the other on SQLite, all in one on PostgreSQL. So a further column is a name and a value here.
//
// All these statements are given the same parameters, of which each uses what it needs:
//     $1 user  $2 room  $3 now  $4 status  $5 variant  $6 is_shown  $7 model  $8 attempt  $9 day  $10 request_id  $11 client_request_id
//     $12 state of the job  $13 lease_owner  $14 lease, in microseconds
// and, behind them, what it alone asks for. A further parameter is a place there and in given_params(); what comes behind moves on.
//
// PostgreSQL cannot tell the type of a NULL that a statement does not use. So none of the common ones is NULL: an empty text stands for it.
#pragma once

#include "base/required.hpp"
#include "chat/rooms/message_rows.hpp"
#include "chat/sending/send_parts.hpp"
#include "db/columns.hpp"

#include <cstddef>

// Macros, because they must be part of literals: the address of a statement's text is the key of its prepared form.
// Its content and what it follows come behind the common ones.
#define POLLUX_QUESTION_COLUMNS                                                                                                            \
    "user_id, room_id, role, status, content, parent_id, created_at, completed_at, request_id, client_request_id"
#define POLLUX_QUESTION_VALUES "$1, $2, 'user', 'completed', $15, cast($16 as bigint), $3, $3, nullif($10, ''), nullif($11, '')"

#define POLLUX_REPLY_COLUMNS                                                                                                               \
    "user_id, room_id, role, status, content, reply_to, parent_id, variant, variants, is_shown, model, attempt, day, created_at, "         \
    "started_at, request_id, client_request_id"
#define POLLUX_REPLY_VALUES(question)                                                                                                      \
    "$1, $2, 'assistant', $4, '', " question ", " question ", $5, $5, $6, $7, $8, $9, $3, "                                                \
    "case when $12 = 'running' then $3 end, nullif($10, ''), nullif($11, '')"

#define POLLUX_JOB_COLUMNS                                                                                                                 \
    "user_id, room_id, message_id, kind, state, ready_at, lease_owner, lease_until, attempt, calls, first_started_at, created_at"
#define POLLUX_JOB_VALUES(reply)                                                                                                           \
    "$1, $2, " reply ", 'reply', $12, case when $12 = 'waiting' then null else now_us() end, nullif($13, ''), "                            \
    "case when $12 = 'running' then now_us() + $14 end, $8, $8, case when $12 = 'running' then $3 end, $3"

namespace pollux::chat {

static_assert(db::columns_in(POLLUX_QUESTION_COLUMNS) == db::columns_in(POLLUX_QUESTION_VALUES));
static_assert(db::columns_in(POLLUX_REPLY_COLUMNS) == db::columns_in(POLLUX_REPLY_VALUES("id")));
static_assert(db::columns_in(POLLUX_JOB_COLUMNS) == db::columns_in(POLLUX_JOB_VALUES("id")));

inline constexpr std::size_t given_count = 14; // The common ones, $1 to $14.

template <std::size_t more, class... Values>
db::Params exactly_given(Values&&... values)
{
    static_assert(sizeof...(values) == given_count);
    db::Params list;
    list.reserve(given_count + more);
    (list.push_back(db::to_value(std::forward<Values>(values))), ...);
    return list;
}

// Those of a reply whose job begins as `state`, and `more` behind them.
template <class... More>
db::Params given_params(NewReply const& reply, JobState state, More&&... more)
{
    bool const is_running = state == JobState::running;
    auto const status = is_running ? MessageStatus::streaming : MessageStatus::queued;
    auto const owner = is_running ? required(reply.lease_owner) : std::string();
    auto list = exactly_given<sizeof...(More)>(reply.user, reply.room, reply.now, to_text(status), reply.variant, reply.is_shown,
                                               reply.model, is_running ? 1 : 0, reply.day, reply.names.ours, reply.names.clients,
                                               to_text(state), owner, std::chrono::microseconds(lease_duration).count());
    (list.push_back(db::to_value(std::forward<More>(more))), ...);
    return list;
}

} // namespace pollux::chat
