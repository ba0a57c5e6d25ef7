#include "db/postgres/readers.hpp"

#include "ops/failure.hpp"

#include <boost/asio/co_spawn.hpp>

namespace pollux::db::postgres {

Readers::Readers(Server& server) : server_(server), slots_(server.limits().read_connections) {}

void Readers::start()
{
    for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
        asio::co_spawn(server_.context(), keep_open(slot), ops::must_not_fail);
    }
}

asio::awaitable<void> Readers::keep_open(std::size_t slot)
{
    while (!server_.is_closing()) {
        auto opened = co_await server_.open(Use::reads, [this, slot] {
            slots_[slot] = nullptr;
            changed_.notify();
        });
        slots_[slot] = std::move(opened);
        if (slots_[slot]) changed_.notify();
        while (slots_[slot] && !server_.is_closing()) {
            auto const seen = changed_.count();
            co_await changed_.wait(seen, Steady::time_point::max());
        }
        co_await server_.pause(server_.limits().reconnect_after);
    }
}

Connected Readers::least_busy() const
{
    Connected chosen;
    for (auto const& connection : slots_) {
        if (connection && (!chosen || connection->in_flight() < chosen->in_flight())) chosen = connection;
    }
    return chosen;
}

asio::awaitable<Connected> Readers::choose()
{
    auto const until = Steady::now() + server_.limits().connection_wait_max;
    for (;;) {
        auto const seen = changed_.count();
        if (auto connection = least_busy()) co_return connection;
        server_.require_present();
        if (Steady::now() >= until) throw Unavailable("there is no connection to PostgreSQL: " + server_.last_refusal());
        co_await changed_.wait(seen, until);
    }
}

} // namespace pollux::db::postgres
