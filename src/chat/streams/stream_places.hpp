// How many streams a user may have open in this process. The oldest one makes room for a newer one: pages that are gone without a word hold
// streams too, and a client that comes back needs one. A client whose stream ended comes back with its last id, so nothing is lost.
#pragma once

#include "base/ids.hpp"

#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace pollux::chat {

// A tab and a device each need one of the first; replies are read by as many tabs as look at them, and fifty may be queued.
constexpr std::size_t event_streams_a_user_max = 20;
constexpr std::size_t reply_streams_a_user_max = 100;

class StreamPlaces {
public:
    explicit StreamPlaces(std::size_t a_user_max) : a_user_max_(a_user_max) {}

    class Place {
    public:
        Place(StreamPlaces& places, UserId user) : places_(places), user_(user) {}
        Place(Place const&) = delete;
        Place& operator=(Place const&) = delete;
        ~Place() { places_.leave(*this); }

        // A newer stream needs it: end.
        bool is_taken() const { return is_taken_.load(std::memory_order_relaxed); }

    private:
        friend class StreamPlaces;
        StreamPlaces& places_;
        UserId user_;
        std::atomic<bool> is_taken_ = false;
    };

    // From any thread. Lives as long as the stream; the places must outlive it.
    std::shared_ptr<Place const> enter(UserId user);

private:
    void leave(Place const& place);

    std::size_t a_user_max_;
    std::mutex mutex_;
    std::unordered_map<UserId, std::deque<Place*>> of_users_; // Oldest first, without those that are taken.
};

} // namespace pollux::chat
