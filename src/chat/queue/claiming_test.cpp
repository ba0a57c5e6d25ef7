#include "chat/queue/claiming.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace pollux::chat {
namespace {

using namespace std::chrono_literals;

constexpr auto tick = 50ms;
constexpr Steady::time_point start{std::chrono::hours(1)};

// What the database would hold.
struct Queue {
    int ready = 0;
    int suspects = 0; // Ready ones.
};

// A process around a Claiming: does its steps at once, and sleeps exactly as it is told to.
class Process {
public:
    Process(Queue& queue, int hands) : queue_(queue), hands_(hands), claiming_(hands, {.scan_every = 2s}) {}

    void at(Steady::time_point now)
    {
        if (!is_woken_ && now < until_) return;
        is_woken_ = false;
        for (int steps = 0;; ++steps) {
            ASSERT_LT(steps, 100) << "it never waits";
            auto const step = claiming_.next(now);
            if (auto const* wait = std::get_if<Claiming::Wait>(&step)) {
                ASSERT_GT(wait->until, now);
                until_ = wait->until;
                return;
            }
            do_step(step, now);
        }
    }

    void tell()
    {
        claiming_.told();
        is_woken_ = true;
    }
    void throw_next() { throws_ = true; }
    // So many hands come back; a suspect's too.
    void end_all()
    {
        if (is_suspect_here_) {
            claiming_.give_back_from_suspect();
        } else {
            claiming_.give_back(busy_);
        }
        busy_ = 0;
        is_suspect_here_ = false;
        if (claiming_.has_use_for_hands()) is_woken_ = true;
    }

    bool send(Steady::time_point now)
    {
        bool const is_taken = claiming_.try_take_for_send(now);
        busy_ += is_taken ? 1 : 0;
        return is_taken;
    }

    int busy() const { return busy_; }
    bool is_suspect_here() const { return is_suspect_here_; }
    bool has_free_hands() const { return !is_suspect_here_ && busy_ < hands_; }
    int started = 0;
    int suspects_started = 0;

private:
    void do_step(Claiming::Step const& step, Steady::time_point now)
    {
        if (auto const* claim = std::get_if<Claiming::Claim>(&step)) {
            ASSERT_FALSE(is_suspect_here_);
            if (has_thrown(now)) return claiming_.give_back(claim->count);
            auto const got = std::min<std::ptrdiff_t>(claim->count, queue_.ready);
            queue_.ready -= static_cast<int>(got);
            busy_ += static_cast<int>(got);
            started += static_cast<int>(got);
            claiming_.claimed(claim->count, got);
            claiming_.give_back(claim->count - got);
        } else if (std::holds_alternative<Claiming::ClaimSuspect>(step)) {
            ASSERT_EQ(busy_, 0) << "a suspect does not run alone";
            if (has_thrown(now)) return claiming_.give_back_from_suspect();
            bool const was_there = queue_.suspects > 0;
            claiming_.suspect_claimed(was_there, now);
            if (!was_there) return claiming_.give_back_from_suspect();
            --queue_.suspects;
            ++suspects_started;
            busy_ = 1;
            is_suspect_here_ = true;
        } else if (!has_thrown(now) && std::holds_alternative<Claiming::LookForSuspects>(step)) {
            claiming_.looked(queue_.suspects > 0, now);
        }
    }

    bool has_thrown(Steady::time_point now)
    {
        if (throws_) claiming_.failed(now);
        return std::exchange(throws_, false);
    }

    Queue& queue_;
    int const hands_;
    Claiming claiming_;
    Steady::time_point until_{};
    bool is_woken_ = true;
    bool throws_ = false;
    int busy_ = 0;
    bool is_suspect_here_ = false;
};

class Cluster {
public:
    Cluster(int processes, int hands)
    {
        for (int count = 0; count < processes; ++count) all.emplace_back(queue, hands);
    }

    void pass(Steady::duration time)
    {
        for (auto const end = now + time; now < end; now += tick) {
            for (auto& process : all) process.at(now);
        }
    }

    void add_ready(int jobs)
    {
        queue.ready += jobs;
        for (auto& process : all) process.tell();
    }

