// The leases of what a worker writes: kept while it writes, and told apart from what happened elsewhere. A lease that its worker does not
// know, or that ended without a word, is taken back, and its reply waits again or has failed; all are told.
#pragma once

#include "chat/replies/lease_store.hpp"
#include "chat/replies/reply_job.hpp"
#include "chat/replies/running_replies.hpp"
#include "net/wakeup.hpp"

#include <atomic>
#include <functional>
#include <unordered_set>

namespace pollux::chat {

class ReplyLeases {
public:
    struct Worker {
        std::string owner;
        RunningReplies& running;
        std::function<bool()> is_idle;          // No hand of it is busy, with a reply or with the way to one.
        std::function<void(int jobs)> has_jobs; // So many have become ready.
    };

    // What it is given must outlive it.
    ReplyLeases(ReplyTools& tools, Worker worker);

    // Renews until stop(), which may come from any thread.
    asio::awaitable<void> keep(std::chrono::milliseconds renew_every);
    void stop();

    asio::awaitable<void> take_back_all(); // While no other process can be running.
    asio::awaitable<void> take_back_ended();

private:
    asio::awaitable<void> renew();
    asio::awaitable<void> let_go_unknown(std::vector<KeptLease> leases);
    asio::awaitable<void> announce_lost(std::vector<LostReply> lost);

    ReplyTools& tools_;
    Worker const worker_;
    LeaseStore store_;
    net::Wakeup stopping_;
    std::atomic<bool> is_stopped_ = false;

    // Of keep() only.
    std::unordered_set<MessageId> unknown_;
    bool had_leases_ = true;
};

} // namespace pollux::chat
