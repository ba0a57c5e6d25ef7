// A process that takes requests and one that writes replies, told of each other by signals alone: the worker's own looks at the database
// are an hour apart.
#include "bus/memory_signals.hpp"
#include "bus/signal_job_wake_up.hpp"
#include "chat/replies/stop_signals.hpp"
#include "chat_worker_fixture.hpp"

namespace pollux::test {
namespace {

using namespace std::chrono_literals;
using chat::MessageStatus;

class ChatRemoteWorker : public ChatWorker {
protected:
    ChatRemoteWorker()
    {
        chat::ReplyTools tools{temp.database(), feed, {notices, room_lists}, models, temp.clock(), gauge, "Be kind.", limiter};
        chat::ReplyWorker::Options options{.replies_max = 1, .scan_every = 1h, .renew_every = 1h};
        worker = std::make_unique<chat::ReplyWorker>(std::move(tools), runtime, options);
        worker->listen(signals, wake_ups);
        worker->start();
        auto without_worker = parts();
        without_worker.worker = nullptr;
        without_worker.signals = &signals;
        without_worker.wake_ups = &wake_ups;
        service.emplace(without_worker);
    }
    ~ChatRemoteWorker() override { worker->stop(0ms); }

    bus::MemorySignals signals;
    bus::SignalJobWakeUp wake_ups{signals};
};

TEST_F(ChatRemoteWorker, is_woken_by_a_send_elsewhere)
{
    auto const user = add_user();
    auto const room = add_room(user);
    for (int round = 0; round < 5; ++round) EXPECT_EQ(ended(say(user, room).reply, user).content, "ok");
}

TEST_F(ChatRemoteWorker, stops_a_reply_when_told_elsewhere)
{
    auto const user = add_user();
    auto const room = add_room(user);
    Gate never;
    first->next({text("so far"), &never});
    auto const sent = say(user, room);
    eventually([&] { return never.arrived() == 1; });
    auto const stopped = on_runtime(service->stop(user, room, sent.reply.id)).value();
    EXPECT_EQ(stopped.status, MessageStatus::stopped);
    EXPECT_EQ(stopped.content, "so far");
}

TEST_F(ChatRemoteWorker, drops_the_replies_of_a_room_that_is_deleted_elsewhere)
{
    auto const user = add_user();
    auto const room = add_room(user);
    Gate never;
    first->next({text("x"), &never});
    say(user, room);
    eventually([&] { return never.arrived() == 1; });
    on_runtime(service->delete_room(user, room)).value();
    eventually([&] { return first->open_calls() == 0 && worker->running() == 0; });
}

TEST_F(ChatRemoteWorker, drops_the_replies_of_an_erased_user)
{
    auto const user = add_user();
    auto const other = add_user();
    Gate never;
    first->next({text("x"), &never});
    say(user, add_room(user));
    eventually([&] { return never.arrived() == 1; });
    chat::signal_drop_user(signals, other);
    EXPECT_EQ(worker->running(), 1u);
    signals.publish("replies:end", "?1"); // Of a newer version, and nonsense.
    signals.publish("replies:end", "s");
    signals.publish("replies:end", "");
    chat::signal_drop_user(signals, user);
    eventually([&] { return first->open_calls() == 0 && worker->running() == 0; });
}

} // namespace
} // namespace pollux::test
