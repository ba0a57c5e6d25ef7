#include "idempotency/idempotency.hpp"

#include <gtest/gtest.h>

namespace pollux::idempotency {
namespace {

TEST(RequestHash, tells_requests_apart_and_spellings_of_a_path_not)
{
    auto const hash = hash_request("POST", "/chatroom/1/message/", "{}");
    EXPECT_EQ(hash, hash_request("POST", "/chatroom/1/message", "{}"));
    EXPECT_NE(hash, hash_request("POST", "/chatroom/2/message/", "{}"));
    EXPECT_NE(hash, hash_request("POST", "/chatroom/1/message/", "{ }"));
    EXPECT_NE(hash, hash_request("PUT", "/chatroom/1/message/", "{}"));
}

} // namespace
} // namespace pollux::idempotency
