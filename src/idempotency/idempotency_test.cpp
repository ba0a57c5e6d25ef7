#include "idempotency/idempotency.hpp"

#include <gtest/gtest.h>

namespace pollux::idempotency {
namespace {

TEST(RequestHash, TellsRequestsApartAndSpellingsOfAPathNot)
{
    auto const hash = hash_request("POST", "/chatroom/1/message/", "{}");
    EXPECT_EQ(hash, hash_request("POST", "/chatroom/1/message", "{}"));
    EXPECT_NE(hash, hash_request("POST", "/chatroom/2/message/", "{}"));
    EXPECT_NE(hash, hash_request("POST", "/chatroom/1/message/", "{ }"));
    EXPECT_NE(hash, hash_request("PUT", "/chatroom/1/message/", "{}"));
}

} // namespace
} // namespace pollux::idempotency
