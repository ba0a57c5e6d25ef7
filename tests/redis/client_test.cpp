#include "redis/client.hpp"

#include "support/redis_server.hpp"
#include "support/running_runtime.hpp"

#include <gtest/gtest.h>

namespace pollux::redis {
namespace {

using namespace std::chrono_literals;
using test::comes_true;

// More than the product has, since this machine may be busy.
constexpr std::chrono::milliseconds call_max = 2s;

Limits of_a_busy_machine()
{
    Limits limits;
    limits.call = call_max;
    return limits;
}

// A client of a private server, up on both threads.
class RedisClient : public testing::Test {
protected:
    explicit RedisClient(Limits limits = without_pulse()) : client(loop.runtime, server.url(), limits) {}
    ~RedisClient() override
    {
        client.stop();
        loop.runtime.stop();
    }

    void SetUp() override
    {
        client.start();
        ASSERT_TRUE(is_back());
    }

    std::optional<Reply> call(std::initializer_list<Word> words, std::size_t thread = 0)
    {
        return loop.run(client.call(command(words)), thread);
    }
    bool is_up(std::size_t thread) { return loop.run(ask_up(&client), thread); }
    bool is_back()
    {
        return comes_true([&] { return is_up(0) && is_up(1); });
    }

    static asio::awaitable<bool> ask_up(Client* client) { co_return client->is_up(); }

    test::RedisServer server;
    // Only what a test asks is asked.
    static Limits without_pulse()
    {
        auto limits = of_a_busy_machine();
        limits.pulse = std::chrono::hours(1);
        return limits;
    }

    test::RunningRuntime loop;
    Client client;
};

// Megabytes take as long as a busy machine needs for them.
class RedisLargeTexts : public RedisClient {
protected:
    RedisLargeTexts() : RedisClient(patient()) {}

