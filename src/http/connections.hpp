// How many connections a server holds at once, in all and per address, and which one goes when there are too many. Included by
// http/*.cpp only.
#pragma once

#include "http/peer.hpp"
#include "http/server.hpp"
#include "ops/metrics.hpp"
#include "ops/once_a_minute.hpp"

#include <boost/intrusive/list.hpp>

#include <array>
#include <atomic>
#include <mutex>
#include <string>
#include <unordered_map>

namespace pollux::http {

// What a connection waits for, in the order in which connections are given up: one that has asked for nothing yet misses nothing. A
// request that is being answered is never given up.
enum class Phase { idle, head, open_body, raw_body, user_body };
inline constexpr std::size_t phases = 5;

// A connection, as its thread's lists know it.
class Connection : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
    virtual void give_up() = 0; // Ends it; it may still be there for a moment.
    virtual std::size_t body_bytes_held() const = 0;

protected:
    ~Connection() = default;
};

// One an I/O thread. Only that thread calls, but for size().
class WaitingConnections {
public:
    void enter(Connection& connection, Phase phase); // At the end of the phase's line, from whatever it was in.
    void leave(Connection& connection);

    // Gives up the one that has waited longest, in the order of Phase. False: nobody here waits.
    bool give_up_one();
    // Gives up those that have been in `phase` longest, but for `asker`, until `bytes` of bodies are free. False: there are not so many.
    bool free_body_bytes(Phase phase, std::size_t bytes, Connection const& asker);

    std::size_t size() const { return size_; } // From any thread.

private:
    using Line = boost::intrusive::list<Connection, boost::intrusive::constant_time_size<false>>;

    std::array<Line, phases> lines_;
    std::atomic<std::size_t> size_ = 0;
};

// Counts the connections of a server, over all of its threads.
class ConnectionCounts {
public:
    ConnectionCounts(ServerLimits const& limits, TrustedProxies const& proxies, std::string const& listener);

    enum class Verdict { admitted, over, refused };

    // One connection's place, for as long as it lives.
    class Place {
    public:
        Place(ConnectionCounts& counts, std::string address) : counts_(&counts), address_(std::move(address)) {}
        Place(Place&& other) noexcept : counts_(std::exchange(other.counts_, nullptr)), address_(std::move(other.address_)) {}
        Place& operator=(Place&&) = delete;
        ~Place();

    private:
        ConnectionCounts* counts_;
        std::string address_; // Empty: not counted by address.
    };

    // `over`: taken, but another one should be given up for it. Refused ones have no place.
    std::pair<Verdict, std::optional<Place>> take(asio::ip::address const& address);

    void note_given_up();
    void note_refused();
    void note_no_descriptor(std::string const& reason);

private:
    bool is_counted_by_address(asio::ip::address const& address) const;
    void log_full();

    // So many more, until those that were given up have ended.
    static constexpr std::size_t surplus_max = 64;

    ServerLimits limits_;
    TrustedProxies proxies_;
    std::atomic<std::size_t> open_ = 0;
    std::mutex mutex_;
    std::unordered_map<std::string, std::size_t> by_address_;
    ops::Counter given_up_;
    ops::Counter refused_;
    ops::OnceAMinute full_line_;
    ops::OnceAMinute descriptor_line_;
};

} // namespace pollux::http
