#include "bus/subscribers.hpp"

namespace pollux::bus {

// Its mutex is held while the handler runs, so that the end of a subscription waits for that.
struct Subscribers::Listener {
    std::mutex mutex;
    Signals::Handler handler; // Empty once the subscription has ended.

    void call(std::optional<std::string_view> payload)
    {
        std::lock_guard const lock(mutex);
        if (handler) handler(payload);
    }
};

class Subscribers::Entry final : public Signals::Subscription {
public:
    Entry(std::shared_ptr<Subscribers> owner, std::multimap<std::string, std::shared_ptr<Listener>, std::less<>>::iterator place)
        : owner_(std::move(owner)), place_(place)
    {}
    Entry(Entry const&) = delete;
    Entry& operator=(Entry const&) = delete;
    ~Entry() override
    {
        auto const listener = place_->second;
        {
            std::lock_guard const lock(owner_->mutex_);
            owner_->by_channel_.erase(place_);
        }
        std::lock_guard const lock(listener->mutex);
        listener->handler = {};
    }

private:
    std::shared_ptr<Subscribers> owner_;
    std::multimap<std::string, std::shared_ptr<Listener>, std::less<>>::iterator place_;
};

std::unique_ptr<Signals::Subscription> Subscribers::add(std::string channel, Signals::Handler handler)
{
    auto listener = std::make_shared<Listener>();
    listener->handler = std::move(handler);
    std::lock_guard const lock(mutex_);
    auto const place = by_channel_.emplace(std::move(channel), std::move(listener));
    return std::make_unique<Entry>(shared_from_this(), place);
}

void Subscribers::deliver(std::string_view channel, std::optional<std::string_view> payload)
{
    for (auto const& listener : listeners(channel)) listener->call(payload);
}

void Subscribers::deliver_to_all(std::optional<std::string_view> payload)
{
    std::vector<std::shared_ptr<Listener>> all;
    {
        std::lock_guard const lock(mutex_);
        for (auto const& [channel, listener] : by_channel_) all.push_back(listener);
    }
    for (auto const& listener : all) listener->call(payload);
}

bool Subscribers::listens(std::string_view channel) const
{
    std::lock_guard const lock(mutex_);
    return by_channel_.find(channel) != by_channel_.end();
}

std::vector<std::shared_ptr<Subscribers::Listener>> Subscribers::listeners(std::string_view channel) const
{
    std::lock_guard const lock(mutex_);
    std::vector<std::shared_ptr<Listener>> found;
    for (auto [at, end] = by_channel_.equal_range(channel); at != end; ++at) found.push_back(at->second);
    return found;
}

} // namespace pollux::bus
