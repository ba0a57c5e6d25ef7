#include "chat/replies/running_replies.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace pollux::chat {

void RunningReply::stop(StopReason reason)
{
    auto none = StopReason::none;
    if (!reason_.compare_exchange_strong(none, reason)) return;
    asio::post(executor, [self = shared_from_this()] { self->cut.emit(asio::cancellation_type::terminal); });
}

void RunningReplies::add(Pointer reply)
{
    Pointer older;
    {
        std::lock_guard const lock(mutex_);
        auto& place = replies_[reply->reply];
        older = std::exchange(place, std::move(reply));
    }
    if (older) older->stop(StopReason::dropped);
}

void RunningReplies::remove(Pointer const& reply)
{
    std::lock_guard const lock(mutex_);
    auto const found = replies_.find(reply->reply);
    if (found != replies_.end() && found->second == reply) replies_.erase(found);
}

bool RunningReplies::stop(MessageId reply, StopReason reason)
{
    Pointer running;
    {
        std::lock_guard const lock(mutex_);
        auto const found = replies_.find(reply);
        if (found == replies_.end()) return false;
        running = found->second;
    }
    running->stop(reason);
    return true;
}

void RunningReplies::stop_user(UserId user, StopReason reason)
{
    for (auto const& reply : all()) {
        if (reply->user == user) reply->stop(reason);
    }
}

void RunningReplies::stop_all(StopReason reason)
{
    for (auto const& reply : all()) reply->stop(reason);
}

void RunningReplies::stop_overdue(Steady::time_point now)
{
    for (auto const& reply : all()) {
        if (reply->deadline <= now) reply->stop(StopReason::time_over);
    }
}

std::vector<RunningReplies::Pointer> RunningReplies::all() const
{
    std::lock_guard const lock(mutex_);
    std::vector<Pointer> replies;
    replies.reserve(replies_.size());
    for (auto const& [id, reply] : replies_) replies.push_back(reply);
    return replies;
}

std::vector<MessageId> RunningReplies::ids() const
{
    std::lock_guard const lock(mutex_);
    std::vector<MessageId> ids;
    ids.reserve(replies_.size());
    for (auto const& [id, reply] : replies_) ids.push_back(id);
    return ids;
}

std::size_t RunningReplies::size() const
{
    std::lock_guard const lock(mutex_);
    return replies_.size();
}

} // namespace pollux::chat
