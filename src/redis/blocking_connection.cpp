#include "redis/blocking_connection.hpp"

namespace pollux::redis {
namespace {

constexpr std::chrono::seconds open_max{1};

} // namespace

BlockingConnection::BlockingConnection(asio::any_io_executor const& executor, Server& server, Watch& watch)
    : server_(server), watch_(watch), timer_(executor)
{}

asio::awaitable<std::optional<Reply>> BlockingConnection::call(std::string command, std::chrono::milliseconds limit)
{
    if (is_closed_) co_return std::nullopt;
    // What was opened before Redis refused somebody may lead to a replica; whether it does is asked again.
    if (!link_ || !link_->is_open() || refusals_seen_ != watch_.refusals()) {
        if (link_) link_->close("Redis refuses to write");
        refusals_seen_ = watch_.refusals();
        link_ = std::make_shared<Link>(timer_.get_executor(), server_);
        bool const is_open = co_await link_->open(open_max);
        if (!is_open || is_closed_) co_return std::nullopt;
    }
    timer_.expires_after(limit);
    timer_.async_wait([weak = std::weak_ptr(link_)](boost::system::error_code cancelled) {
        auto const link = weak.lock();
        if (!cancelled && link) link->close("no answer in time");
    });
    link_->write(command);
    auto reply = co_await link_->read();
    timer_.cancel();
    if (reply && is_refusal(*reply)) {
        watch_.count_refusal();
        link_->close(reply->text);
    }
    co_return reply;
}

void BlockingConnection::close()
{
    is_closed_ = true;
    if (link_) link_->close("Pollux stops");
}

} // namespace pollux::redis
