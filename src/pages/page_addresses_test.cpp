#include "pages/page_addresses.hpp"

#include <gtest/gtest.h>

namespace pollux::pages {
namespace {

TEST(PageAddresses, are_those_of_the_pages_router)
{
    for (auto const* page : {"/", "/signin", "/signin/", "/account/", "/plan", "/docs/", "/docs", "/chat/1", "/chat/9007199254740991/",
                             "/subscription/done/", "/subscription/done"})
        EXPECT_TRUE(is_page_address(page)) << page;
    for (auto const* none : {"", "//", "/signin//", "/sign", "/account/x", "/chat", "/chat/", "/chat/0", "/chat/01", "/chat/x", "/chat/1/2",
                             "/chat/12345678901234567", "/index.html", "/Docs", "/subscription", "/admin"})
        EXPECT_FALSE(is_page_address(none)) << none;
}

} // namespace
} // namespace pollux::pages
