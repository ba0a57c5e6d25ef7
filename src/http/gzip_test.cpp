#include "http/gzip.hpp"

#include <gtest/gtest.h>

namespace pollux::http {
namespace {

std::string text_of(std::size_t bytes)
{
    std::string text;
    for (std::size_t number = 0; text.size() < bytes; ++number) text += "line " + std::to_string(number * number) + "\n";
    text.resize(bytes);
    return text;
}

TEST(Gzip, gives_back_what_it_took)
{
    for (std::size_t const bytes : {0u, 1u, 511u, 65'536u, 400'000u}) {
        auto const text = text_of(bytes);
        auto const member = gzip(text);
        EXPECT_EQ(gunzip(member), text);
        if (bytes > 500) EXPECT_LT(member.size(), bytes);
    }
}

// printf 'hello hello hello\n' | gzip -9n
TEST(Gzip, reads_what_others_have_made)
{
    constexpr char member[] =
        "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x90\x5c\x00\x3b\x7c\x8a\xdf\x12\x00\x00\x00";
    EXPECT_EQ(gunzip({member, sizeof member - 1}), "hello hello hello\n");
}

TEST(Gzip, that_is_broken_is_told)
{
    auto const member = gzip(text_of(5'000));
    EXPECT_THROW(gunzip(""), std::runtime_error);
    EXPECT_THROW(gunzip("PK\x03\x04 and more than eighteen bytes"), std::runtime_error);
    EXPECT_THROW(gunzip(member.substr(0, member.size() / 2) + member.substr(member.size() - 8)), std::runtime_error);
    auto changed = member;
    changed[changed.size() - 6] = static_cast<char>(changed[changed.size() - 6] ^ 1); // Of the check sum.
    EXPECT_THROW(gunzip(changed), std::runtime_error);
}

} // namespace
} // namespace pollux::http
