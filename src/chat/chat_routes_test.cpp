#include "chat/chat_routes.hpp"

#include "chat/idempotency.hpp"
#include "http/router.hpp"

#include <gtest/gtest.h>

#include <set>

namespace pollux::chat {
namespace {

// No handler is called: the services behind the references are never touched.
class ChatRoutes : public ::testing::Test {
protected:
    ChatRoutes() { add_chat_routes(router, api); }

    http::Router router;
    std::uintptr_t nothing = 0;
    ChatApi api{
        reinterpret_cast<ChatService&>(nothing), reinterpret_cast<bus::ReplyFeed&>(nothing), reinterpret_cast<bus::Notices&>(nothing), {}};
};

TEST_F(ChatRoutes, AreAllThere)
{
    std::vector<std::pair<std::string, std::string>> const expected{
        {"POST", "/chatroom/"},
        {"POST", "/chatroom/create/"},
        {"GET", "/chatroom/"},
        {"GET", "/chatroom/7/"},
        {"PATCH", "/chatroom/7/"},
        {"DELETE", "/chatroom/7"},
        {"POST", "/chatroom/7/message/"},
        {"GET", "/chatroom/7/message/8/"},
        {"GET", "/chatroom/7/message/8/stream/"},
        {"POST", "/chatroom/7/message/8/stop/"},
        {"POST", "/chatroom/7/message/8/retry/"},
        {"GET", "/chatroom/7/message/8/variants/"},
        {"GET", "/models/"},
        {"GET", "/events/"},
    };
    for (auto const& [method, path] : expected) EXPECT_NE(router.find(method, path).route, nullptr) << method << " " << path;
}

TEST_F(ChatRoutes, NeedAUserAndSayWhatTheyAre)
{
    std::set<std::string_view> ids;
    for (auto const& route : router.routes()) {
        EXPECT_EQ(route.options.access, http::Access::user) << route.path;
        EXPECT_FALSE(route.options.summary.empty()) << route.path;
        EXPECT_FALSE(route.options.tag.empty()) << route.path;
        if (route.options.is_documented) EXPECT_TRUE(ids.insert(route.options.id).second) << route.options.id;
        bool const is_send = route.options.id == "sendMessage" || route.options.id == "retryReply";
        EXPECT_EQ(route.options.limits == http::RateClass::send, is_send) << route.options.id;
    }
}

TEST(RequestHash, TellsRequestsApartAndSpellingsOfAPathNot)
{
    auto const hash = hash_request("POST", "/chatroom/1/message/", "{}");
    EXPECT_EQ(hash, hash_request("POST", "/chatroom/1/message", "{}"));
    EXPECT_NE(hash, hash_request("POST", "/chatroom/2/message/", "{}"));
    EXPECT_NE(hash, hash_request("POST", "/chatroom/1/message/", "{ }"));
    EXPECT_NE(hash, hash_request("PUT", "/chatroom/1/message/", "{}"));
}

} // namespace
} // namespace pollux::chat
