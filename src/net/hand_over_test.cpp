#include "net/hand_over.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <thread>

namespace pollux::net {
namespace {

struct Seen {
    int answer = 0;
    std::thread::id resumed_on;
};

asio::awaitable<void> ask_another_thread(std::thread& other, Seen& seen)
{
    co_await hand_over([&other, &seen](Resumption resume) {
        other = std::thread([&seen, resume = std::move(resume)]() mutable {
            seen.answer = 42;
            resume();
        });
    });
    seen.resumed_on = std::this_thread::get_id();
}

asio::awaitable<void> resume_at_once(bool& is_inside, bool& was_inside)
{
    co_await hand_over([&is_inside](Resumption resume) {
        is_inside = true;
        resume();
        is_inside = false;
    });
    was_inside = is_inside;
}

template <class Work>
void run(asio::io_context& io, Work work)
{
    std::exception_ptr failure;
    asio::co_spawn(io, std::move(work), [&failure](std::exception_ptr thrown) { failure = thrown; });
    while (io.run_one() > 0) {
    }
    EXPECT_FALSE(failure);
}

TEST(HandOver, comes_back_to_the_callers_executor)
{
    Seen seen;
    asio::io_context io; // Outlives the thread, which may still be in it when the answer is there.
    std::thread other;
    run(io, ask_another_thread(other, seen));
    other.join();
    EXPECT_EQ(seen.answer, 42);
    EXPECT_EQ(seen.resumed_on, std::this_thread::get_id());
}

TEST(HandOver, never_resumes_inside_of_who_resumes)
{
    bool is_inside = false;
    bool was_inside = true;
    asio::io_context io;
    run(io, resume_at_once(is_inside, was_inside));
    EXPECT_FALSE(was_inside);
}

} // namespace
} // namespace pollux::net
