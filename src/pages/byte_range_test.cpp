#include "pages/byte_range.hpp"

#include <gtest/gtest.h>

namespace pollux::pages {
namespace {

TEST(ByteRange, is_read_as_rfc_9110_has_it)
{
    constexpr auto part = ByteRange::Kind::part;
    ByteRange const whole{};
    ByteRange const beyond{ByteRange::Kind::beyond};
    struct Case {
        std::optional<std::string_view> header;
        ByteRange wanted; // Of 100 bytes.
    };
    Case const cases[] = {
        {{}, whole},
        {"bytes=0-0", {part, 0, 1}},
        {"bytes=0-99", {part, 0, 100}},
        {"bytes=10-19", {part, 10, 20}},
        {"Bytes=10-19", {part, 10, 20}},
        {"bytes=90-", {part, 90, 100}},
        {"bytes=90-1000", {part, 90, 100}},
        {"bytes=-5", {part, 95, 100}},
        {"bytes=-1000", {part, 0, 100}},
        {"bytes=0-18446744073709551616", {part, 0, 100}},
        {"bytes=00000000000000000000001-000000000000000000000000002", {part, 1, 3}},
        {"bytes=100-", beyond},
        {"bytes=100-200", beyond},
        {"bytes=99999999999999999999999-", beyond},
        {"bytes=-0", beyond},
        {"bytes=20-10", whole},
        {"bytes=0-1,5-6", whole},
        {"bytes=", whole},
        {"bytes=-", whole},
        {"bytes=a-b", whole},
        {"bytes=1", whole},
        {"bytes=1-x", whole},
        {"bytes=--1", whole},
        {"items=0-5", whole},
    };
    for (auto const& one : cases) EXPECT_EQ(read_range(one.header, 100), one.wanted) << one.header.value_or("(none)");
    EXPECT_EQ(read_range("bytes=0-", 0), beyond);
    EXPECT_EQ(read_range("bytes=-1", 0), beyond);
}

} // namespace
} // namespace pollux::pages
