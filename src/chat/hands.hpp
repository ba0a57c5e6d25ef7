// How many replies a worker may write at once. A hand is taken before a reply is claimed and given back when it has ended. Safe from any
// thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace pollux::chat {

class Hands {
public:
    explicit Hands(std::size_t count) : count_(static_cast<std::ptrdiff_t>(count)), free_(count_) {}

    // One hand, given back by the destructor.
    class Hand {
    public:
        explicit Hand(std::shared_ptr<Hands> owner) : owner_(std::move(owner)) {}
        Hand(Hand&&) = default;
        Hand& operator=(Hand&&) = delete;
        ~Hand()
        {
            if (owner_) owner_->free_.fetch_add(1);
        }

    private:
        std::shared_ptr<Hands> owner_;
    };

    // False when there is none.
    bool try_take()
    {
        auto free = free_.load();
        while (free > 0) {
            if (free_.compare_exchange_weak(free, free - 1)) return true;
        }
        return false;
    }

    std::ptrdiff_t free() const { return free_.load(); }
    bool are_all_free() const { return free_.load() == count_; }

private:
    std::ptrdiff_t const count_;
    std::atomic<std::ptrdiff_t> free_;
};

} // namespace pollux::chat
