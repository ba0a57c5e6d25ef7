#include "bus/signal_notices.hpp"

#include "base/secrets.hpp"
#include "bus/subscribers.hpp"
#include "support/test_loop.hpp"

#include <gtest/gtest.h>

namespace pollux::bus {
namespace {

using namespace std::chrono_literals;

constexpr auto at_once = Steady::time_point::min();
constexpr UserId user{3};

// Signals that can be lost, and that say so.
class FrailSignals final : public Signals {
public:
    void publish(std::string_view channel, std::string_view payload) override
    {
        ASSERT_LE(payload.size(), signal_bytes_max);
        if (!is_down) subscribers_->deliver(channel, payload);
    }
    std::unique_ptr<Subscription> subscribe(std::string channel, Handler handler) override
    {
        return subscribers_->add(std::move(channel), std::move(handler));
    }
    void come_back()
    {
        is_down = false;
        subscribers_->deliver_to_all(std::nullopt);
    }

    bool is_down = false;

private:
    std::shared_ptr<Subscribers> subscribers_ = std::make_shared<Subscribers>();
};

class SignalNoticesTest : public testing::Test {
protected:
    static void SetUpTestSuite() { prepare_secrets(); }

    NoticeBatch read(SignalNotices& node, std::string after, UserId reader = user)
    {
        return loop.run(node.read(reader, std::move(after), at_once));
    }
    static asio::awaitable<void> read_into(SignalNotices& node, std::string after, NoticeBatch& out)
    {
        out = co_await node.read(user, std::move(after), Steady::now() + 60s);
    }
    static asio::awaitable<void> come_back(FrailSignals& signals)
    {
        signals.come_back();
        co_return;
    }

    test::TestLoop loop;
    FrailSignals signals;
    SignalNotices a{signals};
    SignalNotices b{signals};
};

TEST_F(SignalNoticesTest, reach_every_node_and_only_their_user)
{
    auto const at_a = read(a, "").last_id;
    auto const at_b = read(b, "").last_id;
    auto const other = read(b, "", UserId{4}).last_id;
    a.publish(user, "room", "{\"id\":1}");
    b.publish(user, "usage", "{}");
    for (auto const& batch : {read(a, at_a), read(b, at_b)}) {
        ASSERT_EQ(batch.notices.size(), 2u);
        EXPECT_EQ(batch.notices[0].name, "room");
        EXPECT_EQ(batch.notices[0].json, "{\"id\":1}");
        EXPECT_EQ(batch.notices[1].name, "usage");
    }
    EXPECT_TRUE(read(b, other, UserId{4}).notices.empty());
    EXPECT_TRUE(read(b, at_a).is_reset) << "an id of another node";
}

TEST_F(SignalNoticesTest, after_an_outage_everybody_is_told_to_fetch_anew)
{
    auto const before = read(b, "").last_id;
    signals.is_down = true;
    a.publish(user, "room", "{}");
    EXPECT_TRUE(read(b, before).notices.empty());
    NoticeBatch waiting;
    std::vector<asio::awaitable<void>> both;
    both.push_back(read_into(b, before, waiting));
    both.push_back(come_back(signals));
    loop.run_all(std::move(both));
    EXPECT_TRUE(waiting.is_reset);
    EXPECT_TRUE(read(b, before).is_reset);
    EXPECT_FALSE(read(b, waiting.last_id).is_reset);
    a.publish(user, "usage", "{}");
    EXPECT_EQ(read(b, waiting.last_id).notices.size(), 1u);
}

TEST_F(SignalNoticesTest, a_too_long_one_is_a_reset)
{
    auto const before = read(b, "").last_id;
    a.publish(user, "room", std::string(signal_bytes_max, 'x'));
    auto const batch = read(b, before);
    EXPECT_TRUE(batch.is_reset);
    EXPECT_FALSE(read(b, batch.last_id).is_reset);
}

} // namespace
} // namespace pollux::bus
