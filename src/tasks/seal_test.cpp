#include "tasks/seal.hpp"

#include "base/secrets.hpp"

#include <gtest/gtest.h>

namespace pollux::tasks {
namespace {

TEST(Seal, gives_back_what_it_closed)
{
    prepare_secrets();
    Seal const seal("a key of the settings");
    for (auto const& text : {std::string(), std::string("{\"code\":\"123456\"}"), std::string(5000, '\0')}) {
        auto const sealed = seal.close(text);
        EXPECT_TRUE(Seal::is_sealed(sealed));
        EXPECT_NE(sealed, seal.close(text)) << "two of the same look different";
        EXPECT_EQ(Seal("a key of the settings").open(sealed), text);
    }
    EXPECT_EQ(seal.close("123456").find("123456"), std::string::npos);
}

TEST(Seal, opens_nothing_else)
{
    prepare_secrets();
    Seal const seal("a key of the settings");
    auto const sealed = seal.close("{\"code\":\"123456\"}");
    EXPECT_EQ(Seal("another key").open(sealed), std::nullopt);
    for (std::size_t at = 9; at < sealed.size(); ++at) {
        auto damaged = sealed;
        damaged[at] = damaged[at] == 'A' ? 'B' : 'A';
        EXPECT_EQ(seal.open(damaged), std::nullopt) << at;
    }
    for (std::string_view other : {"", "{}", "sealed.1.", "sealed.1.AAAA", "sealed.1.!", "sealed.2.AAAA"}) {
        EXPECT_EQ(seal.open(other), std::nullopt) << other;
    }
}

} // namespace
} // namespace pollux::tasks
