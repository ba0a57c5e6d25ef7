#include "cli/banner.hpp"

#include <gtest/gtest.h>

namespace pollux::cli {
namespace {

config::Config dev_config()
{
    config::Config config;
    config.debug = true;
    config.dev = true;
    config.data_dir = "/srv/pollux";
    config.sqlite_path = "/srv/pollux/pollux.sqlite3";
    config.ai_models = {"demo"};
    config.otp_delivery = config::OtpDelivery::response;
    config.otp_test_numbers = {{"+11234567890", "123456", {}}};
    return config;
}

TEST(Banner, says_how_to_try_it_out)
{
    EXPECT_EQ(banner(dev_config(), 8000, {"One thing."}),
              R"(Pollux 0.1.0 is ready at http://127.0.0.1:8000  (debug: answers this machine only)

  Pages     open http://127.0.0.1:8000 in a browser
  Model     the demo model (it says so in every reply); set GEMINI_API_KEY for Gemini
  Data      /srv/pollux
  Database  SQLite, /srv/pollux/pollux.sqlite3
  Codes     shown in the answer of send-otp and here
  Payments  a demo, in which no money moves; set STRIPE_SECRET_KEY for Stripe

  Sign up with +11234567890; its code is 123456.

  The API, without a browser:
    curl http://127.0.0.1:8000/auth/signup/ -H 'Content-Type: application/json' -d '{"mobile":"+11234567890","password":"testpass123"}'
    curl http://127.0.0.1:8000/auth/send-otp/ -H 'Content-Type: application/json' -d '{"mobile":"+11234567890","purpose":"login"}'
    curl http://127.0.0.1:8000/auth/verify-otp/ -H 'Content-Type: application/json' -d '{"mobile":"+11234567890","code":"123456","purpose":"login"}'
  or, in another terminal:
    build/release/pollux chat

  Note: One thing.
)");
}

TEST(Banner, says_where_there_are_no_pages)
{
    config::Config config = dev_config();
    config.pages = false;
    auto const text = banner(config, 8000, {});
    EXPECT_NE(text.find("  Pages     none (PAGES=False)\n"), std::string::npos) << text;
    EXPECT_EQ(text.find("Sign up with"), std::string::npos) << text;
    EXPECT_NE(text.find("\n  Try it:\n"), std::string::npos) << text;
}

TEST(Banner, says_the_address_of_the_pages_that_people_have)
{
    config::Config config = dev_config();
    config.public_url = "https://chat.example.com";
    EXPECT_NE(banner(config, 8000, {}).find("  Pages     open http://127.0.0.1:8000 in a browser\n"), std::string::npos);
    config.debug = config.dev = false;
    EXPECT_NE(banner(config, 8000, {}).find("  Pages     open https://chat.example.com in a browser\n"), std::string::npos);
    EXPECT_EQ(page_url(config, 8000), "https://chat.example.com");
}

TEST(Banner, names_the_real_port_and_an_address_that_can_be_typed)
{
    config::Config config = dev_config();
    config.listen = {"0.0.0.0", 0};
    std::string text = banner(config, 41'234, {});
    EXPECT_NE(text.find("ready at http://127.0.0.1:41234 "), std::string::npos);
    EXPECT_NE(text.find("pollux chat --url http://127.0.0.1:41234\n"), std::string::npos);
    config.listen = {"::", 0};
    EXPECT_NE(banner(config, 80, {}).find("ready at http://[::1]:80 "), std::string::npos);
}

TEST(Banner, says_who_else_is_answered_in_debug)
{
    config::Config config = dev_config();
    config.debug_networks = {"127.0.0.0/8", "::1/128", "0.0.0.0/0", "172.17.0.0/16"};
    std::string const text = banner(config, 8000, {});
    EXPECT_EQ(text.find("this machine only"), std::string::npos);
    EXPECT_NE(text.find("whoever comes from 0.0.0.0/0, 172.17.0.0/16 too"), std::string::npos) << text;
    config.debug_networks = {"127.0.0.1", "::ffff:127.0.0.0/104", "::1"};
    EXPECT_NE(banner(config, 8000, {}).find("(debug: answers this machine only)"), std::string::npos);
}

TEST(Banner, says_how_things_are_paid_for)
{
    config::Config config = dev_config();
    auto const line = [&] {
        auto const text = banner(config, 8000, {});
        auto const begin = text.find("  Payments  ") + 12;
        return text.substr(begin, text.find('\n', begin) - begin);
    };
    config.stripe_secret_key = config::Secret("sk_test_1");
    EXPECT_EQ(line(), "Stripe, test mode: no real money moves");
    config.stripe_base_url = "http://127.0.0.1:9200";
    EXPECT_EQ(line(), "Stripe, test mode: no real money moves, at http://127.0.0.1:9200");
    config.stripe_base_url = config::Config{}.stripe_base_url;
    config.stripe_secret_key = config::Secret("rk_live_1");
    EXPECT_EQ(line(), "Stripe, live");
    config.debug = config.dev = false;
    config.stripe_secret_key.reset();
    EXPECT_EQ(line(), "none: set STRIPE_SECRET_KEY to sell plans");
}

TEST(Banner, shows_no_secret_and_no_tour_in_production)
{
    config::Config config = dev_config();
    config.debug = config.dev = false;
    config.ai_models = {"gemini:gemini-flash-latest", "demo"};
    config.otp_delivery = config::OtpDelivery::none;
    config.secret_key = config::Secret("the-secret-key");
    config.gemini_api_key = config::Secret("the-gemini-key");
    std::string text = banner(config, 8000, {});
    EXPECT_EQ(text.find("the-secret-key"), std::string::npos);
    EXPECT_EQ(text.find("the-gemini-key"), std::string::npos);
    EXPECT_EQ(text.find("123456"), std::string::npos);
    EXPECT_EQ(text.find("curl"), std::string::npos);
    EXPECT_NE(text.find("gemini:gemini-flash-latest, else the demo model"), std::string::npos);
}

} // namespace
} // namespace pollux::cli
