#include "accounts/sms/twilio.hpp"
#include "accounts/sms/webhook_vendor.hpp"
#include "base/secrets.hpp"

#include <gtest/gtest.h>

namespace pollux::accounts::sms {
namespace {

using namespace std::chrono_literals;

Message message()
{
    return {.id = "id-1", .to = "+12025550100", .body = "123456 is your code.", .purpose = "login", .valid_for = 299s};
}

TEST(TwilioForm, names_sender_life_and_where_reports_go)
{
    TwilioOptions options;
    options.from = "+15005550006";
    EXPECT_EQ(twilio_form(options, message()),
              (FormFields{{"To", "+12025550100"}, {"Body", "123456 is your code."}, {"From", "+15005550006"}, {"ValidityPeriod", "299"}}));
    options.messaging_service_sid = "MG1";
    options.from.clear();
    options.status_url = "https://chat.example.com/sms/twilio/status/";
    EXPECT_EQ(twilio_form(options, message()), (FormFields{{"To", "+12025550100"},
                                                           {"Body", "123456 is your code."},
                                                           {"MessagingServiceSid", "MG1"},
                                                           {"ValidityPeriod", "299"},
                                                           {"StatusCallback", "https://chat.example.com/sms/twilio/status/?id=id-1"}}));
}

struct AnswerCase {
    int status;
    char const* body;
    Sent sent;
    char const* code;
};

TEST(TwilioAnswer, is_never_taken_for_what_it_does_not_say)
{
    AnswerCase const cases[] = {
        {201, R"({"sid":"SM1","status":"queued","error_code":null})", Sent::accepted, ""},
        {201, R"({"sid":"SM1","status":"accepted","num_segments":"0"})", Sent::accepted, ""},
        {201, R"({"sid":"SM1","status":"failed","error_code":30450})", Sent::refused, "30450"},
        {201, R"({"sid":"SM1","status":"queued","error_code":30034})", Sent::refused, "30034"},
        {201, R"({"status":"queued"})", Sent::unknown, "no_sid"},
        {200, "<html>", Sent::unknown, "no_json"},
        {400, R"({"code":21211,"message":"The 'To' number +1 is not valid","status":400})", Sent::refused, "21211"},
        {400, R"({"code":21408,"status":400})", Sent::refused, "21408"},
        {400, R"({"code":21610,"status":400})", Sent::refused, "21610"},
        {401, R"({"code":20003,"status":401})", Sent::refused, "20003"},
        {401, "", Sent::refused, "http_401"},
        {404, "<html>", Sent::refused, "http_404"},
        {429, R"({"code":20429,"status":429})", Sent::not_taken, "20429"},
        {429, "", Sent::not_taken, "http_429"},
        {413, "<html>", Sent::unknown, "http_413"}, // Something between us.
        {500, R"({"code":20500,"status":500})", Sent::unknown, "20500"},
        {503, "<html>", Sent::unknown, "http_503"},
        {302, "", Sent::unknown, "http_302"},
        {400, R"({"code":"+12025550100"})", Sent::unknown, "http_400"},
    };
    for (auto const& [status, body, sent, code] : cases) {
        auto const answer = read_twilio_answer(status, body);
        EXPECT_EQ(answer.sent, sent) << status << " " << body;
        EXPECT_EQ(answer.code, code) << status << " " << body;
    }
    EXPECT_EQ(read_twilio_answer(201, R"({"sid":"SM1","status":"queued"})").provider_id, "SM1");
}

TEST(WebhookVendor, posts_what_was_agreed)
{
    prepare_secrets();
    EXPECT_EQ(webhook_body(message()),
              R"({"id":"id-1","to":"+12025550100","body":"123456 is your code.","purpose":"login_otp","ttl_s":299})");

    EXPECT_EQ(webhook_signature("{}", "secret", Time(1790000000s)),
              "t=1790000000,v1=d0cadd434460d4af55e7ab90d79c1802591d7001a77c9e06471d0e3ec8cc85ae"); // By openssl dgst.
}

TEST(WebhookVendor, takes_4xx_for_final_and_the_rest_for_not_yet)
{
    AnswerCase const cases[] = {
        {200, "", Sent::accepted, ""},          {202, "", Sent::accepted, ""},        {204, "", Sent::accepted, ""},
        {400, "", Sent::refused, "http_400"},   {401, "", Sent::refused, "http_401"}, {404, "", Sent::refused, "http_404"},
        {408, "", Sent::unknown, "http_408"},   {409, "", Sent::unknown, "http_409"}, {422, "", Sent::refused, "http_422"},
        {429, "", Sent::not_taken, "http_429"}, {301, "", Sent::refused, "http_301"}, {500, "", Sent::unknown, "http_500"},
        {503, "", Sent::unknown, "http_503"},
    };
    for (auto const& [status, body, sent, code] : cases) {
        auto const answer = read_webhook_answer(status);
        EXPECT_EQ(answer.sent, sent) << status << body;
        EXPECT_EQ(answer.code, code) << status;
    }
}

} // namespace
} // namespace pollux::accounts::sms
