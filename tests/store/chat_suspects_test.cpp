// A reply that has lost three leases is to run alone: while hands are freed for it it may vanish in every way, and then work goes on.
#include "bus/memory_signals.hpp"
#include "bus/signal_job_wake_up.hpp"
#include "chat_worker_fixture.hpp"

namespace pollux::test {
namespace {

using namespace std::chrono_literals;
using chat::MessageStatus;

class ChatSuspects : public ChatWorker {
protected:
    ~ChatSuspects() override
    {
        for (auto& node : nodes) node->stop(0ms);
    }

    chat::ReplyWorker& start_node(std::size_t hands)
    {
        chat::ReplyTools tools{temp.database(), feed, {notices, room_lists}, models, temp.clock(), gauge, "", limiter};
        chat::ReplyWorker::Options options{.replies_max = hands,
                                           .at_start = chat::ReplyWorker::AtStart::wait_for_leases,
                                           .scan_every = 50ms,
                                           .renew_every = 20ms,
                                           .suspect_waits_max = 100ms};
        nodes.push_back(std::make_unique<chat::ReplyWorker>(std::move(tools), runtime, options));
        wake_ups.push_back(std::make_unique<bus::SignalJobWakeUp>(signals));
        nodes.back()->listen(signals, *wake_ups.back());
        nodes.back()->start();
        return *nodes.back();
    }

    void start_service()
    {
        auto of_no_node = parts();
        of_no_node.worker = nullptr;
        of_no_node.signals = &signals;
        of_no_node.wake_ups = wake_ups.front().get();
        service.emplace(of_no_node);
    }

    // A reply in each node that goes on until `gate` opens, and a suspect that waits until all nodes free their hands for it.
    chat::Message make_nodes_free_their_hands(UserId user, Gate& gate)
    {
        auto const before = gate.arrived();
        for (int count = 0; count < std::ssize(nodes); ++count) {
            first->next({&gate, text("long"), done()});
            auto const busy = add_user();
            long_ones.emplace_back(busy, say(busy, add_room(busy)).reply);
            eventually([&] { return gate.arrived() == before + count + 1; });
        }
        auto const suspect = send(user, add_room(user)).reply;
        rows("update jobs set lost = 3 where message_id = $1", suspect.id);
        eventually([&] { return std::ranges::none_of(nodes, [](auto const& node) { return node->free_hand().has_value(); }); });
        return suspect;
    }

    bus::MemorySignals signals;
    std::vector<std::unique_ptr<bus::SignalJobWakeUp>> wake_ups;
    std::vector<std::unique_ptr<chat::ReplyWorker>> nodes;
    std::vector<std::pair<UserId, chat::Message>> long_ones;
};

TEST_F(ChatSuspects, that_vanish_while_hands_are_freed_for_them_leave_no_node_idle)
{
    using Vanish = std::function<void(UserId, chat::Message const&)>;
    std::vector<Vanish> const ways{
        [this](UserId user, chat::Message const& reply) { on_runtime(service->stop(user, reply.chatroom, reply.id)).value(); },
        [this](UserId user, chat::Message const& reply) { on_runtime(service->delete_room(user, reply.chatroom)).value(); },
        [this](UserId user, chat::Message const&) {
            rows("delete from jobs where user_id = $1", user);
        }, // As the erasing of an account does.
        [this](UserId, chat::Message const& reply) {
            rows("update jobs set state = 'running', lease_owner = 'another', lease_until = now_us() + 1000000000 where message_id = $1",
                 reply.id);
        },
    };
    for (auto const hands : {1u, 2u}) {
        nodes.clear();
        wake_ups.clear();
        start_node(hands);
        start_node(hands);
        start_service();
        for (auto const& vanish : ways) {
            auto const user = add_user();
            Gate gate;
            auto const suspect = make_nodes_free_their_hands(user, gate);
            if (hands == 1) gate.open(); // Hands come free, and it vanishes, at once.
            vanish(user, suspect);
            for (int count = 0; count < 4; ++count) {
                auto const next = add_user();
                EXPECT_EQ(ended(say(next, add_room(next)).reply, next).content, "ok");
            }
            gate.open();
            for (auto const& [busy, reply] : std::exchange(long_ones, {})) EXPECT_EQ(ended(reply, busy).content, "long");
        }
        for (auto& node : nodes) node->stop(patience);
    }
}

} // namespace
} // namespace pollux::test
