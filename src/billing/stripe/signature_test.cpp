#include "billing/stripe/signature.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace pollux::billing::stripe {
namespace {

using namespace std::chrono_literals;

constexpr Time now = time_of(1'700'000'000'000'000);
constexpr char body[] = R"({"id":"evt_1"})";

SignatureVerdict judge(std::string const& header, std::vector<std::string> secrets = {"whsec_a"}, std::string_view text = body)
{
    return judge_signature(header, text, secrets, now);
}

std::string signed_at(Time time, std::string_view secret = "whsec_a")
{
    return sign(body, secret, time);
}

// openssl dgst -sha256 -hmac whsec_a of "1700000000." and the body.
TEST(StripeSignature, is_what_stripe_makes)
{
    EXPECT_EQ(signed_at(now), "t=1700000000,v1=97ea69f91fd566038386bacf87292eb0d73a8207414ee62ed313d49996fe0639");
}

TEST(StripeSignature, of_one_of_our_secrets_is_right)
{
    EXPECT_EQ(judge(signed_at(now)), SignatureVerdict::right);
    EXPECT_EQ(judge(signed_at(now), {"whsec_new", "whsec_a"}), SignatureVerdict::right);
    EXPECT_EQ(judge(signed_at(now), {"whsec_b"}), SignatureVerdict::wrong);
}

TEST(StripeSignature, one_of_several_is_enough_and_other_schemes_are_ignored)
{
    auto const right = signed_at(now);
    EXPECT_EQ(judge(right + ",v1=00,v0=11"), SignatureVerdict::right);
    EXPECT_EQ(judge("v0=11,v2=22," + right), SignatureVerdict::right);
    EXPECT_EQ(judge("t=1700000000,v0=" + right.substr(right.find("v1=") + 3)), SignatureVerdict::malformed);
}

TEST(StripeSignature, of_another_body_is_wrong)
{
    EXPECT_EQ(judge(signed_at(now), {"whsec_a"}, R"({"id": "evt_1"})"), SignatureVerdict::wrong);
    EXPECT_EQ(judge(signed_at(now), {"whsec_a"}, ""), SignatureVerdict::wrong);
}

TEST(StripeSignature, holds_for_five_minutes)
{
    EXPECT_EQ(judge(signed_at(now - 300s)), SignatureVerdict::right);
    EXPECT_EQ(judge(signed_at(now - 301s)), SignatureVerdict::too_old);
    EXPECT_EQ(judge(signed_at(now + 1h)), SignatureVerdict::right);
}

TEST(StripeSignature, a_time_that_was_changed_is_wrong)
{
    auto header = signed_at(now - 1h);
    header.replace(0, header.find(','), "t=1700000000");
    EXPECT_EQ(judge(header), SignatureVerdict::wrong);
}

TEST(StripeSignature, what_cannot_be_read_is_malformed)
{
    EXPECT_EQ(judge(""), SignatureVerdict::absent);
    for (auto const* header :
         {"x", "t=,v1=aa", "t=-1,v1=aa", "t=1e9,v1=aa", "t=99999999999999999999,v1=aa", "t=1700000000", "v1=aa", ",,,", "="}) {
        EXPECT_EQ(judge(header), SignatureVerdict::malformed) << header;
    }
}

TEST(StripeSignature, an_empty_secret_signs_nothing)
{
    EXPECT_EQ(judge(signed_at(now, ""), {""}), SignatureVerdict::wrong);
}

TEST(StripeSignature, looks_at_no_more_than_twenty)
{
    std::string header = "t=1700000000";
    for (int count = 0; count < 20; ++count) header += ",v1=00";
    auto const right = signed_at(now);
    EXPECT_EQ(judge(header + right.substr(right.find(','))), SignatureVerdict::wrong);
}

} // namespace
} // namespace pollux::billing::stripe
