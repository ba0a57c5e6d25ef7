#include "accounts/password_pool.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sodium.h>
#include <sys/resource.h>

#include <algorithm>
#include <memory>

namespace pollux::accounts {
namespace {

constexpr unsigned long long passes = 2;
constexpr std::size_t memory_bytes = 19 * 1024 * 1024;
constexpr int niceness = 10;
constexpr std::chrono::seconds retry_after{2};

// Of a password that nobody knows.
constexpr char no_hash[] = "$argon2id$v=19$m=19456,t=2,p=1$17NsiZXbmXQUMuCR1lkvTw$5faqF/yCkwXAvSvRRjxkOM1Tu2mr3Rd8cCLrv4WHyd4";

std::string hash_now(std::string const& password)
{
    std::string hash(crypto_pwhash_STRBYTES, '\0');
    int failed = crypto_pwhash_str_alg(hash.data(), password.data(), password.size(), passes, memory_bytes, crypto_pwhash_ALG_ARGON2ID13);
    if (failed != 0) return {}; // No memory.
    hash.resize(hash.find('\0'));
    return hash;
}

bool matches_now(std::string const& hash, std::string const& password)
{
    return crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

Error busy()
{
    return unavailable("busy", "Too many passwords are being checked; try again in a moment.", retry_after);
}

} // namespace

PasswordPool::PasswordPool(std::size_t threads, std::size_t queue_max) : queue_max_(queue_max)
{
    if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency() / 2);
    for (std::size_t index = 0; index < threads; ++index) threads_.emplace_back([this] { serve(); });
}

PasswordPool::~PasswordPool()
{
    {
        std::lock_guard lock(mutex_);
        stops_ = true;
    }
    changed_.notify_all();
    for (auto& thread : threads_) thread.join();
}

asio::awaitable<Result<std::string>> PasswordPool::hash(std::string password)
{
    auto hash = co_await run([password = std::move(password)] { return hash_now(password); });
    if (hash && hash->empty()) co_return busy();
    co_return hash;
}

asio::awaitable<Result<bool>> PasswordPool::matches(std::optional<std::string> hash, std::string password)
{
    bool const has_hash = hash.has_value();
    auto outcome = co_await run([hash = hash.value_or(no_hash), password = std::move(password)] {
        return std::string(matches_now(hash, password) ? "matches" : "");
    });
    if (!outcome) co_return outcome.error();
    co_return has_hash && !outcome->empty();
}

asio::awaitable<Result<std::string>> PasswordPool::run(std::function<std::string()> work)
{
    {
        std::lock_guard lock(mutex_);
        if (waiting_ >= queue_max_) co_return busy();
        ++waiting_;
    }
    auto start = [this](auto handler, std::function<std::string()> job) {
        auto executor = asio::get_associated_executor(handler);
        auto waiter = std::make_shared<decltype(handler)>(std::move(handler)); // std::function asks for copies.
        std::lock_guard lock(mutex_);
        jobs_.push_back([executor, waiter = std::move(waiter), job = std::move(job)]() mutable {
            auto result = job();
            asio::post(executor, [waiter = std::move(waiter), result = std::move(result)]() mutable { (*waiter)(std::move(result)); });
        });
        changed_.notify_one();
    };
    co_return co_await asio::async_initiate<asio::use_awaitable_t<> const, void(std::string)>(start, asio::use_awaitable, std::move(work));
}

void PasswordPool::serve()
{
    ::setpriority(PRIO_PROCESS, 0, niceness); // On Linux: of this thread alone.
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return stops_ || !jobs_.empty(); });
        if (stops_) return;
        auto job = std::move(jobs_.front());
        jobs_.pop_front();
        --waiting_;
        lock.unlock();
        job();
        job = nullptr; // Its waiter may die here, never under the lock.
        lock.lock();
    }
}

} // namespace pollux::accounts
