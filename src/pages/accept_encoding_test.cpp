#include "pages/accept_encoding.hpp"

#include <gtest/gtest.h>

namespace pollux::pages {
namespace {

TEST(AcceptEncoding, chooses_by_weight_and_then_by_size)
{
    constexpr auto br = Coding::brotli;
    constexpr auto gz = Coding::gzip;
    constexpr auto plain = Coding::identity;
    struct Case {
        std::optional<std::string_view> header;
        std::optional<Coding> of_text; // Which is there in all forms.
        std::optional<Coding> of_font; // Only as it is.
    };
    Case const cases[] = {
        {{}, plain, plain},
        {"", plain, plain},
        {"gzip, deflate, br, zstd", br, plain},
        {"gzip, deflate", gz, plain},
        {"x-gzip", gz, plain},
        {"GZIP", gz, plain},
        {"deflate", plain, plain},
        {"*", br, plain},
        {"br;q=0.5, gzip;q=0.8", gz, plain},
        {"br;q=0.5,gzip;q=0.500", br, plain},
        {"br ; q=0.001", br, plain},
        {"br;q=0, *", gz, plain},
        {"br;q=0, gzip;q=0", plain, plain},
        {"gzip;q=0.5, identity", plain, plain},
        {"gzip, identity;q=0.5", gz, plain},
        {"identity;q=0", {}, {}},
        {"br, identity;q=0", br, {}},
        {"*;q=0", {}, {}},
        {"gzip, *;q=0", gz, {}},
        {"identity, *;q=0", plain, plain},
        {"*;q=0.5, gzip;q=0.1", br, plain},
        {"gzip;q=2", plain, plain},
        {"gzip;q=x", plain, plain},
        {"gzip;level=9", plain, plain},
        {",, gzip ,", gz, plain},
    };
    for (auto const& one : cases) {
        EXPECT_EQ(choose_coding(one.header, {.gzip = true, .brotli = true}), one.of_text) << one.header.value_or("(none)");
        EXPECT_EQ(choose_coding(one.header, {}), one.of_font) << one.header.value_or("(none)");
    }
}

} // namespace
} // namespace pollux::pages
