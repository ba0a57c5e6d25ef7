#include "http/connections.hpp"

#include "ops/log.hpp"

namespace pollux::http {
namespace {

ops::Counter ended_early(std::string const& listener, std::string const& how)
{
    return {"pollux_http_connections_ended_early_total",
            "Connections closed because there were too many: refused at once, or given up while they waited.",
            {{"listener", listener}, {"how", how}}};
}

} // namespace

void WaitingConnections::enter(Connection& connection, Phase phase)
{
    leave(connection);
    lines_[static_cast<std::size_t>(phase)].push_back(connection);
    ++size_;
}

void WaitingConnections::leave(Connection& connection)
{
    if (!connection.is_linked()) return;
    connection.unlink();
    --size_;
}

bool WaitingConnections::give_up_one()
{
    for (auto& line : lines_) {
        if (line.empty()) continue;
        auto& longest = line.front();
        leave(longest);
        longest.give_up();
        return true;
    }
    return false;
}

bool WaitingConnections::free_body_bytes(Phase phase, std::size_t bytes, Connection const& asker)
{
    constexpr int given_up_max = 16; // For one that asks: it must not pay for thousands that hold a byte each.
    auto& line = lines_[static_cast<std::size_t>(phase)];
    std::size_t freed = 0;
    for (int count = 0; freed < bytes && count < given_up_max && !line.empty() && &line.front() != &asker; ++count) {
        auto& longest = line.front();
        freed += longest.body_bytes_held();
        leave(longest);
        longest.give_up();
    }
    return freed >= bytes;
}

ConnectionCounts::ConnectionCounts(ServerLimits const& limits, TrustedProxies const& proxies, std::string const& listener)
    : limits_(limits), proxies_(proxies), given_up_(ended_early(listener, "given_up")), refused_(ended_early(listener, "refused"))
{}

ConnectionCounts::Place::~Place()
{
    if (!counts_) return;
    --counts_->open_;
    if (address_.empty()) return;
    std::lock_guard const lock(counts_->mutex_);
    auto found = counts_->by_address_.find(address_);
    if (--found->second == 0) counts_->by_address_.erase(found);
}

// Everybody behind a proxy comes from its address, and from loopback comes the operator of this machine.
bool ConnectionCounts::is_counted_by_address(asio::ip::address const& address) const
{
    bool const is_mapped_loopback =
        address.is_v6() && address.to_v6().is_v4_mapped() && asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).is_loopback();
    return !address.is_loopback() && !is_mapped_loopback && proxies_.hops == 0 && !proxies_.networks.contains(address);
}

std::pair<ConnectionCounts::Verdict, std::optional<ConnectionCounts::Place>> ConnectionCounts::take(asio::ip::address const& address)
{
    std::string prefix;
    if (is_counted_by_address(address)) {
        prefix = peer_of(address).limit_prefix;
        std::lock_guard const lock(mutex_);
        auto& count = by_address_[prefix];
        if (count >= limits_.connections_per_address_max) return {Verdict::refused, std::nullopt};
        ++count;
    }
    std::size_t const open = ++open_;
    Place place(*this, std::move(prefix));
    if (open <= limits_.connections_max) return {Verdict::admitted, std::move(place)};
    if (open > limits_.connections_max + surplus_max) return {Verdict::refused, std::nullopt};
    return {Verdict::over, std::move(place)};
}

void ConnectionCounts::note_given_up()
{
    given_up_.add();
    log_full();
}

void ConnectionCounts::note_refused()
{
    refused_.add();
    log_full();
}

void ConnectionCounts::note_no_descriptor(std::string const& reason)
{
    refused_.add();
    if (descriptor_line_.is_due()) ops::log(ops::Level::warning, "accept_failed", {{"reason", reason}, {"open", std::int64_t(open_)}});
}

void ConnectionCounts::log_full()
{
    if (!full_line_.is_due()) return;
    ops::log(ops::Level::warning, "connections_full",
             {{"open", std::int64_t(open_)},
              {"connections_max", std::int64_t(limits_.connections_max)},
              {"connections_per_address_max", std::int64_t(limits_.connections_per_address_max)}});
}

} // namespace pollux::http
