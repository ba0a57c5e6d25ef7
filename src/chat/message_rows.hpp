// How a row of messages becomes a Message: the one place that knows the order of the columns.
#pragma once

#include "chat/message.hpp"
#include "db/value.hpp"

// A macro, because it must be part of literals: the address of a statement's text is the key of its prepared form.
#define POLLUX_MESSAGE_COLUMNS                                                                                                             \
    "id, room_id, role, status, content, thoughts, citations, reply_to, variant, variants, model, finish_reason, error_code, "             \
    "error_detail, "                                                                                                                       \
    "prompt_tokens, completion_tokens, thought_tokens, created_at, completed_at, attempt"

namespace pollux::chat {

Message read_message(db::Row row);

// What the columns role, status and finish_reason hold. The reverse throws std::runtime_error for what was never written.
std::string to_text(MessageRole role);
std::string to_text(MessageStatus status);
std::string to_text(MessageFinish finish);
MessageRole read_role(std::string const& text);
MessageStatus read_status(std::string const& text);

} // namespace pollux::chat
