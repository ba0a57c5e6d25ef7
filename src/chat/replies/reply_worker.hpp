// Claims replies and writes up to so many of them at once, spread over the runtime's threads. A claim holds for 20 s and is renewed
// every 5 s; every 2 s it looks for what nobody told it of: jobs that are due, leases that ended. A wake-up only makes it sooner.
//
// What is to be done next is decided in chat/queue/claiming.hpp, also when a suspect has its turn: a reply that has cost its workers
// three leases may be what kills them, and runs only while its process runs no other.
#pragma once

#include "bus/job_wake_up.hpp"
#include "bus/signals.hpp"
#include "chat/queue/hands.hpp"
#include "chat/replies/lease_store.hpp"
#include "chat/replies/reply_job.hpp"
#include "chat/replies/reply_leases.hpp"
#include "chat/replies/running_replies.hpp"
#include "net/runtime.hpp"

#include <atomic>

namespace pollux::chat {

class ReplyWorker {
public:
    enum class AtStart {
        recover_all, // Nobody else can be running: every open lease is of a process that is gone. (The embedded database's lock.)
        wait_for_leases,
    };
    struct Options {
        std::size_t replies_max = 64;
        AtStart at_start = AtStart::recover_all;
        std::chrono::milliseconds scan_every{2'000};
        std::chrono::milliseconds renew_every{5'000};
        std::chrono::milliseconds suspect_waits_max{30'000};
    };

    // What it is given must outlive the runtime's threads.
    ReplyWorker(ReplyTools tools, net::Runtime& runtime, Options options);

    // Hears other processes: that a reply waits, that one is to end. Before start(), if there are others; both outlive the worker.
    void listen(bus::Signals& signals, bus::JobWakeUp& wake_ups);

    void start();

    // Nothing new is claimed; what runs has `limit` to end, the rest is handed back within 3 s. Blocks, never on an I/O
    // thread. Again: what did not end in time is waited for again.
    void stop(std::chrono::milliseconds limit);

    // There may be something to claim.
    void wake();

    // A free hand, for a send that wants to claim its own reply under owner(). Empty while others wait for hands.
    std::optional<Hands::Hand> free_hand();
    std::string const& owner() const { return owner_; }

    // Writes a reply that was claimed under owner(), on `executor`.
    void run(Hands::Hand hand, ReplyClaim claim, asio::any_io_executor const& executor);

    // Cuts what runs here; false when it does not.
    bool stop_reply(MessageId reply) { return running_.stop(reply, StopReason::by_user); }
    bool drop_reply(MessageId reply) { return running_.stop(reply, StopReason::dropped); }
    void stop_user(UserId user) { running_.stop_user(user, StopReason::dropped); }

    std::size_t running() const { return running_.size(); }

private:
    asio::awaitable<void> claim_loop();
    asio::awaitable<void> do_next();
    asio::awaitable<void> look_for_suspects();
    asio::awaitable<void> claim(std::vector<Hands::Hand> hands);
    asio::awaitable<void> claim_suspect(std::vector<Hands::Hand> hands);

    void tell_workers(int jobs);
    asio::awaitable<void> write_reply(Hands::Hand hand, std::shared_ptr<RunningReply> running);
    Steady::time_point deadline_of(ReplyClaim const& claim) const;

    ReplyTools tools_;
    net::Runtime& runtime_;
    Options const options_;
    std::string const owner_;
    ReplyStore replies_;
    LeaseStore lease_store_;
    std::shared_ptr<Hands> hands_; // And what to do next with them.
    RunningReplies running_;
    ReplyLeases leases_;
    bus::JobWakeUp* wake_ups_ = nullptr;
    std::unique_ptr<bus::Signals::Subscription> stops_;
    net::TaskGroup loops_;
    net::TaskGroup writing_;

    std::atomic<bool> stops_claiming_ = false;
    std::atomic<bool> hands_back_ = false;

    bool has_recovered_ = false; // Of the claim loop only.
};

} // namespace pollux::chat
