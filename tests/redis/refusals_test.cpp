// A Redis that answers and refuses is no better than one that is gone: it is seen without anybody asking for anything, its own word is
// told, and it is used again when it serves again, also when another server has taken its place.
#include "redis/client.hpp"

#include "redis_fixture.hpp"

namespace pollux::bus {
namespace {

using test::comes_true;

struct Refusal {
    char const* name;
    char const* word; // The beginning of what Redis says.
    void (*begin)(test::RedisServer&);
    void (*end)(test::RedisServer&);
};

void PrintTo(Refusal const& refusal, std::ostream* out)
{
    *out << refusal.name;
}

Refusal const refusals[] = {
    {"ReadOnly", "READONLY", [](test::RedisServer& server) { server.ask({"REPLICAOF", "127.0.0.1", "1"}); },
     [](test::RedisServer& server) { server.ask({"REPLICAOF", "NO", "ONE"}); }},
    {"Full", "OOM", [](test::RedisServer& server) { server.ask({"CONFIG", "SET", "maxmemory", "1"}); },
     [](test::RedisServer& server) { server.ask({"CONFIG", "SET", "maxmemory", "0"}); }},
    {"WithoutItsReplicas", "NOREPLICAS", [](test::RedisServer& server) { server.ask({"CONFIG", "SET", "min-replicas-to-write", "1"}); },
     [](test::RedisServer& server) { server.ask({"CONFIG", "SET", "min-replicas-to-write", "0"}); }},
    {"CutOffFromItsMaster", "MASTERDOWN",
     [](test::RedisServer& server) {
         server.ask({"CONFIG", "SET", "replica-serve-stale-data", "no"});
         server.ask({"REPLICAOF", "127.0.0.1", "1"});
     },
     [](test::RedisServer& server) {
         server.ask({"REPLICAOF", "NO", "ONE"});
         server.ask({"CONFIG", "SET", "replica-serve-stale-data", "yes"});
     }},
    {"MayNotWrite", "NOPERM", [](test::RedisServer& server) { server.ask({"ACL", "SETUSER", "default", "-eval"}); },
     [](test::RedisServer& server) { server.ask({"ACL", "SETUSER", "default", "+eval"}); }},
};

class RedisRefusals : public test::TwoNodes<test::NoParts>, public testing::WithParamInterface<Refusal> {
protected:
    bool are_served()
    {
        return comes_true([this] { return a.client.watch().is_up() && b.client.watch().is_up() && are_up(); });
    }
};

TEST_P(RedisRefusals, are_seen_told_and_survived)
{
    auto const& [name, word, begin, end] = GetParam();
    ASSERT_TRUE(are_served());
    auto const losses = a.client.losses();
    begin(server);
    EXPECT_TRUE(comes_true([&] { return !a.client.watch().is_up() && a.client.watch().reason().find(word) != std::string::npos; }))
        << a.client.watch().reason();
    EXPECT_TRUE(comes_true([&] { return !a.signals.is_up(); })) << "what a replica publishes is no use";
    EXPECT_GT(a.client.losses(), losses);
    end(server);
    EXPECT_TRUE(are_served());
    EXPECT_EQ(a.client.watch().reason(), "");
    auto const reply = a.loop.run(a.client.call(redis::command({"SET", "k", "1"})));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->text, "OK");
}

INSTANTIATE_TEST_SUITE_P(OfEveryKind, RedisRefusals, testing::ValuesIn(refusals), [](auto const& info) { return info.param.name; });

TEST(RedisRefusal, is_told_from_what_is_wrong_with_one_command)
{
    auto const error = [](std::string text) {
        redis::Reply reply;
        reply.kind = redis::Reply::Kind::error;
        reply.text = std::move(text);
        return reply;
    };
    for (char const* text : {"ERR unknown command", "NOSCRIPT No matching script", "WRONGTYPE Operation against a key"}) {
        EXPECT_FALSE(redis::is_refusal(error(text))) << text;
    }
    for (char const* text :
         {"READONLY You can't write", "OOM command not allowed", "LOADING Redis is loading", "MISCONF Redis is configured",
          "BUSY Redis is busy", "NOAUTH Authentication required.", "CLUSTERDOWN Hash slot not served", "TOMORROW a new word"}) {
        EXPECT_TRUE(redis::is_refusal(error(text))) << text;
    }
    EXPECT_FALSE(redis::is_refusal(redis::Reply{}));
}

} // namespace
} // namespace pollux::bus
