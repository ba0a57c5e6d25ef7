#include "base/base64.hpp"
#include "base/secrets.hpp"
#include "base/uuid.hpp"

#include <gtest/gtest.h>

#include <regex>
#include <set>

namespace pollux {
namespace {

TEST(Base64, is_what_rfc_4648_says)
{
    std::pair<char const*, char const*> const cases[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"},
                                                         {"\xfb\xff", "+/8="}};
    for (auto const& [bytes, text] : cases) EXPECT_EQ(to_base64(bytes), text);
}

TEST(Uuids, have_their_form_and_are_never_the_same)
{
    prepare_secrets();
    std::regex const form("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
    std::set<std::string> seen;
    for (int index = 0; index < 1'000; ++index) {
        auto const uuid = random_uuid();
        EXPECT_TRUE(std::regex_match(uuid, form)) << uuid;
        EXPECT_TRUE(seen.insert(uuid).second);
    }
}

} // namespace
} // namespace pollux
