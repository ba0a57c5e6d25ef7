// How many replies a worker may write at once, and who may take a hand for one: Claiming for several threads. A hand is taken before a
// reply is claimed and given back when it has ended; the waiter for the next step is woken when it comes back wanted. Safe from any
// thread.
#pragma once

#include "chat/queue/claiming.hpp"
#include "net/wakeup.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace pollux::chat {

namespace asio = boost::asio;

class Hands : public std::enable_shared_from_this<Hands> {
public:
    Hands(std::size_t count, Claiming::Timing timing) : claiming_(static_cast<std::ptrdiff_t>(count), timing) {}

    // One hand, given back by the destructor.
    class Hand {
    public:
        enum class For { usual, suspect };

        Hand(std::shared_ptr<Hands> owner, For what) : owner_(std::move(owner)), what_(what) {}
        Hand(Hand&&) = default;
        Hand& operator=(Hand&&) = delete;
        ~Hand()
        {
            if (owner_) owner_->give_back(what_);
        }

    private:
        std::shared_ptr<Hands> owner_;
        For what_;
    };

    struct Work {
        Claiming::Step step;
        std::vector<Hand> hands; // Those that the step takes.
    };
    Work next();

    // For a send that wants to claim its own reply.
    std::optional<Hand> take_for_send();

    // Facts, as Claiming has them. Those that may change its next step wake who waits for it.
    void told();
    void is_due(Steady::time_point at);
    void looked(bool has_suspect);
    void claimed(std::ptrdiff_t asked, std::ptrdiff_t got);
    void suspect_claimed(bool was_there);
    void failed();

    std::uint64_t changes() const { return changes_.count(); }
    asio::awaitable<void> wait(std::uint64_t seen, Steady::time_point until) { return changes_.wait(seen, until); }
    void wake() { changes_.notify(); }

    bool may_claim() const;
    std::ptrdiff_t free() const;
    bool are_all_free() const;

private:
    void give_back(Hand::For what);

    mutable std::mutex mutex_;
    Claiming claiming_;
    net::Wakeup changes_;
};

} // namespace pollux::chat
