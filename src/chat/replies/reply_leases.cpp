// The part of the worker that keeps its leases, and learns from them what happened elsewhere.
#include "chat/replies/reply_worker.hpp"

#include "base/reason.hpp"
#include "ops/log.hpp"

namespace pollux::chat {
namespace {

constexpr std::chrono::seconds overdue_grace{5}; // Models keep the deadline themselves; this is for one that does not.

} // namespace

asio::awaitable<void> ReplyWorker::lease_loop()
{
    while (!stops_renewing_) {
        auto const seen = renewal_.count();
        co_await renewal_.wait(seen, Steady::now() + options_.renew_every);
        if (stops_renewing_) co_return;
        try {
            co_await renew_leases();
        } catch (std::exception const& failure) {
            ops::log(ops::Level::error, "lease_renewal_failed", {{"error", reason_of(failure)}});
        }
    }
}

asio::awaitable<void> ReplyWorker::renew_leases()
{
    running_.stop_overdue(Steady::now() - overdue_grace);
    auto const known = running_.ids(); // Before the leases are read: what is claimed meanwhile is not missed.
    if (known.empty() && unknown_leases_.empty() && hands_->are_all_free() && !had_leases_) co_return;

    auto leases = co_await leases_.renew(owner_);
    had_leases_ = !leases.empty();
    std::unordered_set<MessageId> held;
    for (auto const& lease : leases) {
        held.insert(lease.reply);
        if (lease.stop_requested) running_.stop(lease.reply, StopReason::by_user);
    }
    for (auto reply : known) {
        if (!held.contains(reply)) running_.stop(reply, StopReason::dropped);
    }
    co_await let_go_unknown(std::move(leases));
}

// A lease of ours that nobody here works for, twice in a row: its work ended in an accident.
asio::awaitable<void> ReplyWorker::let_go_unknown(std::vector<KeptLease> leases)
{
    auto const known = running_.ids();
    std::unordered_set<MessageId> const running(known.begin(), known.end());
    std::unordered_set<MessageId> unknown;
    std::vector<KeptLease> abandoned;
    for (auto const& lease : leases) {
        if (running.contains(lease.reply)) continue;
        if (unknown_leases_.contains(lease.reply)) {
            abandoned.push_back(lease);
        } else {
            unknown.insert(lease.reply);
        }
    }
    unknown_leases_ = std::move(unknown);
    for (auto const& lease : abandoned) {
        auto lost = co_await leases_.let_go(owner_, lease.user, lease.reply, tools_.clock.now());
        co_await announce_lost(std::move(lost));
    }
}

asio::awaitable<void> ReplyWorker::announce_lost(std::vector<LostReply> lost)
{
    tools_.meter.leases_lost(lost.size());
    for (auto const& [claim, has_failed] : lost) {
        ops::log(ops::Level::warning, "reply_lease_lost",
                 {{"request_id", claim.request_id}, {"message_id", claim.reply.value}, {"lost", claim.lost}});
        running_.stop(claim.reply, StopReason::dropped);
        if (!has_failed) {
            tools_.news.reply_waits(claim.user, claim.room, {claim.reply, claim.attempt, MessageStatus::queued});
            co_await tools_.feed.pause(claim.reply, claim.attempt);
            continue;
        }
        tools_.gauge.add(-1);
        tools_.news.reply_ended(claim.user, claim.room, {claim.reply, claim.attempt, MessageStatus::failed});
        co_await tools_.feed.end(claim.reply, claim.attempt);
    }
    tell_workers(static_cast<int>(lost.size()));
}

} // namespace pollux::chat
