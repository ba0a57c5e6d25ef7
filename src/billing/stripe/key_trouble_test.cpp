#include "billing/stripe/key_trouble.hpp"

#include "billing/stripe/scripted_api.hpp"

#include <gtest/gtest.h>

namespace pollux::billing::stripe {
namespace {

TEST(KeyTrouble, names_the_setting_that_mends_it)
{
    auto const refused = trouble_of(ScriptedApi::error(401, "", "Invalid API Key provided: sk_test_***"));
    EXPECT_EQ(refused.what, "refuses the key (Invalid API Key provided: sk_test_***).");
    EXPECT_NE(refused.mend.find("STRIPE_SECRET_KEY"), std::string::npos);
    EXPECT_NE(trouble_of(ScriptedApi::error(403, "", "Having the right would allow it.")).mend.find("to read account"), std::string::npos);
    auto const silent = trouble_of(ScriptedApi::silence());
    EXPECT_TRUE(silent.what.starts_with("cannot be reached (")) << silent.what;
    EXPECT_NE(silent.mend.find("STRIPE_BASE_URL"), std::string::npos);
    EXPECT_EQ(trouble_of(ScriptedApi::json("{}")).what, "cannot be reached (an answer that lacks what it must have).");
}

} // namespace
} // namespace pollux::billing::stripe
