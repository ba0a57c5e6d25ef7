#include "redis/pipeline.hpp"

#include "base/secrets.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace pollux::redis {
namespace {

// A timer that fires so late did so because this thread was busy: then the answer may well have come and only wait to be read.
constexpr std::chrono::milliseconds late_after{10};
constexpr std::chrono::milliseconds late_grace{20};

} // namespace

Pipeline::Pipeline(asio::any_io_executor executor, Server& server, Watch& watch, Limits limits)
    : server_(server), watch_(watch), limits_(limits), timer_(executor), first_timer_(executor), pulse_timer_(executor),
      pause_(limits.pause_min)
{
    watch_.expect();
}

asio::awaitable<void> Pipeline::run()
{
    while (!is_stopping_) {
        auto const begun = Steady::now();
        co_await serve();
        if (is_stopping_) co_return;
        if (Steady::now() - begun >= limits_.good_after) pause_ = limits_.pause_min;
        co_await pause();
    }
}

asio::awaitable<void> Pipeline::serve()
{
    link_ = std::make_shared<Link>(executor(), server_);
    bool const is_open = co_await link_->open(limits_.open);
    if (!is_open || is_stopping_) {
        if (!is_stopping_) watch_.failed(link_->failure());
        co_return;
    }
    is_up_ = true;
    watch_.opened(*link_);
    feel_pulse();
    for (;;) {
        auto reply = co_await link_->read();
        if (!reply) break;
        take(std::move(*reply));
    }
    is_up_ = false;
    pulse_timer_.cancel();
    if (!is_stopping_) watch_.lost(link_->failure());
    fail_all();
}

// A failover, or a disk that fills up, is noticed though nobody asks for anything; so is a Redis that stands still.
void Pipeline::feel_pulse()
{
    pulse_timer_.expires_after(limits_.pulse);
    pulse_timer_.async_wait([this](boost::system::error_code cancelled) {
        if (cancelled || !is_up_) return;
        call(probe_command(), 1, Patience::full, [this](Answers const& answers) {
            if (answers && answers->front().is_error()) end_for(answers->front());
        });
        feel_pulse();
    });
}

// Jitter, so that the threads and nodes that lost Redis together do not come back together.
asio::awaitable<void> Pipeline::pause()
{
    auto const half = pause_.count() / 2;
    timer_.expires_after(std::chrono::milliseconds(half + static_cast<std::int64_t>(random_below(static_cast<std::uint64_t>(half + 1)))));
    pause_ = std::min(pause_ * 2, limits_.pause_max);
    boost::system::error_code woken;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
}

asio::awaitable<void> Pipeline::stop()
{
    is_stopping_ = true;
    if (link_) link_->close("Pollux stops");
    timer_.cancel();
    pulse_timer_.cancel();
    co_return;
}

void Pipeline::call(std::string_view commands, std::size_t count, Patience patience, Done done)
{
    bool const is_full = waiting_.size() >= limits_.waiting_max || (is_up_ && link_->unwritten_bytes() > limits_.unwritten_bytes_max);
    bool const is_in_vain = is_hesitating_ && patience == Patience::little;
    if (!is_up_ || !link_->is_open() || is_full || is_in_vain) return refuse(std::move(done));
    link_->write(commands);
    waiting_.push_back({count, {}, Steady::now() + limits_.call, patience, std::move(done)});
    watch_first();
}

void Pipeline::refuse(Done done)
{
    if (done) asio::post(executor(), [done = std::move(done)] { done(std::nullopt); });
}

void Pipeline::end_for(Reply const& refusal)
{
    watch_.count_refusal();
    link_->close(refusal.text);
}

void Pipeline::take(Reply reply)
{
    if (waiting_.empty()) return link_->close("Redis answered what was not asked");
    if (is_refusal(reply)) end_for(reply);
    had_grace_ = false;
    if (std::exchange(is_hesitating_, false)) watch_anew();
    auto& first = waiting_.front();
    first.replies.push_back(std::move(reply));
    if (first.replies.size() < first.count) return;
    auto finished = std::move(first);
    waiting_.pop_front();
    if (finished.done) finished.done(std::move(finished.replies));
}

// When something must be done about the one who waits longest.
Steady::time_point Pipeline::due(Waiting const& first) const
{
    return is_hesitating_ ? first.until : first.until - (limits_.call - limits_.little_patience);
}

// One timer for all: they end in the order they came. It is left alone while calls come and go, and looks at its time who is first then.
void Pipeline::watch_first()
{
    if (is_watching_ || waiting_.empty()) return;
    is_watching_ = true;
    auto const awaited = due(waiting_.front());
    first_timer_.expires_at(awaited);
    first_timer_.async_wait([this, awaited](boost::system::error_code cancelled) {
        if (!cancelled) look_at_first(awaited);
    });
}

// What is watched for comes later than what is due from now on.
void Pipeline::watch_anew()
{
    first_timer_.cancel();
    is_watching_ = false;
    watch_first();
}

void Pipeline::look_at_first(Steady::time_point awaited)
{
    is_watching_ = false;
    auto const now = Steady::now();
    bool const is_over = !waiting_.empty() && due(waiting_.front()) <= now;
    if (is_over && now - awaited > late_after && !had_grace_) {
        had_grace_ = true;
        auto& first = waiting_.front();
        first.until += now + late_grace - due(first);
    } else if (is_over && !is_hesitating_) {
        hesitate();
    } else if (is_over) {
        link_->close("no answer in time");
        is_up_ = false;
        fail_all();
    }
    watch_first();
}

// What was asked stays in its place, for the answers come in order.
void Pipeline::hesitate()
{
    is_hesitating_ = true;
    had_grace_ = false;
    for (auto& waiting : waiting_) {
        if (waiting.patience == Patience::little) refuse(std::exchange(waiting.done, {}));
    }
}

void Pipeline::fail_all()
{
    is_hesitating_ = false;
    had_grace_ = false;
    auto const failed = std::exchange(waiting_, {});
    watch_anew();
    for (auto const& waiting : failed) {
        if (waiting.done) waiting.done(std::nullopt);
    }
}

} // namespace pollux::redis