    int started() const
    {
        int sum = 0;
        for (auto const& process : all) sum += process.started;
        return sum;
    }
    int suspects_started() const
    {
        int sum = 0;
        for (auto const& process : all) sum += process.suspects_started;
        return sum;
    }
    bool has_free_hands() const { return std::ranges::any_of(all, &Process::has_free_hands); }

    Queue queue;
    std::vector<Process> all;
    Steady::time_point now = start;
};

enum class Fact { stopped, room_deleted, erased, claimed_elsewhere, thrown, hands_free };

constexpr std::array facts{Fact::stopped, Fact::room_deleted, Fact::erased, Fact::claimed_elsewhere, Fact::thrown, Fact::hands_free};

std::string names(std::vector<Fact> const& order)
{
    static constexpr std::array words{"stopped", "room deleted", "erased", "claimed elsewhere", "thrown", "hands free"};
    std::string text;
    for (auto fact : order) text += std::string(words[static_cast<std::size_t>(fact)]) + ", ";
    return text;
}

void happen(Fact fact, Cluster& cluster)
{
    switch (fact) {
    case Fact::stopped:
    case Fact::room_deleted:
    case Fact::erased:
    case Fact::claimed_elsewhere: cluster.queue.suspects = std::max(0, cluster.queue.suspects - 1); break;
    case Fact::thrown:
        for (auto& process : cluster.all) process.throw_next();
        break;
    case Fact::hands_free:
        for (auto& process : cluster.all) process.end_all();
        break;
    }
}

struct Shape {
    int processes;
    int hands;
    int suspects; // One of them goes with each fact that takes one.
};

// `busy` hands of each process write something when the suspects appear; half a minute later, or at once, things happen in `order`, and
// whatever has happened: where no suspect waits or runs and a hand is free, the next ready job starts within a second.
void run(Shape const& shape, std::vector<Fact> const& order, Steady::duration before, Steady::duration between)
{
    SCOPED_TRACE(names(order) + std::to_string(shape.processes) + " processes of " + std::to_string(shape.hands) + " hands, " +
                 std::to_string(shape.suspects) + " suspects");
    Cluster cluster(shape.processes, shape.hands);
    cluster.pass(100ms);
    int const busy = std::max(1, shape.hands - 1);
    for (auto& process : cluster.all) {
        for (int count = 0; count < busy; ++count) ASSERT_TRUE(process.send(cluster.now));
    }
    cluster.queue.suspects = shape.suspects;
    cluster.pass(before);
    for (auto fact : order) {
        happen(fact, cluster);
        cluster.pass(between);
    }
    cluster.queue.suspects = 0;
    bool const had_free_hands = cluster.has_free_hands();
    auto const before_it = cluster.started();
    cluster.add_ready(1);
    cluster.pass(1s);
    if (had_free_hands) ASSERT_EQ(cluster.started(), before_it + 1);
    for (auto& process : cluster.all) process.end_all();
    cluster.pass(1s);
    ASSERT_EQ(cluster.started(), before_it + 1);
    cluster.add_ready(shape.hands * shape.processes - 1);
    cluster.pass(1s);
    ASSERT_EQ(cluster.queue.ready, 0) << "all hands work again";
}

TEST(Claiming, goes_on_within_a_second_whatever_becomes_of_the_suspects_in_every_order)
{
    std::array const shapes{Shape{1, 1, 1}, Shape{1, 3, 1}, Shape{1, 3, 4}, Shape{3, 1, 1}, Shape{3, 2, 4}};
    for (auto const& shape : shapes) {
        for (auto const before : {Steady::duration(0ms), Steady::duration(3s), Steady::duration(33s)}) {
            std::vector<Fact> order(facts.begin(), facts.end());
            do {
                run(shape, order, before, 50ms);
                if (::testing::Test::HasFatalFailure()) return;
            } while (std::ranges::next_permutation(order).found);
        }
    }
}

TEST(Claiming, goes_on_after_every_beginning_of_every_order)
{
    for (auto const& shape : {Shape{1, 1, 1}, Shape{1, 2, 2}, Shape{2, 2, 1}}) {
        std::vector<Fact> order(facts.begin(), facts.end());
        do {
            for (std::size_t count = 0; count <= order.size(); ++count) {
                run(shape, {order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count)}, 31s, 300ms);
                if (::testing::Test::HasFatalFailure()) return;
            }
        } while (std::ranges::next_permutation(order).found);
    }
}

