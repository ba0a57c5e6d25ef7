#include "chat/reply_worker.hpp"

#include "base/secrets.hpp"
#include "chat/idempotency.hpp"
#include "chat/reply_parts_store.hpp"
#include "chat/stop_signals.hpp"
#include "ops/log.hpp"

#include <algorithm>

namespace pollux::chat {
namespace {

constexpr std::ptrdiff_t claims_at_once_max = 32;
constexpr std::chrono::seconds after_failure{1};
constexpr std::chrono::minutes clean_up_every{10};
constexpr std::chrono::seconds suspect_waits_max{30}; // Then the worker's hands are freed for it.
constexpr std::chrono::seconds hand_back_max{3};

void log_failure(std::exception_ptr failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (std::exception const& thrown) {
        ops::log(ops::Level::error, "reply_worker_failed", {{"error", thrown.what()}});
    }
}

} // namespace

ReplyWorker::ReplyWorker(ReplyTools tools, net::Runtime& runtime, Options options)
    : tools_(std::move(tools)), runtime_(runtime), options_(options), owner_(random_token()), replies_(tools_.database),
      leases_(tools_.database), hands_(std::make_shared<Hands>(options.replies_max)), loops_(log_failure), writing_(log_failure)
{
    has_recovered_ = options.at_start == AtStart::wait_for_leases;
}

void ReplyWorker::listen(bus::Signals& signals, bus::JobWakeUp& wake_ups)
{
    stops_ = obey_stops(signals, running_);
    wake_ups_ = &wake_ups;
}

void ReplyWorker::start()
{
    if (wake_ups_) wake_ups_->listen([hands = hands_] { return hands->free() > 0; }, [this] { wake(); });
    loops_.spawn(runtime_.next_executor(), claim_loop());
    loops_.spawn(runtime_.next_executor(), lease_loop());
}

void ReplyWorker::stop(std::chrono::milliseconds limit)
{
    stops_claiming_ = true;
    if (wake_ups_) wake_ups_->stop();
    work_.notify();
    auto const end = Steady::now() + limit + hand_back_max;
    auto time_left = [end] {
        return std::chrono::ceil<std::chrono::milliseconds>(std::max(end - Steady::now(), Steady::duration::zero()));
    };
    if (!writing_.wait(limit)) {
        hands_back_ = true;
        running_.stop_all(StopReason::hand_back);
        writing_.wait(time_left());
    }
    stops_renewing_ = true;
    renewal_.notify();
    loops_.wait(time_left());
    stops_.reset();
}

void ReplyWorker::wake()
{
    others_wait_ = true;
    work_.notify();
}

std::optional<Hands::Hand> ReplyWorker::free_hand()
{
    if (stops_claiming_ || others_wait_ || !hands_->try_take()) return std::nullopt;
    std::optional<Hands::Hand> hand(hands_);
    if (is_alone_) hand.reset(); // Asked after taking it: either this or claim_suspect() sees the other.
    return hand;
}

void ReplyWorker::run(Hands::Hand hand, ReplyClaim claim, asio::any_io_executor executor)
{
    auto const deadline = deadline_of(claim);
    auto running = std::make_shared<RunningReply>(std::move(claim), executor, deadline);
    running_.add(running);
    if (hands_back_) running->stop(StopReason::hand_back);
    writing_.spawn(std::move(executor), write_reply(std::move(hand), std::move(running)));
}

Steady::time_point ReplyWorker::deadline_of(ReplyClaim const& claim) const
{
    return Steady::now() + (claim.first_started + ai::reply_duration_max - tools_.clock.now());
}

// The end of a job: whatever went wrong ends here. The lease of a reply that failed with an exception stays open; the lease loop finds
// that nobody knows it and counts it as lost.
asio::awaitable<void> ReplyWorker::write_reply(Hands::Hand hand, std::shared_ptr<RunningReply> running)
{
    ReplyJob::Outcome outcome;
    try {
        ReplyJob job(tools_, running);
        outcome = co_await job.run();
    } catch (std::exception const& failure) {
        ops::log(ops::Level::error, "reply_failed", {{"message_id", running->reply.value}, {"error", failure.what()}});
    }
    running_.remove(running);
    bool const was_suspect = running->claim.lost >= suspect_from;
    if (was_suspect) is_alone_ = false;
    {
        auto const given_back = std::move(hand);
    }
    if (outcome.due) {
        std::lock_guard lock(dues_mutex_);
        dues_.insert(*outcome.due);
    }
    if (outcome.promoted > 0) wake();
    bool const are_hands_short = outcome.promoted > hands_->free();
    if (wake_ups_ && are_hands_short) wake_ups_->announce(outcome.promoted);
    bool const is_suspects_turn = was_suspect || (suspect_waits_ && hands_->are_all_free());
    if (others_wait_ || outcome.due || is_suspects_turn) work_.notify();
}

// --- Claiming --------------------------------------------------------------------------------------------------------------------

asio::awaitable<void> ReplyWorker::claim_loop()
{
    while (!stops_claiming_) {
        auto const seen = work_.count();
        bool has_failed = false;
        try {
            co_await look_around();
        } catch (std::exception const& failure) {
            ops::log(ops::Level::error, "reply_claim_failed", {{"error", failure.what()}});
            has_failed = true;
        }
        auto const until = has_failed ? Steady::now() + after_failure : next_look();
        co_await work_.wait(seen, until);
    }
}

asio::awaitable<void> ReplyWorker::look_around()
{
    if (!has_recovered_) co_await recover();
    if (Steady::now() >= next_scan_) {
        next_scan_ = Steady::now() + options_.scan_every;
        co_await scan();
    } else if (some_are_due()) {
        co_await leases_.promote_due();
    }
    co_await claim_all();
    if (Steady::now() >= next_cleaning_) co_await clean_up();
}

asio::awaitable<void> ReplyWorker::recover()
{
    for (bool is_more = true; is_more;) {
        auto lost = co_await leases_.recover(tools_.clock.now());
        is_more = !lost.empty();
        co_await announce_lost(std::move(lost));
    }
    has_recovered_ = true;
}

// Everything that nobody may have told us of.
asio::awaitable<void> ReplyWorker::scan()
{
    for (bool is_more = true; is_more;) {
        auto lost = co_await leases_.expire(tools_.clock.now());
        is_more = !lost.empty();
        co_await announce_lost(std::move(lost));
    }
    some_are_due();
    co_await leases_.promote_due();
    bool const has_suspect = co_await leases_.has_suspect();
    suspect_waits_ = has_suspect;
    if (!has_suspect) suspect_since_.reset();
    if (has_suspect && !suspect_since_) suspect_since_ = Steady::now();
    if (has_suspect && Steady::now() - *suspect_since_ >= suspect_waits_max) is_alone_ = true;
}

asio::awaitable<void> ReplyWorker::clean_up()
{
    next_cleaning_ = Steady::now() + clean_up_every;
    ReplyPartsStore parts(tools_.database);
    co_await parts.delete_stale();
    constexpr std::int64_t step = 1000;
    for (auto forgotten = step; forgotten == step;) forgotten = co_await forget_old_keys(tools_.database, tools_.clock.now());
}

asio::awaitable<void> ReplyWorker::claim_all()
{
    for (bool is_more = true; is_more && !is_alone_ && !stops_claiming_;) is_more = co_await claim_some();
    if (suspect_since_ && !stops_claiming_) co_await claim_suspect();
}

std::vector<Hands::Hand> ReplyWorker::take_hands()
{
    std::vector<Hands::Hand> hands;
    auto const count = std::min(hands_->free(), claims_at_once_max);
    while (std::ssize(hands) < count && hands_->try_take()) hands.emplace_back(hands_);
    return hands;
}

// Whether there may be more, and hands for it.
asio::awaitable<bool> ReplyWorker::claim_some()
{
    others_wait_ = false; // Before asking: what becomes ready meanwhile says so again.
    auto hands = take_hands();
    if (hands.empty()) {
        others_wait_ = true;
        co_return false;
    }
    auto claims = co_await replies_.claim(owner_, ClaimKind::usual, std::ssize(hands));
    bool const is_more = claims.size() == hands.size();
    for (auto& claim : claims) {
        run(std::move(hands.back()), std::move(claim), runtime_.next_executor());
        hands.pop_back();
    }
    if (is_more) others_wait_ = true;
    co_return is_more;
}

asio::awaitable<void> ReplyWorker::claim_suspect()
{
    if (!hands_->are_all_free()) co_return;
    bool const was_alone = is_alone_.exchange(true);
    if (!hands_->are_all_free() || !hands_->try_take()) {
        is_alone_ = was_alone;
        co_return;
    }
    Hands::Hand hand(hands_);
    auto claims = co_await replies_.claim(owner_, ClaimKind::suspects, 1);
    if (claims.empty()) {
        suspect_waits_ = false;
        suspect_since_.reset();
        is_alone_ = false;
        co_return;
    }
    suspect_since_ = Steady::now(); // For the next one, which is looked for when this one ends.
    run(std::move(hand), std::move(claims.front()), runtime_.next_executor());
}

Steady::time_point ReplyWorker::next_look()
{
    std::lock_guard lock(dues_mutex_);
    return dues_.empty() ? next_scan_ : std::min(next_scan_, *dues_.begin());
}

bool ReplyWorker::some_are_due()
{
    std::lock_guard lock(dues_mutex_);
    auto const first_later = dues_.upper_bound(Steady::now());
    bool const are_due = first_later != dues_.begin();
    dues_.erase(dues_.begin(), first_later);
    return are_due;
}

} // namespace pollux::chat