    static Limits patient()
    {
        auto limits = without_pulse();
        limits.call = test::patience;
        return limits;
    }
};

TEST_F(RedisClient, answers_each_command)
{
    EXPECT_EQ(call({"SET", "k", std::string_view("a\r\n\0b", 5)})->text, "OK");
    EXPECT_EQ(call({"GET", "k"}, 1)->text, std::string_view("a\r\n\0b", 5));
    EXPECT_EQ(call({"APPEND", "k", "c"})->integer, 6);
    EXPECT_EQ(call({"GET", "missing"})->kind, Reply::Kind::nil);
    EXPECT_TRUE(call({"NONSENSE"})->is_error()); // And the connection goes on.
    auto const answers = loop.run(client.call_all(command({"INCR", "n"}) + command({"INCR", "n"}) + command({"STRLEN", "k"}), 3));
    ASSERT_TRUE(answers);
    ASSERT_EQ(answers->size(), 3u);
    EXPECT_EQ((*answers)[1].integer, 2);
    EXPECT_EQ((*answers)[2].integer, 6);
}

asio::awaitable<int> count_up(Client* client, std::string key, int times)
{
    int right = 0;
    for (int expected = 1; expected <= times; ++expected) {
        auto const reply = co_await client->call(command({"INCR", key}));
        if (reply && reply->integer == expected) ++right;
    }
    co_return right;
}

TEST_F(RedisClient, many_ask_at_once_and_each_gets_its_own_answers)
{
    std::vector<std::future<int>> counts;
    for (int caller = 0; caller < 64; ++caller) {
        counts.push_back(loop.start(count_up(&client, "n" + std::to_string(caller), 50), static_cast<std::size_t>(caller % 2)));
    }
    for (auto& count : counts) EXPECT_EQ(count.get(), 50);
}

TEST_F(RedisLargeTexts, come_whole)
{
    std::string const text(3'000'000, 'x');
    EXPECT_EQ(call({"SET", "large", text})->text, "OK");
    EXPECT_EQ(call({"GET", "large"})->text, text);
}

TEST_F(RedisClient, sends_without_waiting)
{
    client.send(command({"SET", "a", "1"}) + command({"INCR", "a"}), 2); // From a thread that is not the runtime's.
    EXPECT_TRUE(comes_true([&] { return call({"GET", "a"})->text == "2"; }));
}

TEST_F(RedisClient, who_sends_can_be_told_that_it_may_be_lost)
{
    std::atomic<int> lost = 0;
    auto const send = [&] { client.send(command({"SET", "a", "1"}), 1, [&lost] { ++lost; }); };
    send();
    EXPECT_TRUE(comes_true([&] { return call({"GET", "a"})->text == "1"; }));
    EXPECT_EQ(lost, 0);
    server.halt();
    send();
    EXPECT_TRUE(comes_true([&] { return lost == 1; })); // Not answered in time.
    server.kill();
    ASSERT_TRUE(comes_true([&] { return !is_up(0); }));
    send();
    EXPECT_TRUE(comes_true([&] { return lost == 2; }));
}

TEST_F(RedisLargeTexts, that_are_too_large_end_the_connection_and_not_the_client)
{
    std::string const text(5'000'000, 'x');
    call({"SET", "a", text});
    call({"SET", "b", text});
    EXPECT_FALSE(call({"MGET", "a", "b"}));
    EXPECT_TRUE(is_back());
}

TEST_F(RedisClient, with_redis_killed_nobody_waits_and_it_comes_back)
{
    server.kill();
    ASSERT_TRUE(comes_true([&] { return !call({"GET", "k"}) && !is_up(0); }));
    for (int round = 0; round < 1'000; ++round) EXPECT_FALSE(call({"GET", "k"}));
    client.send(command({"SET", "a", "1"}));
    server.start();
    ASSERT_TRUE(is_back());
    EXPECT_EQ(call({"GET", "a"})->kind, Reply::Kind::nil);
}

// Returns with nothing, and how long it took.
asio::awaitable<std::chrono::milliseconds> ask_in_vain(Client* client)
{
    auto const begun = Steady::now();
    auto const reply = co_await client->call(command({"GET", "k"}));
    if (reply) throw std::logic_error("Redis answered");
    co_return std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - begun);
}

TEST_F(RedisClient, with_redis_halted_a_call_ends_by_its_limit_and_the_next_at_once)
{
    server.halt();
    EXPECT_GE(loop.run(ask_in_vain(&client)), call_max);
    EXPECT_FALSE(is_up(0));
    EXPECT_TRUE(is_up(1)); // Has not noticed yet.
    // While its connections hang in their opening, nobody is let in to wait for them.
    for (int round = 0; round < 1'000; ++round) ASSERT_LT(loop.run(ask_in_vain(&client)), call_max);
    server.resume();
    ASSERT_TRUE(is_back());
    EXPECT_EQ(call({"SET", "k", "1"})->text, "OK");
}

TEST_F(RedisClient, who_has_little_patience_is_freed_when_redis_hesitates)
{
    Limits limits;
    limits.call = 20s;
    limits.little_patience = 1s;
    Client hesitant(loop.runtime, server.url(), limits);
    hesitant.start();
    ASSERT_TRUE(comes_true([&] { return loop.run(ask_up(&hesitant)); }));
    auto const hurried = [&] { return loop.run(hesitant.call(command({"INCR", "hurried"}), Patience::little)); };
    EXPECT_EQ(hurried()->integer, 1);

    server.halt();
    auto patient = loop.start(hesitant.call(command({"INCR", "patient"})));
    EXPECT_FALSE(hurried());                                           // Was told to Redis, and is done by and by.
    for (int round = 0; round < 100; ++round) EXPECT_FALSE(hurried()); // Are not.
    hesitant.send(command({"INCR", "sent"}));
    server.resume();

    EXPECT_EQ(patient.get()->integer, 1);
    EXPECT_EQ(loop.run(hesitant.call(command({"GET", "hurried"})))->text, "2");
    EXPECT_EQ(loop.run(hesitant.call(command({"GET", "sent"})))->text, "1");
    EXPECT_TRUE(comes_true([&] { return hurried().has_value(); }));
    EXPECT_EQ(hesitant.losses(), 0u);
    hesitant.stop();
}

asio::awaitable<int> ask_many(Client* client, int count)
{
    int answered = 0;
    for (int round = 0; round < count; ++round) {
        auto const reply = co_await client->call(command({"INCR", "n"}));
        if (reply) ++answered;
    }
    co_return answered;
}

TEST_F(RedisClient, all_who_wait_are_freed_together)
{
    ASSERT_TRUE(server.ask({"CLIENT", "PAUSE", 60'000, "ALL"}));
    auto const begun = Steady::now();
    std::vector<std::future<int>> asking;
    for (int caller = 0; caller < 200; ++caller) asking.push_back(loop.start(ask_many(&client, 20)));
    for (auto& answered : asking) EXPECT_EQ(answered.get(), 0);
    EXPECT_LT(Steady::now() - begun, 20 * call_max); // One after the other, they would have waited for 200 x 20 times that.
    server.kill();
    server.start();
    EXPECT_TRUE(is_back());
}

TEST(RedisClientLogin, takes_password_user_and_database)
{
    test::RedisServer const server({"--requirepass", "p@ss"}, "p@ss");
    ASSERT_EQ(server.ask({"ACL", "SETUSER", "worker", "on", ">w0rd", "~*", "&*", "+@all"})->text, "OK");
    test::RunningRuntime loop;
    auto url = server.url();
    url.database = 5;
    Client own(loop.runtime, url, of_a_busy_machine());
    url.user = "worker";
    url.password = "w0rd";
    Client worker(loop.runtime, url, of_a_busy_machine());
    url.password = "wrong";
    Client stranger(loop.runtime, url, of_a_busy_machine());
    for (auto* client : {&own, &worker, &stranger}) client->start();

    auto const ask = [&](Client& client, std::initializer_list<Word> words) { return loop.run(client.call(command(words))); };
    ASSERT_TRUE(comes_true([&] { return ask(own, {"SET", "k", "5"}).has_value(); }));
    ASSERT_TRUE(comes_true([&] { return ask(worker, {"GET", "k"}).has_value(); }));
    EXPECT_EQ(ask(worker, {"GET", "k"})->text, "5");
    EXPECT_EQ(server.ask({"GET", "k"})->kind, Reply::Kind::nil); // It is in database 5.
    EXPECT_FALSE(ask(stranger, {"GET", "k"}));

    for (auto* client : {&own, &worker, &stranger}) client->stop();
    loop.runtime.stop();
}

TEST(RedisClientTls, verifies_the_servers_certificate)
{
    test::TempFolder const folder;
    auto const key = (folder / "key.pem").string();
    auto const certificate = (folder / "cert.pem").string();
    std::string const make = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
                             " -keyout " +
                             key + " -out " + certificate + " 2>/dev/null";
    ASSERT_EQ(std::system(make.c_str()), 0);
    auto const tls_port = test::free_port();
    test::RedisServer const server(
        {"--tls-port", std::to_string(tls_port), "--tls-cert-file", certificate, "--tls-key-file", key, "--tls-auth-clients", "no"});
    test::RunningRuntime loop;
    Url url{.transport = Transport::tls, .host = "localhost", .port = tls_port};
    ASSERT_EQ(::setenv("SSL_CERT_FILE", certificate.c_str(), 1), 0);
    auto limits = of_a_busy_machine();
    limits.call = test::patience;
    Client trusting(loop.runtime, url, limits);
    url.host = "127.0.0.1"; // Not what the certificate says.
    Client doubting(loop.runtime, url, limits);
    trusting.start();
    doubting.start();

    EXPECT_TRUE(comes_true([&] { return loop.run(trusting.call(command({"PING"}))).has_value(); }));
    EXPECT_TRUE(loop.run(trusting.call(command({"SET", "large", std::string(2'000'000, 'x')}))));
    EXPECT_EQ(loop.run(trusting.call(command({"GET", "large"})))->text.size(), 2'000'000u);
    EXPECT_FALSE(loop.run(doubting.call(command({"PING"}))));
    ::unsetenv("SSL_CERT_FILE");
    trusting.stop();
    doubting.stop();
    loop.runtime.stop();
}

} // namespace
} // namespace pollux::redis
