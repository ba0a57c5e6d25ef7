// Claims replies and writes up to so many of them at once, spread over the runtime's threads. A claim holds for 20 s and is renewed
// every 5 s; every 2 s it looks for what nobody told it of: jobs that are due, leases that ended. A wake-up only makes it sooner.
//
// A reply that has cost its workers three leases may be what kills them: it runs only while its process runs no other.
#pragma once

#include "bus/job_wake_up.hpp"
#include "bus/signals.hpp"
#include "chat/hands.hpp"
#include "chat/lease_store.hpp"
#include "chat/reply_job.hpp"
#include "chat/running_replies.hpp"
#include "net/runtime.hpp"
#include "net/wakeup.hpp"

#include <atomic>
#include <mutex>
#include <set>
#include <unordered_set>

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
    };

    // What it is given must outlive the runtime's threads.
    ReplyWorker(ReplyTools tools, net::Runtime& runtime, Options options);

    // Hears other processes: that a reply waits, that one is to end. Before start(), if there are others; both outlive the worker.
    void listen(bus::Signals& signals, bus::JobWakeUp& wake_ups);

    void start();

    // Nothing new is claimed; what runs has `limit` to end, the rest is handed back within 3 s. Blocks, never on an I/O
    // thread. Once.
    void stop(std::chrono::milliseconds limit);

    // There may be something to claim.
    void wake();

    // A free hand, for a send that wants to claim its own reply under owner(). Empty while others wait for hands.
    std::optional<Hands::Hand> free_hand();
    std::string const& owner() const { return owner_; }

    // Writes a reply that was claimed under owner(), on `executor`.
    void run(Hands::Hand hand, ReplyClaim claim, asio::any_io_executor executor);

    // Cuts what runs here; false when it does not.
    bool stop_reply(MessageId reply) { return running_.stop(reply, StopReason::by_user); }
    bool drop_reply(MessageId reply) { return running_.stop(reply, StopReason::dropped); }
    void stop_user(UserId user) { running_.stop_user(user, StopReason::dropped); }

    std::size_t running() const { return running_.size(); }

private:
    asio::awaitable<void> claim_loop();
    asio::awaitable<void> look_around();
    asio::awaitable<void> scan();
    asio::awaitable<void> recover();
    asio::awaitable<void> clean_up();
    asio::awaitable<void> claim_all();
    asio::awaitable<bool> claim_some();
    asio::awaitable<void> claim_suspect();

    asio::awaitable<void> lease_loop();
    asio::awaitable<void> renew_leases();
    asio::awaitable<void> let_go_unknown(std::vector<KeptLease> leases);
    asio::awaitable<void> announce_lost(std::vector<LostReply> lost);

    asio::awaitable<void> write_reply(Hands::Hand hand, std::shared_ptr<RunningReply> running);
    Steady::time_point deadline_of(ReplyClaim const& claim) const;
    std::vector<Hands::Hand> take_hands();
    Steady::time_point next_look();
    bool some_are_due();

    ReplyTools tools_;
    net::Runtime& runtime_;
    Options const options_;
    std::string const owner_;
    ReplyStore replies_;
    LeaseStore leases_;
    std::shared_ptr<Hands> hands_;
    RunningReplies running_;
    bus::JobWakeUp* wake_ups_ = nullptr;
    std::unique_ptr<bus::Signals::Subscription> stops_;
    net::TaskGroup loops_;
    net::TaskGroup writing_;
    net::Wakeup work_;    // Something to claim.
    net::Wakeup renewal_; // The lease loop is to look now.

    std::atomic<bool> stops_claiming_ = false;
    std::atomic<bool> hands_back_ = false;
    std::atomic<bool> stops_renewing_ = false;
    std::atomic<bool> others_wait_ = true;    // Ready jobs that nobody had a hand for.
    std::atomic<bool> is_alone_ = false;      // A suspect runs, or the hands are being freed for one.
    std::atomic<bool> suspect_waits_ = false; // As far as is known: it is looked for as soon as all hands are free.
    std::mutex dues_mutex_;
    std::multiset<Steady::time_point> dues_; // Of what this process has put back.

    // Of the claim loop and of the lease loop only.
    bool has_recovered_ = false;
    Steady::time_point next_scan_{};
    Steady::time_point next_cleaning_{};
    std::optional<Steady::time_point> suspect_since_;
    std::unordered_set<MessageId> unknown_leases_;
    bool had_leases_ = true;
};

} // namespace pollux::chat
