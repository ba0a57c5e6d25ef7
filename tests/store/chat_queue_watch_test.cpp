#include "chat/queue/queue_watch.hpp"
#include "chat_fixture.hpp"

#include <gtest/gtest.h>

namespace pollux::test {
namespace {

using ChatQueueWatch = ChatStores;

double value_of(std::string const& name)
{
    auto const text = "\n" + ops::metrics_text();
    auto const at = text.find("\n" + name + " ");
    return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 2));
}

asio::awaitable<int> look(chat::QueueWatch* watch)
{
    co_await watch->look();
    co_return 0;
}

TEST_F(ChatQueueWatch, shows_how_many_wait_and_for_how_long)
{
    chat::QueueWatch watch(temp.database());
    temp.run(look(&watch));
    EXPECT_EQ(value_of("pollux_queue_replies"), 0);
    EXPECT_EQ(value_of("pollux_queue_oldest_seconds"), 0);

    auto const user = add_user();
    send(user, add_room(user));
    send(user, add_room(user));
    advance(std::chrono::seconds(7));
    temp.run(look(&watch));
    EXPECT_EQ(value_of("pollux_queue_replies"), 2);
    EXPECT_GE(value_of("pollux_queue_oldest_seconds"), 7);
    EXPECT_LT(value_of("pollux_queue_oldest_seconds"), 60);
}

} // namespace
} // namespace pollux::test
