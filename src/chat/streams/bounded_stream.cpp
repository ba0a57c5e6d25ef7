#include "chat/streams/bounded_stream.hpp"

#include <algorithm>

namespace pollux::chat {
namespace {

// Also while the stream has nothing to say.
constexpr std::chrono::seconds look_every{2};

namespace asio = boost::asio;

class BoundedStream final : public http::EventStream {
public:
    BoundedStream(std::unique_ptr<http::EventStream> stream, std::function<bool()> has_ended)
        : stream_(std::move(stream)), has_ended_(std::move(has_ended))
    {}

    asio::awaitable<std::optional<std::string>> next(Steady::time_point until) override
    {
        while (!has_ended_()) {
            auto const slice = std::min(until, Steady::now() + look_every);
            auto bytes = co_await stream_->next(slice);
            bool const is_only_the_slice = bytes && bytes->empty() && Steady::now() < until;
            if (!is_only_the_slice) co_return bytes;
        }
        co_return std::nullopt;
    }

private:
    std::unique_ptr<http::EventStream> stream_;
    std::function<bool()> has_ended_;
};

} // namespace

std::unique_ptr<http::EventStream> ended_when(std::unique_ptr<http::EventStream> stream, std::function<bool()> has_ended)
{
    if (!stream || !has_ended) return stream;
    return std::make_unique<BoundedStream>(std::move(stream), std::move(has_ended));
}

} // namespace pollux::chat
