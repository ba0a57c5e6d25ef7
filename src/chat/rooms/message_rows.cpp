#include "chat/rooms/message_rows.hpp"

#include "base/text.hpp"
#include "chat/rooms/page_size.hpp"
#include "db/columns.hpp"

#include <boost/describe/enum_from_string.hpp>

#include <algorithm>
#include <stdexcept>

namespace pollux::chat {
namespace {

namespace column {
enum : std::size_t {
    id,
    room_id,
    role,
    status,
    content,
    thoughts,
    citations,
    reply_to,
    variant,
    variants,
    model,
    asked_model,
    finish_reason,
    error_code,
    error_detail,
    prompt_tokens,
    completion_tokens,
    thought_tokens,
    usage_estimated,
    created_at,
    started_at,
    completed_at,
    thought_ms,
    request_id,
    attempt,
    waiting,
    count
};
}
static_assert(db::columns_in(POLLUX_MESSAGE_COLUMNS) == column::count && column::count == message_columns);

constexpr std::size_t rest_bytes = 768; // Of a message as JSON: what is not text of somebody else's.

template <class Enum>
Enum read_enum(std::string const& text)
{
    Enum value{};
    if (!boost::describe::enum_from_string(text.c_str(), value)) throw std::runtime_error("a column holds an unknown word");
    return value;
}

// Earlier versions kept whatever a provider said.
std::int64_t read_tokens(std::int64_t kept)
{
    constexpr std::int64_t shown_max = 1'000'000'000'000'000; // Programs that read JSON numbers as doubles read it exactly.
    return std::clamp<std::int64_t>(kept, 0, shown_max);
}

// "<now>", "<now> <reason> <until>". Words of later versions mean no more than that it waits, and so does what is over.
Waiting read_waiting(std::string_view kept)
{
    auto const word = [&kept] {
        auto const taken = kept.substr(0, kept.find(' '));
        kept.remove_prefix(std::min(taken.size() + 1, kept.size()));
        return taken;
    };
    auto const now = parse_integer(word());
    auto const named = std::string(word());
    auto const until = parse_integer(word());
    auto reason = WaitReason::queue;
    bool const is_known = boost::describe::enum_from_string(named.c_str(), reason);
    bool const is_still = now && until && *until > *now;
    return is_known && is_still ? Waiting{reason, time_of(*until)} : Waiting();
}

} // namespace

std::string to_text(MessageRole role)
{
    return boost::describe::enum_to_string(role, "");
}

std::string to_text(MessageStatus status)
{
    return boost::describe::enum_to_string(status, "");
}

std::string to_text(MessageFinish finish)
{
    return boost::describe::enum_to_string(finish, "");
}

std::optional<std::string> finish_column(std::optional<MessageFinish> finish)
{
    if (!finish || finish == MessageFinish::other) return std::nullopt;
    return to_text(*finish);
}

MessageFinish read_finish(std::optional<std::string> const& column)
{
    MessageFinish finish{};
    bool const is_known = column && boost::describe::enum_from_string(column->c_str(), finish);
    return is_known ? finish : MessageFinish::other;
}

std::string to_text(WaitReason reason)
{
    return boost::describe::enum_to_string(reason, "");
}

MessageRole read_role(std::string const& text)
{
    return read_enum<MessageRole>(text);
}

MessageStatus read_status(std::string const& text)
{
    return read_enum<MessageStatus>(text);
}

Message read_message(db::Row row)
{
    Message message;
    message.id = row.id<MessageId>(column::id);
    message.chatroom = row.id<RoomId>(column::room_id);
    message.role = read_role(row.text(column::role));
    message.status = read_status(row.text(column::status));
    message.content = row.text(column::content);
    message.thoughts = row.text(column::thoughts);
    message.citations.text = row.text(column::citations);
    if (auto question = row.optional_integer(column::reply_to)) message.reply_to = MessageId{*question};
    message.variant = row.integer(column::variant);
    message.variants = row.integer(column::variants);
    message.model = row.optional_text(column::model);
    message.requested_model = row.is_null(column::asked_model) ? message.model : row.optional_text(column::asked_model);
    bool const is_whole_reply = message.role == MessageRole::assistant && message.status == MessageStatus::completed;
    if (!row.is_null(column::finish_reason) || is_whole_reply)
        message.finish_reason = read_finish(row.optional_text(column::finish_reason));
    if (!row.is_null(column::error_code)) message.error = MessageError{row.text(column::error_code), row.text(column::error_detail)};
    if (!row.is_null(column::prompt_tokens))
        message.usage =
            MessageUsage{read_tokens(row.integer(column::prompt_tokens)), read_tokens(row.integer(column::completion_tokens)),
                         read_tokens(row.integer(column::thought_tokens)), row.optional_integer(column::usage_estimated).value_or(0) != 0};
    message.created_at = row.time(column::created_at);
    // Of a reply that was put back it says when somebody had it before.
    if (message.status != MessageStatus::queued) message.started_at = row.optional_time(column::started_at);
    message.completed_at = row.optional_time(column::completed_at);
    message.thought_ms = row.optional_integer(column::thought_ms);
    message.request_id = row.optional_text(column::request_id);
    message.attempt = row.integer(column::attempt);
    if (message.status == MessageStatus::queued) message.waiting = read_waiting(row.text(column::waiting));
    return message;
}

std::size_t message_json_bytes(db::Row row)
{
    return json_bytes(row.text(column::content)) + json_bytes(row.text(column::thoughts)) + row.text(column::citations).size() + rest_bytes;
}

std::size_t message_json_bytes_max(db::Row row)
{
    auto const texts = row.text(column::content).size() + row.text(column::thoughts).size();
    return texts * json_bytes_of_byte_max + row.text(column::citations).size() + rest_bytes;
}

} // namespace pollux::chat
