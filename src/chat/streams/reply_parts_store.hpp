// The parts of replies that are being written, for readers on nodes that share nothing but the database. Those who end, put back or lose
// a reply delete its parts in the same transaction (reply_store, lease_store, stop_store).
#pragma once

#include "chat/streams/reply_parts.hpp"
#include "db/database.hpp"

namespace pollux::chat {

namespace asio = boost::asio;

class ReplyPartsStore final : public ReplyParts {
public:
    explicit ReplyPartsStore(db::Database& database) : database_(database) {}

    asio::awaitable<std::vector<MessageId>> put(std::vector<ReplyPart> parts) override;
    asio::awaitable<FoundParts> find(UserId user, MessageId reply, FeedPosition seen) override;
    asio::awaitable<void> delete_ended(std::vector<WrittenReply> replies) override;
    asio::awaitable<void> delete_stale() override;

private:
    db::Database& database_;
};

// Of this attempt and those before it, as a part of a larger transaction.
asio::awaitable<void> delete_parts(db::Transaction& transaction, UserId user, MessageId reply, std::int64_t attempt);

} // namespace pollux::chat
