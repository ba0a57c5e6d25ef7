#include "chat/replies/reply_leases.hpp"

#include "base/reason.hpp"
#include "ops/log.hpp"

namespace pollux::chat {
namespace {

constexpr std::chrono::seconds overdue_grace{5}; // Models keep the deadline themselves; this is for one that does not.

} // namespace

ReplyLeases::ReplyLeases(ReplyTools& tools, Worker worker) : tools_(tools), worker_(std::move(worker)), store_(tools.database) {}

asio::awaitable<void> ReplyLeases::keep(std::chrono::milliseconds renew_every)
{
    while (!is_stopped_) {
        auto const seen = stopping_.count();
        co_await stopping_.wait(seen, Steady::now() + renew_every);
        if (is_stopped_) co_return;
        try {
            co_await renew();
        } catch (std::exception const& failure) {
            ops::log(ops::Level::error, "lease_renewal_failed", {{"error", reason_of(failure)}});
        }
    }
}

void ReplyLeases::stop()
{
    is_stopped_ = true;
    stopping_.notify();
}

asio::awaitable<void> ReplyLeases::take_back_all()
{
    for (bool is_more = true; is_more;) {
        auto lost = co_await store_.recover(worker_.owner, tools_.clock.now());
        is_more = !lost.empty();
        co_await announce_lost(std::move(lost));
    }
}

asio::awaitable<void> ReplyLeases::take_back_ended()
{
    for (bool is_more = true; is_more;) {
        auto lost = co_await store_.expire(tools_.clock.now());
        is_more = !lost.empty();
        co_await announce_lost(std::move(lost));
    }
}

asio::awaitable<void> ReplyLeases::renew()
{
    worker_.running.stop_overdue(Steady::now() - overdue_grace);
    auto const known = worker_.running.ids(); // Before the leases are read: what is claimed meanwhile is not missed.
    if (known.empty() && unknown_.empty() && worker_.is_idle() && !had_leases_) co_return;

    auto leases = co_await store_.renew(worker_.owner);
    had_leases_ = !leases.empty();
    std::unordered_set<MessageId> held;
    for (auto const& lease : leases) {
        held.insert(lease.reply);
        if (lease.stop_requested) worker_.running.stop(lease.reply, StopReason::by_user);
    }
    for (auto reply : known) {
        if (!held.contains(reply)) worker_.running.stop(reply, StopReason::dropped);
    }
    co_await let_go_unknown(std::move(leases));
}

// A lease of ours that nobody here works for, twice in a row: its work ended in an accident.
asio::awaitable<void> ReplyLeases::let_go_unknown(std::vector<KeptLease> leases)
{
    auto const known = worker_.running.ids();
    std::unordered_set<MessageId> const running(known.begin(), known.end());
    std::unordered_set<MessageId> unknown;
    std::vector<KeptLease> abandoned;
    for (auto const& lease : leases) {
        if (running.contains(lease.reply)) continue;
        if (unknown_.contains(lease.reply)) {
            abandoned.push_back(lease);
        } else {
            unknown.insert(lease.reply);
        }
    }
    unknown_ = std::move(unknown);
    for (auto const& lease : abandoned) {
        auto lost = co_await store_.let_go(worker_.owner, lease.user, lease.reply, tools_.clock.now());
        co_await announce_lost(std::move(lost));
    }
}

asio::awaitable<void> ReplyLeases::announce_lost(std::vector<LostReply> lost)
{
    tools_.meter.leases_lost(lost.size());
    for (auto const& [claim, has_failed] : lost) {
        ops::log(ops::Level::warning, "reply_lease_lost",
                 {{"request_id", claim.request_id}, {"message_id", claim.reply.value}, {"lost", claim.lost}});
        worker_.running.stop(claim.reply, StopReason::dropped);
        if (!has_failed) {
            tools_.news.reply_waits(claim.user, claim.room, {claim.reply, claim.attempt, MessageStatus::queued});
            co_await tools_.feed.pause(claim.reply, claim.attempt);
            continue;
        }
        tools_.gauge.add(-1);
        tools_.news.reply_ended(claim.user, claim.room, {claim.reply, claim.attempt, MessageStatus::failed});
        co_await tools_.feed.end(claim.reply, claim.attempt);
    }
    worker_.has_jobs(static_cast<int>(lost.size()));
}

} // namespace pollux::chat
