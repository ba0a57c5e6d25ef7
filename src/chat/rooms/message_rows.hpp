// How a row of messages becomes a Message: the one place that knows the order of the columns, here and in the enum of message_rows.cpp.
#pragma once

#include "chat/rooms/message.hpp"
#include "db/value.hpp"

// A macro, because it must be part of literals: the address of a statement's text is the key of its prepared form.
#define POLLUX_MESSAGE_COLUMNS                                                                                                             \
    "id, room_id, role, status, content, thoughts, citations, reply_to, variant, variants, model, asked_model, finish_reason, "            \
    "error_code, error_detail, "                                                                                                           \
    "prompt_tokens, completion_tokens, thought_tokens, usage_estimated, created_at, started_at, completed_at, thought_ms, request_id, "    \
    "attempt, "                                                                                                                            \
    "case when status = 'queued' then now_us() || ' ' || provider_state end"

namespace pollux::chat {

constexpr std::size_t message_columns = 26; // Of POLLUX_MESSAGE_COLUMNS: what a statement asks for besides comes behind.

Message read_message(db::Row row);

// About what it takes in an answer, and what that is at most, which costs nothing to know.
std::size_t message_json_bytes(db::Row row);
std::size_t message_json_bytes_max(db::Row row);

// What the columns role, status and finish_reason hold. The reverse throws std::runtime_error for what was never written.
std::string to_text(MessageRole role);
std::string to_text(MessageStatus status);
std::string to_text(MessageFinish finish);
// `other` is kept as no word at all: binaries that came before it cannot read it, and a completed reply always has a reason.
std::optional<std::string> finish_column(std::optional<MessageFinish> finish);
MessageFinish read_finish(std::optional<std::string> const& column); // Of a reply that is complete.

// While a reply is queued, its provider_state (there is no answer yet whose state it could be) holds what it waits for besides its turn:
// the word and the time until when, in microseconds, or nothing.
std::string to_text(WaitReason reason);

MessageRole read_role(std::string const& text);
MessageStatus read_status(std::string const& text);

} // namespace pollux::chat
