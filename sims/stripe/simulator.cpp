#include "stripe/simulator.hpp"

namespace pollux::sims::stripe {

Place& Simulator::place(std::string const& account, bool is_live)
{
    auto& found = places_[{account, is_live}];
    if (!found) {
        found = std::make_unique<Place>(account, is_live, clock, deliveries);
        auto const other = places_.find({account, !is_live});
        if (other != places_.end() && other->second) {
            found->world.other_mode = &other->second->world;
            other->second->world.other_mode = &found->world;
        }
    }
    found->world.base_url = base_url;
    return *found;
}

Record* Simulator::find(std::string_view kind, std::string_view id)
{
    for (auto* world : worlds()) {
        if (auto* record = world->store.find(kind, id)) return record;
    }
    return nullptr;
}

std::vector<World*> Simulator::worlds()
{
    std::vector<World*> all;
    for (auto& [name, place] : places_) {
        if (place) all.push_back(&place->world);
    }
    return all;
}

void Simulator::reset()
{
    clock.forget();
    deliveries.forget();
    for (auto& [name, place] : places_) old_places_.push_back(std::move(place));
    places_.clear();
    plans = {};
    calls.clear();
}

} // namespace pollux::sims::stripe
