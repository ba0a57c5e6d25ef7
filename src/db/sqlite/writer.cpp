#include "db/sqlite/writer.hpp"

#include "base/required.hpp"
#include "net/hand_over.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include <pthread.h>

namespace pollux::db::sqlite {
namespace {

constexpr auto nobody_awaited = std::numeric_limits<std::size_t>::max();
constexpr auto without_end = std::chrono::steady_clock::time_point::max();

} // namespace

// Lives in the frame of the caller, which `resume` owns.
struct Writer::Waiter {
    Unit* unit = nullptr;
    std::optional<net::Resumption> resume;
};

Writer::Writer(Connection connection, WriterLimits limits)
    : connection_(std::move(connection)), limits_(limits), awaited_(nobody_awaited), thread_([this] { work(); })
{}

Writer::~Writer()
{
    close();
}

asio::awaitable<void> Writer::perform(Unit& unit)
{
    Waiter waiter;
    waiter.unit = &unit;
    // Stored first, pushed second: the writer may be done before push() returns. After it nothing here may be touched.
    co_await net::hand_over([this, &waiter](net::Resumption resume) {
        waiter.resume.emplace(std::move(resume));
        push(waiter);
    });
    if (unit.failure) std::rethrow_exception(unit.failure);
}

void Writer::push(Waiter& waiter)
{
    std::unique_lock lock(mutex_);
    if (closing_ || waiting_.size() >= limits_.waiting_max) {
        auto const* why = closing_ ? "the database is closed" : "too many writes wait for the database";
        waiter.unit->failure = std::make_exception_ptr(Unavailable(why));
        answer(waiter);
        return;
    }
    waiting_.push_back(&waiter);
    bool const wake = waiting_.size() == awaited_;
    lock.unlock();
    if (wake) arrived_.notify_one();
}

void Writer::answer(Waiter& waiter)
{
    auto resume = required(std::move(waiter.resume));
    resume(); // The waiter is gone from here on.
}

void Writer::close()
{
    {
        std::lock_guard const lock(mutex_);
        closing_ = true;
    }
    arrived_.notify_one();
    if (thread_.joinable()) thread_.join();
}

WriterCounters Writer::counters() const
{
    std::lock_guard const lock(mutex_);
    WriterCounters counters = counters_;
    counters.waiting = waiting_.size();
    return counters;
}

void Writer::work()
{
    pthread_setname_np(pthread_self(), "pollux-db");
    while (take_group()) {
        commit_taken();
        // Between two groups rather than inside a COMMIT: those who were just answered do not wait for it.
        if (connection_.wal_pages() > limits_.wal_pages_max) connection_.checkpoint();
    }
}

bool Writer::wait_for(std::unique_lock<std::mutex>& lock, std::size_t units, std::chrono::steady_clock::time_point until)
{
    awaited_ = units;
    auto enough = [this, units] { return closing_ || waiting_.size() >= units; };
    if (until == without_end) {
        arrived_.wait(lock, enough);
    } else {
        arrived_.wait_until(lock, until, enough);
    }
    awaited_ = nobody_awaited;
    return !waiting_.empty();
}

// False when there is nothing more to do, ever.
bool Writer::take_group()
{
    std::unique_lock lock(mutex_);
    if (!wait_for(lock, 1, without_end)) return false;
    if (counters_.last_group > waiting_.size()) {
        wait_for(lock, counters_.last_group, std::chrono::steady_clock::now() + limits_.gather_max);
    }
    auto const end = waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(waiting_.size(), limits_.group_max));
    taken_.assign(waiting_.begin(), end);
    waiting_.erase(waiting_.begin(), end);
    return true;
}

void Writer::commit_taken()
{
    group_.clear();
    for (Waiter* waiter : taken_) group_.push_back(waiter->unit);
    std::size_t const rolled_back = commit_group(connection_, loop_, group_);
    {
        std::lock_guard const lock(mutex_);
        ++counters_.groups;
        counters_.units += taken_.size();
        counters_.rolled_back += rolled_back;
        counters_.last_group = taken_.size();
        counters_.largest_group = std::max<std::uint64_t>(counters_.largest_group, taken_.size());
    }
    for (Waiter* waiter : taken_) answer(*waiter);
}

} // namespace pollux::db::sqlite