TEST(Claiming, frees_the_hands_for_a_suspect_after_half_a_minute_and_runs_it_alone)
{
    Cluster cluster(1, 2);
    auto& process = cluster.all.front();
    cluster.pass(100ms);
    ASSERT_TRUE(process.send(cluster.now));
    cluster.queue.suspects = 1;
    cluster.add_ready(1);
    cluster.pass(1s);
    EXPECT_EQ(process.started, 1) << "others go on meanwhile";
    cluster.pass(32s);
    EXPECT_FALSE(process.send(cluster.now));
    process.end_all();
    cluster.add_ready(2);
    cluster.pass(100ms);
    EXPECT_TRUE(process.is_suspect_here());
    EXPECT_FALSE(process.send(cluster.now));
    cluster.pass(10s);
    EXPECT_EQ(cluster.queue.ready, 2);
    process.end_all();
    cluster.pass(100ms);
    EXPECT_EQ(cluster.queue.ready, 0);
}

TEST(Claiming, takes_others_before_the_next_suspect_but_no_longer_than_half_a_minute)
{
    Cluster cluster(1, 1);
    auto& process = cluster.all.front();
    cluster.queue.suspects = 2;
    cluster.pass(100ms);
    EXPECT_TRUE(process.is_suspect_here());
    cluster.add_ready(100);
    for (int ended = 0; ended < 40 && process.suspects_started < 2; ++ended) {
        process.end_all();
        cluster.pass(1s);
    }
    EXPECT_EQ(process.suspects_started, 2);
    EXPECT_GE(process.started, 29);
    EXPECT_LE(process.started, 33);
}

TEST(Claiming, leaves_a_hand_to_a_send_only_while_nobody_waits)
{
    Cluster cluster(1, 2);
    auto& process = cluster.all.front();
    EXPECT_FALSE(process.send(cluster.now)) << "nobody has looked yet";
    cluster.pass(100ms);
    EXPECT_TRUE(process.send(cluster.now));
    process.tell();
    EXPECT_FALSE(process.send(cluster.now));
    cluster.pass(100ms);
    EXPECT_TRUE(process.send(cluster.now));
    EXPECT_FALSE(process.send(cluster.now));
}

TEST(Claiming, looks_for_suspects_and_claims_though_taking_back_leases_always_fails)
{
    Claiming claiming(1, {.scan_every = 2s});
    auto now = start;
    int looks = 0;
    int claims = 0;
    for (int step = 0; step < 2'000; ++step, now += tick) {
        auto const next = claiming.next(now);
        if (std::holds_alternative<Claiming::TakeBackLeases>(next)) claiming.failed(now);
        if (std::holds_alternative<Claiming::LookForSuspects>(next)) {
            ++looks;
            claiming.looked(false, now);
        }
        if (auto const* claim = std::get_if<Claiming::Claim>(&next)) {
            ++claims;
            claiming.claimed(claim->count, 0);
            claiming.give_back(claim->count);
        }
    }
    EXPECT_GE(looks, 20); // Of 50 seconds.
    EXPECT_GE(claims, 20);
}

TEST(Claiming, waits_until_what_was_put_back_is_due)
{
    Claiming claiming(1, {.scan_every = 2s});
    auto now = start;
    auto next = claiming.next(now);
    while (!std::holds_alternative<Claiming::Wait>(next)) {
        if (std::holds_alternative<Claiming::Claim>(next)) claiming.give_back(1);
        if (std::holds_alternative<Claiming::LookForSuspects>(next)) claiming.looked(false, now);
        next = claiming.next(now);
    }
    EXPECT_EQ(std::get<Claiming::Wait>(next).until, now + 2s);
    claiming.is_due(now + 300ms);
    next = claiming.next(now);
    EXPECT_EQ(std::get<Claiming::Wait>(next).until, now + 300ms);
    EXPECT_TRUE(std::holds_alternative<Claiming::PromoteDue>(claiming.next(now + 300ms)));
    EXPECT_TRUE(std::holds_alternative<Claiming::Claim>(claiming.next(now + 300ms)));
}

} // namespace
} // namespace pollux::chat
