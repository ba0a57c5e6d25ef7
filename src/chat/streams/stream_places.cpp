#include "chat/streams/stream_places.hpp"

namespace pollux::chat {

std::shared_ptr<StreamPlaces::Place const> StreamPlaces::enter(UserId user)
{
    auto place = std::make_shared<Place>(*this, user);
    std::lock_guard const lock(mutex_);
    auto& places = of_users_[user];
    if (places.size() >= a_user_max_) {
        places.front()->is_taken_.store(true, std::memory_order_relaxed);
        places.pop_front();
    }
    places.push_back(place.get());
    return place;
}

void StreamPlaces::leave(Place const& place)
{
    std::lock_guard const lock(mutex_);
    auto const found = of_users_.find(place.user_);
    if (found == of_users_.end()) return;
    std::erase(found->second, &place);
    if (found->second.empty()) of_users_.erase(found);
}

} // namespace pollux::chat
