// Memory that requests and answers on their way may hold, over all connections of a server. Safe from any thread.
#pragma once

#include "http/server.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace pollux::http {

// Bodies of those who showed a token, of those who did not, and of raw routes are counted apart: none crowds out another.
enum class BodyPool { open, raw, user };

class BodyBudget {
public:
    explicit BodyBudget(ServerLimits const& limits);

    bool take(BodyPool pool, std::size_t bytes); // False: so much is not free.
    void give_back(BodyPool pool, std::size_t bytes);

private:
    struct Pool {
        std::size_t bytes_max = 0;
        std::atomic<std::size_t> bytes = 0;
    };
    std::array<Pool, 3> pools_;
    std::atomic<std::size_t> peak_bytes_ = 0; // Of all pools together, since memory was last handed back to the system.
};

// What one request holds of a budget.
class BodyShare {
public:
    explicit BodyShare(BodyBudget& budget) : budget_(budget) {}
    ~BodyShare() { reset(); }
    BodyShare(BodyShare const&) = delete;
    BodyShare& operator=(BodyShare const&) = delete;

    void begin(BodyPool pool)
    {
        reset();
        pool_ = pool;
    }
    bool grow(std::size_t bytes)
    {
        bool const is_there = budget_.take(pool_, bytes);
        if (is_there) bytes_ += bytes;
        return is_there;
    }
    void reset()
    {
        if (bytes_ > 0) budget_.give_back(pool_, bytes_);
        bytes_ = 0;
    }
    std::size_t bytes() const { return bytes_; }
    BodyPool pool() const { return pool_; }

private:
    BodyBudget& budget_;
    BodyPool pool_ = BodyPool::open;
    std::size_t bytes_ = 0;
};

// Answers that wait until their readers take them, in all and by caller: "u:7", or "a:192.0.2.7" without a token.
class AnswerBudget {
public:
    explicit AnswerBudget(ServerLimits const& limits)
        : bytes_max_(limits.waiting_answer_bytes_max), asker_bytes_max_(limits.waiting_answer_bytes_per_user_max)
    {}

    enum class Verdict { free, asker_full, full };
    Verdict judge(std::string const& asker) const;

    // For as long as an answer waits.
    class Waiting {
    public:
        Waiting(AnswerBudget& budget, std::string const& asker, std::size_t bytes);
        ~Waiting();
        Waiting(Waiting const&) = delete;
        Waiting& operator=(Waiting const&) = delete;

    private:
        AnswerBudget& budget_;
        std::string const& asker_;
        std::size_t bytes_;
    };

private:
    std::size_t const bytes_max_;
    std::size_t const asker_bytes_max_;
    std::atomic<std::size_t> bytes_ = 0;
    mutable std::mutex mutex_;
    std::unordered_map<std::string, std::size_t> by_asker_;
};

} // namespace pollux::http
