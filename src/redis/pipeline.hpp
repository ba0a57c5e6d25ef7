// Commands of one thread over one connection, answered in their order, each within its limit or not at all. While Redis is away a call
// is refused at once and costs nothing; the connection comes back by itself, after growing pauses. One call that runs out of time ends
// the connection, because everything behind it would wait as well. Before that, Redis is seen to hesitate: from then until it answers again
// nobody waits who has little patience.
//
// Of one io_context's thread.
#pragma once

#include "redis/link.hpp"
#include "redis/watch.hpp"

#include <atomic>
#include <deque>

namespace pollux::redis {

struct Limits {
    std::chrono::milliseconds call{200};
    std::chrono::milliseconds little_patience{50};
    std::chrono::milliseconds open{1'000};
    std::chrono::milliseconds pause_min{50}; // Between attempts to connect; doubled after each.
    std::chrono::milliseconds pause_max{2'000};
    std::chrono::milliseconds pulse{1'000};      // How often Redis is asked to write though nobody else asks for anything.
    std::chrono::milliseconds good_after{5'000}; // A connection that lasted so long forgets the pauses before it.
    std::size_t waiting_max = 50'000;            // Calls; one more is refused.
    std::size_t unwritten_bytes_max = 64_MiB;
};

// The answers to the commands of one call. Nothing: Redis is away, or was too slow; whether it did what it was told is not known.
using Answers = std::optional<std::vector<Reply>>;

enum class Patience {
    full,   // The limit of a call.
    little, // Of a request that somebody waits for and that does without Redis as well.
};

class Pipeline {
public:
    Pipeline(asio::any_io_executor executor, Server& server, Watch& watch, Limits limits);

    // Connects and connects again, until stop().
    asio::awaitable<void> run();
    asio::awaitable<void> stop(); // A task on its executor.

    using Done = std::function<void(Answers)>;

    // `count` commands in one string. `done` is called once, from the loop, never from within call(); it may be empty.
    void call(std::string_view commands, std::size_t count, Patience patience, Done done);

    bool is_up() const { return is_up_; }
    asio::any_io_executor executor() { return timer_.get_executor(); }

private:
    struct Waiting {
        std::size_t count = 0;
        std::vector<Reply> replies;
        Steady::time_point until;
        Patience patience = Patience::full;
        Done done;
    };

    asio::awaitable<void> serve();
    asio::awaitable<void> pause();
    void feel_pulse();
    void end_for(Reply const& refusal);
    void take(Reply reply);
    void refuse(Done done);
    Steady::time_point due(Waiting const& first) const;
    void watch_first();
    void watch_anew();
    void look_at_first(Steady::time_point awaited);
    void hesitate();
    void fail_all();

    Server& server_;
    Watch& watch_;
    Limits const limits_;
    asio::steady_timer timer_; // Of the pause between two connections.
    asio::steady_timer first_timer_;
    asio::steady_timer pulse_timer_;
    std::shared_ptr<Link> link_;
    std::deque<Waiting> waiting_;
    std::chrono::milliseconds pause_;
    bool is_watching_ = false;
    bool is_hesitating_ = false; // Redis, as it seems.
    bool had_grace_ = false;     // The first one, for what it waits for now.
    bool is_stopping_ = false;
    std::atomic<bool> is_up_ = false;
};

} // namespace pollux::redis
