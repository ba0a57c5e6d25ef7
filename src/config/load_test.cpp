#include "config/load.hpp"

#include "config/test_sources.hpp"

#include <gtest/gtest.h>

namespace pollux::config {
namespace {

using namespace test;

// The .env of the project's description, as it stands there.
constexpr std::string_view example_dotenv = R"(# Django Settings
SECRET_KEY=your-super-secret-key-change-in-production
DEBUG=True
ALLOWED_HOSTS=localhost,127.0.0.1

# Database
DATABASE_URL=sqlite:///db.sqlite3

# Redis
REDIS_URL=redis://localhost:6379/0
CELERY_BROKER_URL=redis://localhost:6379/0
CELERY_RESULT_BACKEND=redis://localhost:6379/0

# AI Integration
GEMINI_API_KEY=your-gemini-api-key-here

# Payments (Optional)
STRIPE_PUBLISHABLE_KEY=pk_test_your_key
STRIPE_SECRET_KEY=sk_test_your_key
STRIPE_WEBHOOK_SECRET=whsec_your_webhook_secret

# CORS
CORS_ALLOW_ALL_ORIGINS=True
)";

TEST(Load, takes_the_example_as_it_stands)
{
    Loaded loaded = load_config(sources_of(example_dotenv));
    EXPECT_EQ(joined(loaded.problems), "");
    EXPECT_TRUE(loaded.config.debug);
    EXPECT_FALSE(loaded.config.secret_key);
    EXPECT_FALSE(loaded.config.gemini_api_key);
    EXPECT_FALSE(loaded.config.stripe_secret_key);
    EXPECT_TRUE(loaded.config.stripe_webhook_secrets.empty());
    EXPECT_EQ(loaded.config.ai_models, std::vector<std::string>{"demo"});
    EXPECT_EQ(loaded.config.sqlite_path, "db.sqlite3");
    EXPECT_EQ(loaded.config.allowed_hosts, (std::vector<std::string>{"localhost", "127.0.0.1"}));
    EXPECT_TRUE(loaded.config.cors_allow_all_origins);
    EXPECT_EQ(loaded.config.otp_delivery, OtpDelivery::response);
    EXPECT_EQ(loaded.config.redis_url, Secret("redis://localhost:6379/0"));
    EXPECT_EQ(joined(loaded.notices), "CELERY_RESULT_BACKEND is ignored: results are in the database.\n"
                                      "SECRET_KEY in .env is still an example's text: it counts as unset.\n"
                                      "GEMINI_API_KEY in .env is still an example's text: it counts as unset.\n"
                                      "STRIPE_PUBLISHABLE_KEY in .env is still an example's text: it counts as unset.\n"
                                      "STRIPE_SECRET_KEY in .env is still an example's text: it counts as unset.\n"
                                      "STRIPE_WEBHOOK_SECRET in .env is still an example's text: it counts as unset.\n");
}

TEST(Load, dev_needs_nothing)
{
    Sources sources = sources_of("");
    sources.flags.dev = true;
    Loaded loaded = load_config(sources);
    EXPECT_EQ(joined(loaded.problems), "");
    EXPECT_EQ(joined(loaded.notices), "");
    EXPECT_TRUE(loaded.config.debug);
    EXPECT_TRUE(loaded.config.dev);
    EXPECT_EQ(loaded.config.basic_daily_messages, 50);
    ASSERT_EQ(loaded.config.otp_test_numbers.size(), 1u);
    EXPECT_EQ(loaded.config.otp_test_numbers[0].mobile, "+11234567890");
    EXPECT_EQ(loaded.config.otp_test_numbers[0].code, "123456");
    EXPECT_EQ(loaded.config.threads, 2u);
    EXPECT_EQ(loaded.config.public_url, "http://127.0.0.1:8000");
    EXPECT_EQ(loaded.config.sqlite_path, "pollux_data/pollux.sqlite3");
}

TEST(Load, models_of_two_kinds_stand_side_by_side)
{
    auto const loaded = load_config(sources_of("DEBUG=True\nGEMINI_API_KEY=k\nAI_BASE_URL=http://ollama:11434/v1\n"
                                               "AI_MODELS=openai:llama3.2:8b-instruct@q4_k_m,gemini:gemini-flash-latest\n"
                                               "AI_TITLE_MODEL=openai:qwen/qwen3-0.6b:free\n"
                                               "AI_MODEL_LABELS=openai:llama3.2:8b-instruct@q4_k_m = Llama | Runs here. ; "
                                               "gemini:gemini-flash-latest=Gemini;demo=Nobody sees this"));
    EXPECT_EQ(joined(loaded.problems), "");
    EXPECT_EQ(joined(loaded.notices), "AI_MODEL_LABELS names demo, which AI_MODELS does not; nobody sees its label.\n");
    EXPECT_EQ(loaded.config.ai_title_model, "openai:qwen/qwen3-0.6b:free");
    EXPECT_EQ(loaded.config.ai_model_labels, (std::vector<ModelLabel>{{"openai:llama3.2:8b-instruct@q4_k_m", "Llama", "Runs here."},
                                                                      {"gemini:gemini-flash-latest", "Gemini", ""},
                                                                      {"demo", "Nobody sees this", ""}}));
}

TEST(Load, dev_keeps_what_was_set)
{
    Sources sources = sources_of("BASIC_DAILY_MESSAGES=7\nOTP_TEST_NUMBERS=+4915112345678:000001\nDEBUG=1\n");
    sources.flags.dev = true;
    sources.flags.listen = "[::1]:0";
    Loaded loaded = load_config(sources);
    EXPECT_EQ(joined(loaded.problems), "");
    EXPECT_EQ(loaded.config.basic_daily_messages, 7);
    EXPECT_EQ(loaded.config.otp_test_numbers.at(0).mobile, "+4915112345678");
    EXPECT_EQ(loaded.config.listen, (Endpoint{"::1", 0}));
}

TEST(Load, who_only_touches_data_is_not_asked_for_what_serving_needs)
{
    Sources sources = sources_of("DATABASE_URL=postgres://a@b/c\n");
    EXPECT_FALSE(load_config(sources).problems.empty());
    sources.flags.only_data = true;
    EXPECT_EQ(joined(load_config(sources).problems), "");
    sources.environment = {{"DATABASE_URL", "mysql://b/c"}};
    EXPECT_EQ(load_config(sources).problems.size(), 1u);
}

TEST(Load, dev_and_debug_false_contradict)
{
    Sources sources = sources_of("DEBUG=False\n");
    sources.flags.dev = true;
    EXPECT_EQ(joined(load_config(sources).problems),
              "DEBUG=\"False\" (.env): is switched off, but --dev asks for it; drop one of the two\n");
}

TEST(Load, environment_wins_over_dotenv_and_the_command_line_over_both)
{
    Sources sources = sources_of("DEBUG=True\nPORT=1\nLISTEN=127.0.0.1:2\nQUEUE_MAX=5\nMODEL_CONCURRENCY=\n");
    sources.environment = {{"LISTEN", "127.0.0.1:3"}, {"QUEUE_MAX", ""}};
    EXPECT_EQ(load_config(sources).config.listen.port, 3);
    EXPECT_EQ(load_config(sources).config.queue_max, 5u); // Set but empty is not set.
    sources.flags.listen = ":4";
    EXPECT_EQ(load_config(sources).config.listen, (Endpoint{"0.0.0.0", 4}));
}

TEST(Load, port_means_all_addresses_unless_listen_is_set)
{
    EXPECT_EQ(load_config(sources_of("DEBUG=1\nPORT=8080\n")).config.listen, (Endpoint{"0.0.0.0", 8080}));
    EXPECT_EQ(load_config(sources_of("DEBUG=1\nPORT=8080\n")).config.public_url, "http://127.0.0.1:8080");
    EXPECT_EQ(load_config(sources_of("DEBUG=1\nPORT=8080\nLISTEN=localhost:1\n")).config.listen, (Endpoint{"127.0.0.1", 1}));
}

TEST(Load, files_give_values)
{
    EXPECT_EQ(load_config(sources_of("DEBUG=1\nSECRET_KEY_FILE=/run/key\n")).config.secret_key, Secret(std::string(good_key)));
    EXPECT_EQ(load_config(sources_of("DEBUG=1\nSECRET_KEY_FILE=/run/crlf\n")).config.secret_key, Secret(std::string(good_key)));
    EXPECT_EQ(joined(load_config(sources_of("DEBUG=1\nSECRET_KEY_FILE=/nowhere\n")).problems),
              "SECRET_KEY_FILE: the file cannot be read\n");
    EXPECT_EQ(joined(load_config(sources_of("DEBUG=1\nSECRET_KEY_FILE=/run/large\n")).problems),
              "SECRET_KEY_FILE: the file cannot be read: it is over 64 KiB\n");
    EXPECT_EQ(joined(load_config(sources_of("DEBUG=1\nSECRET_KEY_FILE=/run/key\nSECRET_KEY=x\n")).problems),
              "SECRET_KEY: stands in .env beside SECRET_KEY_FILE; keep one\n");

    Sources sources = sources_of("DEBUG=1\nSECRET_KEY=from-dotenv\n");
    sources.environment = {{"SECRET_KEY_FILE", "/run/key"}};
    EXPECT_EQ(load_config(sources).config.secret_key, Secret(std::string(good_key)));
}

TEST(Load, reads_every_kind_of_value)
{
    Config config = load_config(sources_of(R"(DEBUG=yes
DATABASE_URL=sqlite:////var/lib/pol%20lux/db
METRICS_LISTEN=
WORKERS=external
RETENTION_DAYS=30
ALLOWED_HOSTS= Chat.example.com , .example.org,[::1],
CORS_ALLOWED_ORIGINS=https://Chat.Example.com:443,http://localhost:5173/
TRUSTED_PROXIES=10.0.0.0/8,::1
RATE_LIMITS=off
RATE_RULES=send=10/60, read = 600 / 60,read_address=6000/60,send_address=9/1
AI_MODELS=gemini:gemini-flash-latest,demo
GEMINI_API_KEY=AIzaSyTest
GEMINI_BASE_URL=http://127.0.0.1:9000/x/
MODEL_CALLS_PER_MINUTE=off
ACCESS_TOKEN_MINUTES=5
DEFAULT_COUNTRY_CODE=+49
ALLOWED_COUNTRIES=1,+44
OTP_TEST_NUMBERS=+11234567890:123456@2026-12-31
STRIPE_WEBHOOK_SECRET=whsec_a,whsec_b
SYSTEM_PROMPT="Be brief.
Be kind."
)"))
                        .config;
    EXPECT_EQ(config.sqlite_path, "/var/lib/pol lux/db");
    EXPECT_FALSE(config.metrics_listen);
    EXPECT_EQ(config.workers, Workers::external);
    EXPECT_EQ(config.retention, std::chrono::days(30));
    EXPECT_EQ(config.allowed_hosts, (std::vector<std::string>{"chat.example.com", ".example.org", "[::1]"}));
    EXPECT_EQ(config.cors_allowed_origins, (std::vector<std::string>{"https://chat.example.com", "http://localhost:5173"}));
    EXPECT_EQ(config.trusted_proxies, (std::vector<std::string>{"10.0.0.0/8", "::1"}));
    EXPECT_EQ(config.rate_limits, Switch::off);
    EXPECT_EQ(config.rate_rules, (std::vector<RateOverride>{{"send", 10, std::chrono::seconds(60)},
                                                            {"read", 600, std::chrono::seconds(60)},
                                                            {"read_address", 6000, std::chrono::seconds(60)},
                                                            {"send_address", 9, std::chrono::seconds(1)}}));
    EXPECT_EQ(config.ai_models, (std::vector<std::string>{"gemini:gemini-flash-latest", "demo"}));
    EXPECT_EQ(config.gemini_base_url, "http://127.0.0.1:9000/x");
    EXPECT_EQ(config.model_calls_per_minute, 0u);
    EXPECT_EQ(config.access_token_minutes, std::chrono::minutes(5));
    EXPECT_EQ(config.default_country_code, "49");
    EXPECT_EQ(config.allowed_countries, (std::vector<std::string>{"1", "44"}));
    EXPECT_EQ(config.otp_test_numbers.at(0).valid_until, at(2027, 1, 1));
    EXPECT_EQ(config.stripe_webhook_secrets, (std::vector<Secret>{Secret("whsec_a"), Secret("whsec_b")}));
    EXPECT_EQ(config.system_prompt, "Be brief.\nBe kind.");
}

TEST(Load, takes_a_gemini_url_with_its_version_as_meant)
{
    struct Case {
        std::string_view line;
        std::string_view base_url;
        std::string_view version;
    };
    for (auto const& [line, base_url, version] : {
             Case{"https://g.example.com/v1beta", "https://g.example.com", "v1beta"},
             Case{"https://g.example.com/v1/", "https://g.example.com", "v1"},
             Case{"https://g.example.com//v1alpha2//", "https://g.example.com/", "v1alpha2"},
             Case{"'\"https://g.example.com/v1\"'", "https://g.example.com", "v1"},
             Case{"http://127.0.0.1:9000/proxy/v1beta", "http://127.0.0.1:9000/proxy", "v1beta"},
             Case{"https://g.example.com/vertex", "https://g.example.com/vertex", "v1beta"},
             Case{"https://g.example.com/v1\nGEMINI_API_VERSION=v2", "https://g.example.com", "v2"},
         }) {
        auto const loaded = load_config(sources_of("DEBUG=1\nGEMINI_BASE_URL=" + std::string(line) + "\n"));
        EXPECT_EQ(joined(loaded.problems), "") << line;
        EXPECT_EQ(loaded.config.gemini_base_url, base_url) << line;
        EXPECT_EQ(loaded.config.gemini_api_version, version) << line;
    }
}

TEST(Load, takes_keys_in_quotes)
{
    auto const loaded = load_config(sources_of("DEBUG=1\nGEMINI_API_KEY='\"AIzaSyTest\"'\nGEMINI_MODEL=\"'gemini-x'\"\n"));
    EXPECT_EQ(joined(loaded.problems), "");
    EXPECT_EQ(loaded.config.gemini_api_key, Secret("AIzaSyTest"));
    EXPECT_EQ(loaded.config.gemini_model, "gemini-x");
}

TEST(Load, names_unknown_settings_of_the_file)
{
    Loaded loaded = load_config(sources_of("DEBUG=1\nGEMINI_KEY=x\nSECRET_KEY_FILE=/run/key\n"));
    EXPECT_EQ(joined(loaded.notices), "\"GEMINI_KEY\" in .env is no setting of Pollux.\n");
}

TEST(Load, lists_every_wrong_value_at_once_and_shows_no_secret)
{
    Loaded loaded = load_config(sources_of("DEBUG=maybe\nPORT=70000\nSECRET_KEY='a b'\nno equals\n"));
    EXPECT_EQ(joined(loaded.problems), ".env line 4: has no =; write NAME=value\n"
                                       "DEBUG=\"maybe\" (.env): must be True or False\n"
                                       "PORT=\"70000\" (.env): must be a whole number from 0 to 65535\n"
                                       "SECRET_KEY (.env): must be one line of printable characters without spaces\n");
}

TEST(Load, a_wrong_value_hides_nothing_but_what_hangs_on_it)
{
    auto const problems = [](std::string const& dotenv) { return joined(load_config(sources_of(dotenv)).problems); };
    EXPECT_EQ(problems("PORT=70000\nGEMINI_API_KEY=AIzaSyTest\nSTRIPE_SECRET_KEY=sk_live_x\nSTRIPE_WEBHOOK_SECRET=price_1\n"),
              "PORT=\"70000\" (.env): must be a whole number from 0 to 65535\n"
              "STRIPE_WEBHOOK_SECRET (.env): must be signing secrets of webhook endpoints, like whsec_AbC, by comma\n"
              "PUBLIC_URL: is needed with STRIPE_SECRET_KEY, or buyers would come back nowhere\n"
              "SECRET_KEY: is not set, and DEBUG is off; make one with: openssl rand -base64 48\n");
    EXPECT_EQ(problems("SECRET_KEY='a b'\nGEMINI_API_KEY=AIzaSyTest\n"),
              "SECRET_KEY (.env): must be one line of printable characters without spaces\n");
    EXPECT_EQ(problems(production("AI_MODELS=x\nGEMINI_API_KEY=")),
              "AI_MODELS=\"x\" (.env): must be models like gemini:gemini-flash-latest, openai:NAME or demo, by comma\n");
}

TEST(Load, tells_of_a_public_url_that_is_not_answered)
{
    auto const notices = [](std::string const& dotenv) {
        std::string found;
        for (auto const& one : load_config(sources_of(dotenv)).notices) {
            if (one.find("ALLOWED_HOSTS") != std::string::npos) found += one + "\n";
        }
        return found;
    };
    std::string const shop = "DEBUG=1\nSTRIPE_SECRET_KEY=sk_test_x\nSTRIPE_WEBHOOK_SECRET=whsec_x\nSTRIPE_PRICE_ID=price_1\n";
    EXPECT_EQ(
        notices(shop + "PUBLIC_URL=https://Chat.example.com\n"),
        "PUBLIC_URL: its host chat.example.com is not in ALLOWED_HOSTS, so whoever comes by it is refused, also buyers who come back; add "
        "it there.\n");
    EXPECT_EQ(notices(shop + "PUBLIC_URL=https://chat.example.com\nALLOWED_HOSTS=localhost,.example.com\n"), "");
    EXPECT_EQ(notices(shop + "PUBLIC_URL=http://[::1]:8000\n"), "");
    EXPECT_EQ(notices(shop + "LISTEN=:8000\nALLOWED_HOSTS=chat.example.com\n"), "") << "nobody has named a URL";
}

// Phones read 140 bytes of a text; one SMS holds 160.
TEST(Load, tells_of_a_text_that_phones_do_not_read)
{
    auto const notices = [](std::size_t letters) {
        auto const text = std::string(letters, 'x') + " {code}";
        return joined(load_config(sources_of(production("SMS_WEBHOOK_URL=https://sms.example.com\nSMS_WEBHOOK_SECRET=x\n"
                                                        "SMS_ORIGIN=chat.example.com\nSMS_TEMPLATE=" +
                                                        text)))
                          .notices);
    };
    std::size_t const beside = std::string_view(" 000000\n\n@chat.example.com #000000").size();
    EXPECT_EQ(notices(140 - beside), "");
    EXPECT_EQ(notices(141 - beside),
              "SMS_TEMPLATE: with the line @chat.example.com #123456 it is 141 bytes long; phones offer the code to the "
              "page where it is 140 at most.\n");
}

TEST(Load, tells_in_debug_that_nothing_is_reported_over_http)
{
    auto const notices = [](std::string const& more) {
        return joined(
            load_config(
                sources_of("DEBUG=1\nOTP_DELIVERY=twilio\nTWILIO_ACCOUNT_SID=AC1\nTWILIO_AUTH_TOKEN=x\nTWILIO_FROM=+15005550006\n" + more))
                .notices);
    };
    EXPECT_NE(notices("PUBLIC_URL=http://127.0.0.1:8000\n").find("nobody learns which texts did not arrive"), std::string::npos);
    EXPECT_EQ(notices("PUBLIC_URL=http://127.0.0.1:8000\nTWILIO_BASE_URL=http://127.0.0.1:9000\n").find("nobody learns"),
              std::string::npos);
}

TEST(Load, tells_in_debug_that_no_event_is_believed)
{
    auto const loaded = load_config(sources_of("DEBUG=1\nSTRIPE_SECRET_KEY=sk_test_x\nSTRIPE_PRICE_ID=price_1\n"));
    EXPECT_EQ(joined(loaded.problems), "");
    ASSERT_EQ(loaded.notices.size(), 1u) << joined(loaded.notices);
    EXPECT_TRUE(loaded.notices[0].starts_with("STRIPE_WEBHOOK_SECRET is not set")) << loaded.notices[0];
}

TEST(Load, names_dev_where_a_server_in_debug_has_kept_its_key)
{
    auto sources = sources_of("DATA_DIR=/srv/pollux\n");
    sources.read_file = [](std::string const& path) {
        return path == "/srv/pollux/secret_key" ? std::optional<std::string>("key") : std::nullopt;
    };
    auto const hint = [&] {
        return joined(load_config(sources).problems).find("--dev: may be what is missing here, since /srv/pollux/secret_key");
    };
    EXPECT_NE(hint(), std::string::npos);
    sources.dotenv += "DEBUG=False\n";
    EXPECT_EQ(hint(), std::string::npos) << "who says so means it";
    sources.dotenv = "DATA_DIR=/srv/other\n";
    EXPECT_EQ(hint(), std::string::npos);
    sources.dotenv = "DATA_DIR=/srv/pollux\n";
    sources.flags.dev = true;
    EXPECT_EQ(joined(load_config(sources).problems), "");
}

TEST(Load, takes_what_is_right_in_production)
{
    std::string_view const cases[] = {
        "",
        "OTP_TEST_NUMBERS=+11234567890:123456@2027-02-20",
        "OTP_TEST_NUMBERS=+11234567890:123456@2026-11-21", // Over: harmless, and said.
        "CORS_ALLOW_ALL_ORIGINS=True",
        "CORS_ALLOWED_ORIGINS=https://chat.example.com\nCORS_ALLOW_CREDENTIALS=True",
        "STRIPE_SECRET_KEY=sk_live_x\nSTRIPE_WEBHOOK_SECRET=whsec_x\nPUBLIC_URL=https://chat.example.com",
        "STRIPE_SECRET_KEY=sk_live_x\nSTRIPE_WEBHOOK_SECRET=whsec_x\nRENDER_EXTERNAL_URL=https://chat.onrender.com\n"
        "ALLOWED_HOSTS=.onrender.com",
        "STRIPE_SECRET_KEY=rk_live_x\nSTRIPE_WEBHOOK_SECRET=\"'whsec_x,whsec_y'\"\nPUBLIC_URL=https://chat.example.com:8443/pollux/",
        "PUBLIC_URL=https://elsewhere.example.com", // Nothing is sold: a note.
        "AI_MODELS=demo",
        "GEMINI_API_KEY=\nAI_MODELS=demo",
        "GEMINI_BASE_URL=http://localhost:9000",
        "TRUSTED_PROXIES=1",
        "TRUSTED_PROXIES=10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10,fc00::/7",
        "CORS_ALLOWED_ORIGINS=capacitor://localhost,ionic://localhost,tauri://localhost,chrome-extension://abcdef,App+1.x://Host:81",
        "DATABASE_URL=sqlite:////srv/pollux/db.sqlite3",
        "DATABASE_URL=postgres://u:p%40ss:?#@db1:5432,db2/x?application_name=a@b",
        "DATABASE_URL=postgres://%2Frun%2Fpostgresql/x?application_name=a@b",
        "DATABASE_URL=postgres:///x",
        "DATABASE_URL=postgresql://db",
        "WORKERS=external\nDATABASE_URL=postgresql://db",
        "MIGRATE_ON_START=True",
        "PUBLIC_URL=http://127.0.0.1:8000",
        "ALLOWED_HOSTS=127.0.0.1\nSTRIPE_SECRET_KEY=sk_test_x\nSTRIPE_WEBHOOK_SECRET=whsec_x\nPUBLIC_URL=http://127.0.0.1:8000\n"
        "STRIPE_BASE_URL=http://127.0.0.1:9000", // Simulated.
        "LISTEN=127.0.0.1:9464\nMETRICS_LISTEN=127.0.0.2:9464",
    };
    for (std::string_view line : cases) EXPECT_EQ(joined(load_config(sources_of(production(line))).problems), "") << line;
}

TEST(Load, unsafe_values_are_for_debug)
{
    Loaded loaded =
        load_config(sources_of("DEBUG=1\nSECRET_KEY=short\nOTP_DELIVERY=console\nRATE_LIMITS=off\nOTP_TEST_NUMBERS=+11234567890:123456\n"
                               "CORS_ALLOWED_ORIGINS=*\nCORS_ALLOW_CREDENTIALS=1\n"));
    EXPECT_EQ(joined(loaded.problems), "");
    EXPECT_EQ(joined(loaded.notices), "SECRET_KEY is weak: good enough for debug only.\n");
}

} // namespace
} // namespace pollux::config
