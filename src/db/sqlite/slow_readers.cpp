#include "db/sqlite/slow_readers.hpp"

#include "base/required.hpp"

#include <sqlite3.h>

#include <optional>

#include <pthread.h>

namespace pollux::db::sqlite {
namespace {

constexpr int steps_between_looks = 10'000; // Of SQLite's machine: well under a millisecond.

// While it lives, SQLite asks now and then whether to go on.
class Bounded {
public:
    Bounded(sqlite3* handle, Steady::time_point until, std::atomic<bool> const& is_closing)
        : handle_(handle), until_(until), is_closing_(is_closing)
    {
        auto must_end = [](void* self) -> int { return static_cast<Bounded const*>(self)->must_end() ? 1 : 0; };
        sqlite3_progress_handler(handle_, steps_between_looks, must_end, this);
    }
    ~Bounded() { sqlite3_progress_handler(handle_, 0, nullptr, nullptr); }

    Bounded(Bounded const&) = delete;
    Bounded& operator=(Bounded const&) = delete;

private:
    bool must_end() const { return is_closing_ || Steady::now() >= until_; }

    sqlite3* handle_;
    Steady::time_point const until_;
    std::atomic<bool> const& is_closing_;
};

} // namespace

// Lives in the frame of the caller, which `resume` owns.
struct SlowReaders::Call {
    std::function<void(Reader&)> read;
    Steady::time_point deadline;
    std::exception_ptr failure;
    std::optional<net::Resumption> resume;

    void refuse(char const* why) { failure = std::make_exception_ptr(Unavailable(why)); }
    void end()
    {
        auto resumption = required(std::move(resume));
        resumption(); // The call is gone from here on.
    }
};

SlowReaders::SlowReaders(std::filesystem::path file, int cache_kib, Clock const& clock, SlowReadLimits limits)
    : file_(std::move(file)), cache_kib_(cache_kib), clock_(clock), limits_(limits)
{
    for (std::size_t count = 0; count < limits_.at_once; ++count) threads_.emplace_back([this] { work(); });
}

SlowReaders::~SlowReaders()
{
    close();
}

asio::awaitable<void> SlowReaders::perform(std::function<void(Reader&)> read)
{
    Call call{.read = std::move(read), .deadline = Steady::now() + limits_.call_max, .failure = {}, .resume = {}};
    co_await net::hand_over([this, &call](net::Resumption resume) {
        call.resume.emplace(std::move(resume));
        push(call);
    });
    if (call.failure) std::rethrow_exception(call.failure);
}

void SlowReaders::push(Call& call)
{
    std::unique_lock lock(mutex_);
    auto const idle = limits_.at_once - running_;
    if (is_closing_ || waiting_.size() >= idle + limits_.waiting_max) {
        call.refuse(is_closing_ ? "the database is closed" : too_many_slow_reads);
        return call.end();
    }
    waiting_.push_back(&call);
    lock.unlock();
    arrived_.notify_one();
}

// Null: there is nothing more to do, ever.
SlowReaders::Call* SlowReaders::next()
{
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [this] { return is_closing_ || !waiting_.empty(); });
    if (waiting_.empty()) return nullptr;
    auto* call = waiting_.front();
    waiting_.pop_front();
    ++running_;
    return call;
}

void SlowReaders::work()
{
    pthread_setname_np(pthread_self(), "pollux-db-slow");
    std::unique_ptr<Reader> reader;
    while (auto* call = next()) {
        run(*call, reader);
        {
            std::lock_guard const lock(mutex_);
            --running_;
        }
        call->end();
    }
}

void SlowReaders::run(Call& call, std::unique_ptr<Reader>& reader)
{
    if (is_closing_) return call.refuse("the database is closed");
    if (Steady::now() >= call.deadline - limits_.call_max + limits_.wait_max) return call.refuse(too_many_slow_reads);
    try {
        if (!reader) reader = std::make_unique<Reader>(file_, cache_kib_, clock_);
        Bounded const bounded(reader->connection.handle(), call.deadline, is_closing_);
        call.read(*reader);
    } catch (...) {
        call.failure = std::current_exception();
    }
}

void SlowReaders::close()
{
    {
        std::lock_guard const lock(mutex_);
        is_closing_ = true;
    }
    arrived_.notify_all();
    for (auto& thread : threads_) thread.join();
    threads_.clear();
}

} // namespace pollux::db::sqlite
