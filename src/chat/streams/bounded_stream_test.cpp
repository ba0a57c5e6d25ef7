#include "chat/streams/bounded_stream.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

namespace pollux::chat {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// Says what it was told to, and "nothing yet" by an empty text.
class Scripted final : public http::EventStream {
public:
    explicit Scripted(std::vector<std::string> pieces) : pieces_(std::move(pieces)) {}
    asio::awaitable<std::optional<std::string>> next(Steady::time_point) override
    {
        if (said_ == pieces_.size()) co_return std::nullopt;
        co_return pieces_[said_++];
    }

private:
    std::vector<std::string> pieces_;
    std::size_t said_ = 0;
};

class BoundedStreamTest : public testing::Test {
protected:
    std::unique_ptr<http::EventStream> bound(std::vector<std::string> pieces)
    {
        return ended_when(std::make_unique<Scripted>(std::move(pieces)), [this] { return has_ended; });
    }
    std::optional<std::string> next(http::EventStream& stream, Steady::time_point until)
    {
        asio::io_context context;
        auto result = asio::co_spawn(context, stream.next(until), asio::use_future);
        context.run();
        return result.get();
    }

    bool has_ended = false;
};

TEST_F(BoundedStreamTest, says_what_the_stream_says_to_its_end)
{
    auto const stream = bound({"one", "two"});
    EXPECT_EQ(next(*stream, Steady::now() + 1h), "one");
    EXPECT_EQ(next(*stream, Steady::now() + 1h), "two");
    EXPECT_EQ(next(*stream, Steady::now() + 1h), std::nullopt);
}

TEST_F(BoundedStreamTest, ends_with_the_session)
{
    auto const stream = bound({"one", "two"});
    EXPECT_EQ(next(*stream, Steady::now() + 1h), "one");
    has_ended = true;
    EXPECT_EQ(next(*stream, Steady::now() + 1h), std::nullopt);
}

TEST_F(BoundedStreamTest, looks_while_the_stream_has_nothing_to_say_and_passes_its_silence_on_when_it_is_time)
{
    auto const stream = bound({"", "", "three"});
    EXPECT_EQ(next(*stream, Steady::now() + 1h), "three");
    auto const silent = bound({""});
    EXPECT_EQ(next(*silent, Steady::now() - 1s), "");
}

} // namespace
} // namespace pollux::chat
