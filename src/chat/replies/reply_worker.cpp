#include "chat/replies/reply_worker.hpp"

#include "base/reason.hpp"
#include "base/secrets.hpp"
#include "chat/replies/stop_signals.hpp"
#include "ops/log.hpp"

#include <algorithm>

namespace pollux::chat {
namespace {

constexpr std::chrono::seconds hand_back_max{3};

void log_failure(std::exception_ptr failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (std::exception const& thrown) {
        ops::log(ops::Level::error, "reply_worker_failed", {{"error", reason_of(thrown)}});
    }
}

} // namespace

ReplyWorker::ReplyWorker(ReplyTools tools, net::Runtime& runtime, Options options)
    : tools_(std::move(tools)), runtime_(runtime), options_(options), owner_(random_token()), replies_(tools_.database),
      lease_store_(tools_.database),
      hands_(std::make_shared<Hands>(options.replies_max, Claiming::Timing{options.scan_every, options.suspect_waits_max})),
      leases_(tools_, {owner_, running_, [hands = hands_] { return hands->are_all_free(); }, [this](int jobs) { tell_workers(jobs); }}),
      loops_(log_failure), writing_(log_failure)
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
    if (wake_ups_) wake_ups_->listen([hands = hands_] { return hands->may_claim(); }, [this] { wake(); });
    loops_.spawn(runtime_.next_executor(), claim_loop());
    loops_.spawn(runtime_.next_executor(), leases_.keep(options_.renew_every));
}

void ReplyWorker::stop(std::chrono::milliseconds limit)
{
    stops_claiming_ = true;
    if (wake_ups_) wake_ups_->stop();
    hands_->wake();
    auto const end = Steady::now() + limit + hand_back_max;
    auto time_left = [end] {
        return std::chrono::ceil<std::chrono::milliseconds>(std::max(end - Steady::now(), Steady::duration::zero()));
    };
    if (!writing_.wait(limit)) {
        hands_back_ = true;
        running_.stop_all(StopReason::hand_back);
        writing_.wait(time_left());
    }
    leases_.stop();
    loops_.wait(time_left());
    stops_.reset();
}

void ReplyWorker::wake()
{
    hands_->told();
}

std::optional<Hands::Hand> ReplyWorker::free_hand()
{
    if (stops_claiming_) return std::nullopt;
    return hands_->take_for_send();
}

void ReplyWorker::run(Hands::Hand hand, ReplyClaim claim, asio::any_io_executor const& executor)
{
    auto const deadline = deadline_of(claim);
    auto running = std::make_shared<RunningReply>(std::move(claim), executor, deadline);
    running_.add(running);
    if (hands_back_) running->stop(StopReason::hand_back);
    writing_.spawn(executor, write_reply(std::move(hand), std::move(running)));
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
        ops::log(ops::Level::error, "reply_failed",
                 {{"request_id", running->claim.request_id}, {"message_id", running->reply.value}, {"error", reason_of(failure)}});
    }
    running_.remove(running);
    if (outcome.due) hands_->is_due(*outcome.due);
    {
        auto const given_back = std::move(hand);
    }
    tell_workers(outcome.promoted);
}

// So many jobs have become ready. Other processes are told when there are no hands for them here.
void ReplyWorker::tell_workers(int jobs)
{
    if (jobs == 0) return;
    wake();
    bool const are_hands_short = !hands_->may_claim() || jobs > hands_->free();
    if (wake_ups_ && are_hands_short) wake_ups_->announce(jobs);
}

// --- Claiming --------------------------------------------------------------------------------------------------------------------

asio::awaitable<void> ReplyWorker::claim_loop()
{
    while (!stops_claiming_) {
        try {
            co_await do_next();
        } catch (std::exception const& failure) {
            ops::log(ops::Level::error, "reply_claim_failed", {{"error", reason_of(failure)}});
            hands_->failed();
        }
    }
}

asio::awaitable<void> ReplyWorker::do_next()
{
    auto const seen = hands_->changes();
    auto [step, taken] = hands_->next();
    if (auto const* wait = std::get_if<Claiming::Wait>(&step)) co_return co_await hands_->wait(seen, wait->until);
    if (!has_recovered_) co_await leases_.take_back_all();
    has_recovered_ = true;
    if (std::holds_alternative<Claiming::TakeBackLeases>(step)) co_return co_await leases_.take_back_ended();
    if (std::holds_alternative<Claiming::PromoteDue>(step)) {
        auto const promoted = co_await lease_store_.promote_due();
        co_return tell_workers(promoted);
    }
    if (std::holds_alternative<Claiming::LookForSuspects>(step)) co_return co_await look_for_suspects();
    if (std::holds_alternative<Claiming::Claim>(step)) co_return co_await claim(std::move(taken));
    co_await claim_suspect(std::move(taken));
}

asio::awaitable<void> ReplyWorker::look_for_suspects()
{
    bool const has_suspect = co_await lease_store_.has_suspect();
    hands_->looked(has_suspect);
}

asio::awaitable<void> ReplyWorker::claim(std::vector<Hands::Hand> hands)
{
    auto claims = co_await replies_.claim(owner_, ClaimKind::usual, std::ssize(hands));
    hands_->claimed(std::ssize(hands), std::ssize(claims));
    for (auto& claim : claims) {
        run(std::move(hands.back()), std::move(claim), runtime_.next_executor());
        hands.pop_back();
    }
}

asio::awaitable<void> ReplyWorker::claim_suspect(std::vector<Hands::Hand> hands)
{
    if (wake_ups_) wake_ups_->announce(1); // What is told to this process meanwhile is for others.
    auto claims = co_await replies_.claim(owner_, ClaimKind::suspects, 1);
    hands_->suspect_claimed(!claims.empty());
    if (!claims.empty()) run(std::move(hands.front()), std::move(claims.front()), runtime_.next_executor());
}

} // namespace pollux::chat
