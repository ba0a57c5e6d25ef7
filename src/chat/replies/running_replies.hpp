// The replies this process writes right now, and how to reach them from outside: a stop, the deletion of their room, a lost lease, the
// end of the process.
#pragma once

#include "base/clock.hpp"
#include "chat/queue/reply_claim.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace pollux::chat {

namespace asio = boost::asio;

enum class StopReason {
    none,
    by_user,   // Finish as stopped, with the text so far.
    time_over, // Finish as failed.
    dropped,   // The claim or the room is gone: leave without a word.
    hand_back, // The process stops: somebody else goes on.
};

// One reply on its way. It lives on one executor; stop() may be called from anywhere.
class RunningReply : public std::enable_shared_from_this<RunningReply> {
public:
    RunningReply(ReplyClaim claim, asio::any_io_executor executor, Steady::time_point deadline)
        : user(claim.user), reply(claim.reply), deadline(deadline), executor(std::move(executor)), claim(std::move(claim))
    {}

    // The first reason holds. Cuts what the reply is waiting for.
    void stop(StopReason reason);
    StopReason stop_reason() const { return reason_.load(); }

    UserId const user;
    MessageId const reply;
    Steady::time_point const deadline; // When it has to be over, however it stands.
    asio::any_io_executor const executor;

    // Of the executor only.
    ReplyClaim claim;
    asio::cancellation_signal cut;

private:
    std::atomic<StopReason> reason_ = StopReason::none;
};

// Thread-safe.
class RunningReplies {
public:
    using Pointer = std::shared_ptr<RunningReply>;

    // An older run of the same reply, whose lease must have been lost, is dropped.
    void add(Pointer reply);
    void remove(Pointer const& reply);

    // False when it does not run here.
    bool stop(MessageId reply, StopReason reason);
    void stop_user(UserId user, StopReason reason);
    void stop_all(StopReason reason);
    void stop_overdue(Steady::time_point now);

    std::vector<MessageId> ids() const;
    std::size_t size() const;

private:
    std::vector<Pointer> all() const;

    mutable std::mutex mutex_;
    std::unordered_map<MessageId, Pointer> replies_;
};

} // namespace pollux::chat
