#include "accounts/sms/twilio_reports.hpp"

#include <gtest/gtest.h>

namespace pollux::accounts::sms {
namespace {

constexpr std::string_view token = "0123456789abcdef0123456789abcdef";

struct SignedCase {
    std::string_view what;
    std::string_view url;
    std::string_view body;
    bool is_form;
    std::string_view signature;
    bool is_right;
};

constexpr SignedCase signed_cases[] = {
#include "accounts/sms/twilio_cases.inc"
};

TEST(TwilioSignature, is_judged_as_npm_twilio_does)
{
    EXPECT_GE(std::size(signed_cases), 20u);
    for (auto const& each : signed_cases) {
        Posted const posted{std::string(each.url), std::string(each.body), each.is_form};
        EXPECT_EQ(is_twilios(posted, each.signature, token), each.is_right) << each.what;
    }
}

TEST(TwilioSignature, of_nobody_is_never_right)
{
    auto const signature = twilio_signature("https://a.example/", {}, "");
    EXPECT_FALSE(is_twilios({"https://a.example/", "", true}, signature, ""));
}

TEST(TwilioReport, says_how_a_text_fares)
{
    struct Case {
        FormFields fields;
        std::string status;
        int rank;
        std::string error_code;
    };
    Case const cases[] = {
        {{{"MessageSid", "SM1"}, {"MessageStatus", "sent"}}, "sent", 4, ""},
        {{{"MessageSid", "SM1"}, {"MessageStatus", "delivered"}}, "delivered", 6, ""},
        {{{"MessageSid", "SM1"}, {"MessageStatus", "undelivered"}, {"ErrorCode", "30003"}}, "undelivered", 5, "30003"},
        {{{"MessageSid", "SM1"}, {"MessageStatus", "failed"}, {"ErrorCode", "a number +1202"}}, "failed", 5, ""},
        {{{"MessageSid", "SM1"}, {"MessageStatus", "beamed"}}, "", 0, ""},
        {{}, "", 0, ""},
    };
    for (auto const& each : cases) {
        auto const report = read_report(each.fields);
        EXPECT_EQ(report.status, each.status);
        EXPECT_EQ(report.rank, each.rank);
        EXPECT_EQ(report.error_code, each.error_code);
    }
    EXPECT_EQ(read_report(cases[0].fields).provider_id, "SM1");
}

TEST(Forms, are_read_as_they_are_written)
{
    FormFields const fields{{"a b", "c&d=e"}, {"ä", "+ %"}, {"empty", ""}, {"a b", "again"}};
    EXPECT_EQ(write_form({{"To", "+1202 5"}, {"Body", "é"}}), "To=%2B1202%205&Body=%C3%A9");
    EXPECT_EQ(read_form(write_form(fields)), fields);
    EXPECT_EQ(read_form("a=1&&b"), (FormFields{{"a", "1"}, {"b", ""}}));
    EXPECT_EQ(read_form("a=1+2"), (FormFields{{"a", "1 2"}}));
    EXPECT_EQ(read_form("a=%zz"), std::nullopt);
    std::string many;
    for (std::size_t index = 0; index <= form_fields_max; ++index) many += "a=&";
    EXPECT_EQ(read_form(many), std::nullopt);
}

} // namespace
} // namespace pollux::accounts::sms
