#include "billing/payments/installation.hpp"

#include "base/secrets.hpp"

namespace pollux::billing {
namespace {

constexpr std::size_t id_bytes = 16;

} // namespace

asio::awaitable<std::string> Installation::id()
{
    {
        std::scoped_lock const lock(mutex_);
        if (!known_.empty()) co_return known_;
    }
    auto id = co_await store_.installation();
    if (id.empty()) {
        co_await store_.make_installation(to_hex(random_bytes(id_bytes)));
        id = co_await store_.installation(); // Somebody else may have been first.
    }
    std::scoped_lock const lock(mutex_);
    known_ = id;
    co_return id;
}

} // namespace pollux::billing
