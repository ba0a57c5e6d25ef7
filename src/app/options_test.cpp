#include "app/options.hpp"

#include "app/sms.hpp"
#include "config/addresses.hpp"

#include <gtest/gtest.h>

namespace pollux::app {
namespace {

TEST(Options, ask_for_certificates_where_somebody_is_called_over_tls)
{
    config::Config const none;
    EXPECT_FALSE(calls_over_tls(none));

    auto compatible = none;
    compatible.ai_base_url = "http://127.0.0.1:11434/v1";
    EXPECT_FALSE(calls_over_tls(compatible));
    compatible.ai_base_url = "https://openrouter.ai/api/v1";
    EXPECT_TRUE(calls_over_tls(compatible));

    auto gemini = none;
    gemini.gemini_api_key = config::Secret("key");
    EXPECT_TRUE(calls_over_tls(gemini));
    auto texts = none;
    texts.otp_delivery = config::OtpDelivery::twilio;
    EXPECT_TRUE(calls_over_tls(texts));
}

TEST(Options, bound_texts_as_the_settings_say)
{
    config::Config config;
    config.sms_per_hour_max = 1;
    config.otp_per_ip_hour = 2;
    config.sms_per_block_hour = 3;
    config.sms_judged_from = 4;
    config.sms_used_percent_min = 5;
    Clock const clock;
    auto const options = sms_options(config, clock);
    EXPECT_EQ(options.per_hour_max, 1);
    EXPECT_EQ(options.per_address_hour, 2);
    EXPECT_EQ(options.per_block_hour, 3);
    EXPECT_EQ(options.stop_rule.judged_from, 4);
    EXPECT_EQ(options.stop_rule.used_percent_min, 5);
}

// Twilio refuses a text with an address for reports that it cannot call (21609), so none is named to it; a simulator takes this machine's.
TEST(Options, name_an_address_for_reports_that_twilio_can_call)
{
    auto const may_be = [](char const* public_url, char const* twilio) { return config::may_be_reported_to(public_url, twilio); };
    EXPECT_TRUE(may_be("https://chat.example.com", "https://api.twilio.com"));
    EXPECT_FALSE(may_be("http://127.0.0.1:8000", "https://api.twilio.com"));
    EXPECT_FALSE(may_be("http://chat.example.com", "https://api.twilio.com"));
    EXPECT_TRUE(may_be("http://127.0.0.1:8000", "http://127.0.0.1:9000"));
    EXPECT_TRUE(may_be("http://chat.example.com", "http://localhost:9000"));
    EXPECT_FALSE(may_be("http://127.0.0.1:8000", "http://twilio.example.com"));

    config::Config config;
    config.debug = true;
    config.otp_delivery = config::OtpDelivery::twilio;
    config.public_url = "http://127.0.0.1:8000";
    EXPECT_EQ(twilio_options(config).status_url, "");
    config.public_url = "https://chat.example.com";
    EXPECT_EQ(twilio_options(config).status_url, "https://chat.example.com/sms/twilio/status/");
}

TEST(Options, give_a_compatible_server_more_time_where_no_other_model_would_answer)
{
    config::Config config;
    config.ai_models = {"openai:llama3.2"};
    EXPECT_GE(models_options(config).openai.first_text_max, std::chrono::minutes(9));
    config.ai_models = {"openai:llama3.2", "openai:qwen3"};
    EXPECT_EQ(models_options(config).openai.first_text_max, std::chrono::seconds(90));
    config.ai_first_text_seconds = std::chrono::seconds(240);
    EXPECT_EQ(models_options(config).openai.first_text_max, std::chrono::seconds(240));
}

} // namespace
} // namespace pollux::app
