// Argon2id (libsodium; 19 MiB, t=2, p=1: OWASP's minimum) on threads of its own at low priority, so that a flood of logins never
// takes an I/O thread. At most `queue_max` wait; then the answer is unavailable (503) with Retry-After.
#pragma once

#include "base/error.hpp"

#include <boost/asio/awaitable.hpp>

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace pollux::accounts {

namespace asio = boost::asio;

class PasswordPool {
public:
    // threads = 0: half of the cores, at least one.
    PasswordPool(std::size_t threads, std::size_t queue_max);

    // Whoever still waits is dropped with his coroutine: the I/O threads have stopped by then, and their contexts still exist.
    ~PasswordPool();

    // "$argon2id$v=19$m=19456,t=2,p=1$...". Resumes on the caller's executor, as does the next.
    asio::awaitable<Result<std::string>> hash(std::string password);

    // Without a hash it takes as long and says false, so that nobody learns from the time whether there is one.
    asio::awaitable<Result<bool>> matches(std::optional<std::string> hash, std::string password);

    std::size_t threads() const { return threads_.size(); }

private:
    asio::awaitable<Result<std::string>> run(std::function<std::string()> work);
    void serve();

    std::size_t const queue_max_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t waiting_ = 0; // Jobs queued or about to be.
    bool stops_ = false;
    std::deque<std::function<void()>> jobs_;
    std::vector<std::thread> threads_;
};

} // namespace pollux::accounts
