#include "chat/message_rows.hpp"

#include <boost/describe/enum_from_string.hpp>

#include <stdexcept>

namespace pollux::chat {
namespace {

template <class Enum>
Enum read_enum(std::string const& text)
{
    Enum value{};
    if (!boost::describe::enum_from_string(text.c_str(), value)) throw std::runtime_error("a column holds an unknown word");
    return value;
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
    message.id = row.id<MessageId>(0);
    message.chatroom = row.id<RoomId>(1);
    message.role = read_role(row.text(2));
    message.status = read_status(row.text(3));
    message.content = row.text(4);
    message.thoughts = row.text(5);
    message.citations.text = row.text(6);
    if (auto question = row.optional_integer(7)) message.reply_to = MessageId{*question};
    message.variant = row.integer(8);
    message.variants = row.integer(9);
    message.model = row.optional_text(10);
    if (!row.is_null(11)) message.finish_reason = read_enum<MessageFinish>(row.text(11));
    if (!row.is_null(12)) message.error = MessageError{row.text(12), row.text(13)};
    if (!row.is_null(14)) message.usage = MessageUsage{row.integer(14), row.integer(15), row.integer(16)};
    message.created_at = row.time(17);
    message.completed_at = row.optional_time(18);
    message.attempt = row.integer(19);
    return message;
}

} // namespace pollux::chat
