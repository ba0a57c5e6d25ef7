#include "accounts/password_pool.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>
#include <sodium.h>

#include <algorithm>
#include <thread>

namespace pollux::accounts {
namespace {

template <class T>
T run(asio::io_context& io, asio::awaitable<T> work)
{
    std::optional<T> result;
    asio::co_spawn(io, std::move(work), [&](std::exception_ptr failure, T value) {
        if (failure) std::rethrow_exception(failure);
        result.emplace(std::move(value));
    });
    io.restart();
    io.run();
    return std::move(result.value());
}

class PasswordPoolTest : public testing::Test {
protected:
    PasswordPoolTest() { (void)sodium_init(); }
    asio::io_context io;
};

TEST_F(PasswordPoolTest, makes_argon2id_of_19_mib_and_2_passes)
{
    PasswordPool pool(1, 8);
    auto const hash = run(io, pool.hash("correct horse", PasswordTurn::first));
    ASSERT_TRUE(hash);
    EXPECT_TRUE(hash->starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << *hash;
    EXPECT_TRUE(run(io, pool.matches(*hash, "correct horse")).value());
    EXPECT_FALSE(run(io, pool.matches(*hash, "correct horsf")).value());
    EXPECT_NE(*hash, run(io, pool.hash("correct horse", PasswordTurn::first)).value());
}

TEST_F(PasswordPoolTest, cuts_nothing_off)
{
    PasswordPool pool(1, 8);
    std::string const longest(1024, 'x'); // 256 characters of 4 bytes.
    auto const hash = run(io, pool.hash(longest, PasswordTurn::last)).value();
    EXPECT_TRUE(run(io, pool.matches(hash, longest)).value());
    EXPECT_FALSE(run(io, pool.matches(hash, longest.substr(1))).value());
}

TEST_F(PasswordPoolTest, without_a_hash_nothing_matches)
{
    PasswordPool pool(1, 8);
    EXPECT_FALSE(run(io, pool.matches(std::nullopt, "")).value());
    EXPECT_FALSE(run(io, pool.matches(std::nullopt, "matches")).value());
}

asio::awaitable<void> count_one(PasswordPool& pool, int& hashed, int& refused, std::thread::id& thread)
{
    auto const hash = co_await pool.hash("some password", PasswordTurn::first);
    thread = std::this_thread::get_id();
    if (hash) {
        ++hashed;
    } else {
        ++refused;
        EXPECT_EQ(hash.error().kind(), ErrorKind::unavailable);
        EXPECT_EQ(hash.error().code(), "busy");
        EXPECT_TRUE(hash.error().retry_after().has_value());
    }
}

TEST_F(PasswordPoolTest, refuses_what_does_not_fit_and_resumes_on_the_callers_thread)
{
    PasswordPool pool(1, 4);
    int hashed = 0;
    int refused = 0;
    std::vector<std::thread::id> threads(20);
    for (auto& thread : threads) asio::co_spawn(io, count_one(pool, hashed, refused, thread), asio::detached);
    io.run();
    EXPECT_EQ(hashed + refused, 20);
    EXPECT_GE(hashed, 4);
    EXPECT_GE(refused, 1);
    for (auto thread : threads) EXPECT_EQ(thread, std::this_thread::get_id());
}

asio::awaitable<void> sign_up_one(PasswordPool& pool, std::vector<std::string>& order)
{
    auto const hash = co_await pool.hash("some password", PasswordTurn::last);
    order.push_back(hash ? "signed up" : hash.error().code());
}

asio::awaitable<void> log_in_one(PasswordPool& pool, std::vector<std::string>& order)
{
    auto const matches = co_await pool.matches(std::nullopt, "some password");
    order.push_back(matches ? "logged in" : matches.error().code());
}

TEST_F(PasswordPoolTest, sign_ups_take_half_of_the_queue_and_log_ins_go_first)
{
    PasswordPool pool(1, 8);
    std::vector<std::string> order;
    for (int index = 0; index < 40; ++index) asio::co_spawn(io, sign_up_one(pool, order), asio::detached);
    asio::co_spawn(io, log_in_one(pool, order), asio::detached);
    io.poll();
    auto const waiting = pool.waiting(PasswordTurn::last); // While the log-in waited, too, or was done: none of these may go before it.
    EXPECT_LE(waiting, 4u);
    io.run();
    auto const count = [&](std::string const& what) { return std::ranges::count(order, what); };
    EXPECT_EQ(count("logged in"), 1);
    EXPECT_GE(count("signed up"), 4);
    EXPECT_EQ(count("signed up") + count("busy"), 40);
    auto const after = std::ranges::count(std::ranges::find(order, "logged in"), order.end(), "signed up");
    EXPECT_GE(static_cast<std::size_t>(after), waiting);
}

TEST_F(PasswordPoolTest, drops_who_still_waits_at_the_end)
{
    int hashed = 0;
    int refused = 0;
    std::thread::id thread;
    {
        PasswordPool pool(1, 8);
        for (int index = 0; index < 8; ++index) asio::co_spawn(io, count_one(pool, hashed, refused, thread), asio::detached);
        io.poll(); // All are queued; nobody runs the context any more.
    }
    EXPECT_EQ(refused, 0);
}

} // namespace
} // namespace pollux::accounts
