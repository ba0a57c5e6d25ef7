#include "cli/terminal.hpp"

#include <gtest/gtest.h>

namespace pollux::cli {
namespace {

TEST(Terminal, is_not_steered_by_texts)
{
    EXPECT_EQ(safe_for_terminal("a\x1b[31mb\r\x07\x7f\nc\td"), "a[31mb\nc\td");
    EXPECT_EQ(safe_for_terminal("\xC2\x9B"
                                "31m \xC2\xA9 grüß 你好"),
              "31m \xC2\xA9 grüß 你好");
    EXPECT_EQ(safe_for_terminal("\xC2"), "\xC2");
}

TEST(Terminal, cuts_to_one_line)
{
    EXPECT_EQ(one_line("  Tea\n\n- or  coffee\x1b", 100), "Tea - or coffee");
    EXPECT_EQ(one_line("grüße", 3), "grü");
}

} // namespace
} // namespace pollux::cli
