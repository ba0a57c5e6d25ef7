// Argon2id (libsodium; 19 MiB, t=2, p=1: OWASP's minimum) on threads of its own at low priority, so that a flood of logins never
// takes an I/O thread. At most `queue_max` wait; then the answer is unavailable (503) with Retry-After. Strangers can sign up as often as
// they like, so sign-ups take half of the queue at most, and log-ins go before them.
#pragma once

#include "base/error.hpp"
#include "net/hand_over.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include <deque>
#include <functional>
#include <mutex>
#include <string>

namespace pollux::accounts {

namespace asio = boost::asio;

enum class PasswordTurn {
    first, // Of somebody who has an account: log-ins, changes, resets.
    last,  // Of a sign-up.
};

class PasswordPool {
public:
    // threads = 0: half of the cores, at least one.
    PasswordPool(std::size_t threads, std::size_t queue_max);

    // A caller that still waits is dropped with its coroutine: the I/O threads have stopped by then, and their contexts still exist.
    ~PasswordPool();

    // "$argon2id$v=19$m=19456,t=2,p=1$...". Resumes on the caller's executor, as does the next.
    asio::awaitable<Result<std::string>> hash(std::string password, PasswordTurn turn);

    // Without a hash it takes as long and says false, so that nobody learns from the time whether there is one.
    asio::awaitable<Result<bool>> matches(std::optional<std::string> hash, std::string password);

    std::size_t waiting(PasswordTurn turn); // Right now.

private:
    struct Job {
        std::function<std::string()> work;
        std::string* result = nullptr; // In the frame of who waits, which `resume` owns.
        net::Resumption resume;
    };
    // Waiting, or about to be.
    struct Line {
        std::size_t waiting = 0;
        std::deque<Job> jobs;
    };

    asio::awaitable<Result<std::string>> run(std::function<std::string()> work, PasswordTurn turn);
    bool take_place(PasswordTurn turn); // false: the queue is full.
    Line& line_of(PasswordTurn turn) { return turn == PasswordTurn::first ? first_ : last_; }
    void push(PasswordTurn turn, Job job);
    Job take();
    void work_one();

    std::size_t const queue_max_;
    std::size_t const last_max_; // Of them, for PasswordTurn::last.
    std::mutex mutex_;
    Line first_;
    Line last_;
    asio::thread_pool threads_; // Last: it stops before the rest goes.
};

} // namespace pollux::accounts
