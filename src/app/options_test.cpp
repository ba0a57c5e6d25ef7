#include "app/options.hpp"

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

} // namespace
} // namespace pollux::app
