#include "pages/entity_tags.hpp"

#include <gtest/gtest.h>

namespace pollux::pages {
namespace {

TEST(EntityTags, are_found_in_a_list)
{
    struct Case {
        std::string_view list;
        bool strong;
        bool weak;
    };
    Case const cases[] = {
        {R"("a")", true, true},         {R"(W/"a")", false, true},      {R"("b", "a")", true, true},
        {R"("b","a","c")", true, true}, {R"("b", W/"a")", false, true}, {R"(W/"b", "a")", true, true},
        {R"(*)", true, true},           {R"( * )", true, true},         {R"("b")", false, false},
        {R"("aa")", false, false},      {R"(a)", false, false},         {R"("a)", false, false},
        {R"()", false, false},          {R"("x,"a",y")", false, false}, {R"("x, y", "a")", true, true},
        {R"(,, "a")", true, true},      {R"("A")", false, false},       {R"(Tue, 01 Dec 2026 10:00:00 GMT)", false, false},
    };
    for (auto const& [list, strong, weak] : cases) {
        EXPECT_EQ(has_tag(list, "\"a\"", Comparison::strong), strong) << list;
        EXPECT_EQ(has_tag(list, "\"a\"", Comparison::weak), weak) << list;
    }
}

} // namespace
} // namespace pollux::pages
