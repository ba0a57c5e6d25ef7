#include "config/settings.hpp"

#include "config/brand.hpp"
#include "config/place_readers.hpp"
#include "config/readers.hpp"

#include <algorithm>

namespace pollux::config {
namespace {

using C = Config;
constexpr auto url = Kind::url;
constexpr auto key = Kind::key;
constexpr auto secret = Kind::secret;
constexpr auto plain = Kind::plain;

// group, name, default (or a note on it), meaning, reader, kind, part
constexpr Setting list[] = {
    {"The process", "DEBUG", "False", "",
     "For developing on one's own machine: codes are shown in answers, weak settings are taken, and only this machine may ask. `pollux "
     "serve --dev` sets it.",
     read_flag<&C::debug>},
    {"The process", "DATA_DIR", "pollux_data", "", "The folder for the database, its backups and the key made in debug.", read_data_dir},
    {"The process", "PORT", "", "", "As hosting platforms set it: listens on this port of all addresses, unless LISTEN is set.", read_port},
    {"The process", "LISTEN", "127.0.0.1:8000", "", "Address and port of the API; `:8000` means all addresses. Port 0 takes a free one.",
     read_listen},
    {"The process", "RENDER_EXTERNAL_URL", "", "", "Stands in for PUBLIC_URL when that is not set; hosting platforms set it.",
     read_url<&C::public_url>, url},
    {"The process", "PUBLIC_URL", "", "from LISTEN",
     "What users type to reach this server: where the payment provider sends buyers back to, and Twilio its reports. Outside debug needed "
     "with Stripe and with Twilio.",
     read_url<&C::public_url>, url},
    {"The process", "METRICS_LISTEN", "127.0.0.1:9464", "",
     "Address and port of the metrics; empty: none. A port that is taken is a warning.", read_metrics_listen, plain, Part::metrics,
     Empty::is_a_value},
    {"The process", "WORKER_METRICS_LISTEN", "", "METRICS_LISTEN",
     "The same of `pollux worker`, where a server with these settings runs on the machine as well.", read_worker_metrics_listen, plain,
     Part::metrics, Empty::is_a_value},
    {"The process", "STOP_DELAY_SECONDS", "", "0; 2 with PostgreSQL",
     "After SIGTERM requests are still taken for so long, while /readyz says no already: for a load balancer to find out.",
     read_number<&C::stop_delay_seconds, 0, 10>},
    {"The process", "THREADS", "", "one a core", "Threads that serve requests.", read_number<&C::threads, 1, 256>},
    {"The process", "WORKERS", "internal", "", "`internal`: replies are written in this process. `external`: none is written here.",
     read_choice<&C::workers>},
    {"The process", "WORKER_CONCURRENCY", "64", "", "Replies that this process writes at once.",
     read_number<&C::worker_concurrency, 1, 10'000>},
    {"The process", "LOG_LEVEL", "info", "", "`debug`, `info`, `warning` or `error`.", read_choice<&C::log_level>},
    {"The process", "LOG_FORMAT", "auto", "", "`json`, `text`, or `auto`: text on a terminal, else JSON.", read_choice<&C::log_format>},

    {"Data", "DATABASE_URL", "", "SQLite in DATA_DIR",
     "`sqlite:///file` (in the working folder), `sqlite:////folder/file` or `postgres://...`.", read_database_url, secret},
    {"Data", "DATABASE_WRITE_POOL", "16", "", "Connections to PostgreSQL that write.", read_number<&C::database_write_pool, 1, 1'000>,
     plain, Part::postgres},
    {"Data", "DATABASE_READ_CONNECTIONS", "2", "", "Connections to PostgreSQL that read.",
     read_number<&C::database_read_connections, 1, 100>, plain, Part::postgres},
    {"Data", "DATABASE_WAIT_SECONDS", "30", "",
     "How long `serve`, `worker` and `migrate` wait at their start for PostgreSQL to let them in.",
     read_number<&C::database_wait, 0, 3'600>, plain, Part::postgres},
    {"Data", "MIGRATE_ON_START", "False", "",
     "`serve` and `worker` bring PostgreSQL to the newest schema themselves, one of them at a time: for where no step can come before the "
     "start. SQLite's is always brought there.",
     read_flag<&C::migrate_on_start>},
    {"Data", "DATA_MAY_VANISH", "False", "",
     "Outside debug SQLite is not started on the file system of a container, which vanishes at each deploy; with this it is.",
     read_flag<&C::data_may_vanish>},
    {"Data", "CELERY_BROKER_URL", "", "", "Stands in for REDIS_URL when that is not set.", read_redis_url, secret},
    {"Data", "REDIS_URL", "", "", "`redis://` or `rediss://`: joins several processes. Nothing is kept in it.", read_redis_url, secret},
    {"Data", "CELERY_RESULT_BACKEND", "", "", "Ignored: results are in the database.", read_nothing, secret},
    {"Data", "RETENTION_DAYS", "0", "", "Messages older than this are deleted; 0 keeps them.", read_number<&C::retention, 0, 36'500>, plain,
     Part::retention},

    {"Who may come", "SECRET_KEY", "", "made and kept in DATA_DIR in debug",
     "At least 32 bytes that nobody can guess; tokens and codes rest on it.", read_secret<&C::secret_key>, secret},
    {"Who may come", "ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]", "",
     "Names that this server answers to, by comma; `.example.com` takes its subdomains too, `*` takes all.", read_allowed_hosts},
    {"Who may come", "CORS_ALLOWED_ORIGINS", "", "",
     "Pages of other origins that may call the API, by comma: `https://chat.example.com`, `capacitor://localhost`.", read_cors_origins},
    {"Who may come", "CORS_ALLOW_ALL_ORIGINS", "False", "", "Pages of every origin may call the API, without cookies.",
     read_flag<&C::cors_allow_all_origins>},
    {"Who may come", "CORS_ALLOW_CREDENTIALS", "False", "", "Pages of the origins in CORS_ALLOWED_ORIGINS may send cookies.",
     read_flag<&C::cors_allow_credentials>},
    {"Who may come", "TRUSTED_PROXIES", "", "",
     "Proxies whose X-Forwarded-For is believed: addresses and networks by comma, or how many stand in front.", read_trusted_proxies, plain,
     Part::proxies},
    {"Who may come", "CONNECTIONS_MAX", "", "what the limit of open files leaves, at most 50000",
     "Connections open at once. Near it, those go that have waited longest without asking for anything.",
     read_number<&C::connections_max, 16, 1'000'000>},
    {"Who may come", "CONNECTIONS_PER_ADDRESS_MAX", "", "half of CONNECTIONS_MAX",
     "The same of one address (IPv6: its /64). This machine's own and those of trusted proxies are not counted.",
     read_number<&C::connections_per_address_max, 1, 1'000'000>},
    {"Who may come", "DEBUG_NETWORKS", "127.0.0.0/8,::1/128", "", "From where a server in debug may be asked.", read_debug_networks},
    {"Who may come", "RATE_LIMITS", "on", "",
     "`off` (in debug only) rests the limits by address and by route; those by code and by mobile never rest.",
     read_choice<&C::rate_limits>},
    {"Who may come", "RATE_RULES", "", "the built-in rules",
     "Other limits: `send=30/60` allows 30 in 60 seconds; for `send`, `create` and `read` of a user, `auth`, `otp`, `webhook`, "
     "`send_address`, `create_address` and `read_address` of an address, `plan` of all a user asks for instead of what the plan says, by "
     "comma.",
     read_rate_rules, plain, Part::rate_rules},

    {"Models", "AI_MODELS", "", "Gemini with its key, else (in debug) demo",
     "Models by comma, `gemini:NAME`, `openai:NAME` or `demo`: the first is the default, the next are its fall-backs.", read_ai_models},
    {"Models", "AI_MODEL_LABELS", "", "",
     "What people are shown of models, with semicolons between them: `openai:llama3.2=Llama|Runs on our own machines.` is a label and a "
     "line.",
     read_model_labels},
    {"Models", "GEMINI_API_KEY", "", "", "A key from Google AI Studio.", read_service_key<&C::gemini_api_key>, secret},
    {"Models", "GEMINI_MODEL", "gemini-flash-latest", "", "The model when AI_MODELS is not set.", read_word<&C::gemini_model>},
    {"Models", "GEMINI_BASE_URL", "https://generativelanguage.googleapis.com", "",
     "Where Gemini is; a version at its end counts as GEMINI_API_VERSION.", read_gemini_base_url, url},
    {"Models", "GEMINI_API_VERSION", "v1beta", "", "The version in Gemini's paths.", read_word<&C::gemini_api_version>},
    {"Models", "AI_BASE_URL", "", "", "A server that speaks OpenAI's chat completions, mostly ending in `/v1`.", read_url<&C::ai_base_url>,
     url, Part::compatible_models},
    {"Models", "AI_API_KEY", "", "", "Its key, if it asks for one.", read_service_key<&C::ai_api_key>, secret, Part::compatible_models},
    {"Models", "AI_FIRST_TEXT_SECONDS", "", "570; 90 with more than one model",
     "How long it may take to the first text of a reply. Servers that load models on demand, or read long prompts slowly, need minutes.",
     read_number<&C::ai_first_text_seconds, 1, 590>, plain, Part::compatible_models},
    {"Models", "AI_TITLE_MODEL", "", "the default model",
     "The model that names rooms after their first reply, as AI_MODELS names one, though it need not stand there; `off`: none does.",
     read_title_model, plain, Part::titles},
    {"Models", "SYSTEM_PROMPT", "You are a helpful assistant. Answer in the language you are asked in.", "",
     "What every model is told first; a room's own and the user's instructions follow.", read_text<&C::system_prompt>},
    {"Models", "CONTEXT_TOKENS", "32000", "", "How much of a room is sent with a question.",
     read_number<&C::context_tokens, 256, 10'000'000>},
    {"Models", "DEMO_TOKENS_PER_SECOND", "60", "",
     "Pace of the demo model; 0: as fast as it can. A reply lasts 2 seconds at most; one that is asked to be long, 30.",
     read_number<&C::demo_tokens_per_second, 0, 100'000>},
    {"Models", "MODEL_CONCURRENCY", "256", "", "Calls to one model at once.", read_number<&C::model_concurrency, 1, 100'000>},
    {"Models", "MODEL_CALLS_PER_MINUTE", "off", "",
     "Calls to one model in a minute. Of those to the model that names rooms (`AI_TITLE_MODEL`) a quarter is for names, and replies have "
     "the rest.",
     read_number<&C::model_calls_per_minute, 0, 10'000'000, Off::is_zero>, plain, Part::model_rate},
    {"Models", "QUEUE_MAX", "100000", "", "Replies that may wait in all; then sends get 503.", read_number<&C::queue_max, 1, 100'000'000>},
    {"Models", "BASIC_DAILY_MESSAGES", "5", "5; 50 with `--dev`", "Messages a day in the basic plan, when the plans are first made.",
     read_number<&C::basic_daily_messages, 0, 1'000'000>},
    {"Models", "PRO_DAILY_MESSAGES", "1000", "", "The same for the pro plan.", read_number<&C::pro_daily_messages, 0, 1'000'000>},

    {"Accounts", "JWT_SIGNING_KEY", "", "derived from SECRET_KEY", "Signs access tokens.", read_secret<&C::jwt_signing_key>, secret},
    {"Accounts", "JWT_PREVIOUS_KEY", "", "", "The key before, while its tokens still live.", read_secret<&C::jwt_previous_key>, secret},
    {"Accounts", "ACCESS_TOKEN_MINUTES", "15", "", "Life of an access token.", read_number<&C::access_token_minutes, 1, 1'440>},
    {"Accounts", "REFRESH_TOKEN_DAYS", "30", "", "Life of a session.", read_number<&C::refresh_token_days, 1, 365>},
    {"Accounts", "REFRESH_IDLE_DAYS", "7", "", "A session that rests longer ends.", read_number<&C::refresh_idle_days, 1, 365>},
    {"Accounts", "PASSWORD_LOGIN", "False", "", "Whether mobile and password suffice to log in.", read_flag<&C::password_login>},
    {"Accounts", "DEFAULT_COUNTRY_CODE", "1", "", "Calling code of the country that numbers without + are of.", read_country_code},
    {"Accounts", "ALLOWED_COUNTRIES", "all", "",
     "Countries whose numbers are taken, by comma: regions like `US` (`1` is more than the US) or calling codes like `44`.",
     read_allowed_countries},
    {"Accounts", "NUMBER_LENGTHS", "", "",
     "Lengths of national numbers that are newer than this version, by comma: `229:10` lets 10 digits follow +229.", read_number_lengths},
    {"Accounts", "OTP_DELIVERY", "none", "`response` in debug; else `twilio` or `webhook` where one is set up, else `none`",
     "How codes reach people: `response` and `console` (in debug only), `twilio`, `webhook` or `none`.", read_choice<&C::otp_delivery>},
    {"Accounts", "OTP_TEST_NUMBERS", "", "`+11234567890:123456` with `--dev`",
     "Numbers with codes that never change, by comma; outside debug each needs a last day at most 90 days ahead: "
     "`+11234567890:123456@2026-12-31`.",
     read_test_numbers, secret},
    {"Accounts", "ADMIN_MOBILE", "", "",
     "Number in international form, like +4915112345678: the user who proves it by a code becomes an admin, once, while there is none.",
     read_admin_mobile},
    {"Accounts", "OTP_PER_IP_HOUR", "60", "",
     "Texts with codes, and wrong guesses at codes, of one address (IPv6: a /64 and a /56): so many at once, and as many an hour after "
     "them. Devices with a session of the account are not counted.",
     read_number<&C::otp_per_ip_hour, 1, 1'000'000>, plain, Part::sms},
    {"Accounts", "SMS_PER_BLOCK_HOUR", "20", "",
     "Texts to numbers that differ in their last four digits only: so many at once, and as many an hour after them; numbers that were "
     "verified before are never refused by it.",
     read_number<&C::sms_per_block_hour, 1, 1'000'000>, plain, Part::sms},
    {"Accounts", "SMS_PER_HOUR_MAX", "1000", "",
     "Codes sent to phones in any hour, over all, at least 8. Half is open to all; a quarter is kept for numbers that were verified "
     "before, and "
     "one for devices that show a session of the account.",
     read_number<&C::sms_per_hour_max, 8, 100'000'000>, plain, Part::sms},
    {"Accounts", "SMS_USED_PERCENT_MIN", "20", "",
     "Where less than so many percent of a day's codes are used, a country, and a block of numbers that differ in their last four digits "
     "only, get no more, but for numbers that were verified before; `0`: nothing is stopped.",
     read_number<&C::sms_used_percent_min, 0, 100>, plain, Part::sms},
    {"Accounts", "SMS_JUDGED_FROM", "20", "", "Codes to a country or block within a day from which on it is judged so.",
     read_number<&C::sms_judged_from, 1, 1'000'000>, plain, Part::sms},
    {"Accounts", "SMS_TEMPLATE", "{code} is your code. It is valid for {minutes} minutes.", "",
     "Text of the SMS, in letters that one SMS holds 160 of. A last line `@host #123456` follows, by which phones offer the code to the "
     "page, where all of it is 140 bytes at most.",
     read_sms_template, plain, Part::sms},
    {"Accounts", "SMS_ORIGIN", "", "the host of PUBLIC_URL", "Host of the page that codes are typed into, for that last line.",
     read_sms_origin, plain, Part::sms},
    {"Accounts", "TWILIO_ACCOUNT_SID", "", "", "Twilio's account (AC...).", read_word<&C::twilio_account_sid>, key, Part::sms},
    {"Accounts", "TWILIO_AUTH_TOKEN", "", "", "Its token; it signs Twilio's reports, also where an API key sends.",
     read_service_key<&C::twilio_auth_token>, secret, Part::sms},
    {"Accounts", "TWILIO_API_KEY_SID", "", "", "An API key of it (SK...) that sends instead of the token,",
     read_word<&C::twilio_api_key_sid>, key, Part::sms},
    {"Accounts", "TWILIO_API_KEY_SECRET", "", "", "and its secret.", read_service_key<&C::twilio_api_key_secret>, secret, Part::sms},
    {"Accounts", "TWILIO_FROM", "", "", "The number that sends,", read_word<&C::twilio_from>, plain, Part::sms},
    {"Accounts", "TWILIO_MESSAGING_SERVICE_SID", "", "", "or the messaging service that chooses one.",
     read_word<&C::twilio_messaging_service_sid>, key, Part::sms},
    {"Accounts", "TWILIO_BASE_URL", "https://api.twilio.com", "", "Where Twilio is.", read_url<&C::twilio_base_url>, url, Part::sms},
    {"Accounts", "SMS_WEBHOOK_URL", "", "", "Any vendor's SMS: gets a signed POST for each code.", read_url<&C::sms_webhook_url>, url,
     Part::sms},
    {"Accounts", "SMS_WEBHOOK_SECRET", "", "", "Signs it.", read_secret<&C::sms_webhook_secret>, secret, Part::sms},

    {"Pages", "PAGES", "True", "", "Whether this server has pages for people. `False`: only the API, for a front end of one's own.",
     read_flag<&C::pages>},
    {"Pages", "BRAND_NAME", "Pollux", "", "What the pages call themselves.", read_brand_name},
    {"Pages", "BRAND_LOGO_FILE", "", "", "A picture in the place of ours: SVG or PNG, at most 64 KiB, read at the start.", read_logo_file},
    {"Pages", "BRAND_ACCENT", "", "that of the pages, 0c6078",
     "Colour of links and of what is chosen, in the light theme. One that text cannot be read in (a contrast below 4.5) is refused.",
     read_colour<&C::brand_accent>},
    {"Pages", "BRAND_ACCENT_DARK", "", "derived from BRAND_ACCENT", "The same in the dark theme.", read_colour<&C::brand_accent_dark>},
    {"Pages", "TERMS_URL", "", "", "Your terms, linked where people sign up.", read_link<&C::terms_url>, url},
    {"Pages", "PRIVACY_URL", "", "", "What you do with data, linked there too.", read_link<&C::privacy_url>, url},

    {"Payments", "STRIPE_PUBLISHABLE_KEY", "", "", "For pages.", read_word<&C::stripe_publishable_key>, key, Part::stripe},
    {"Payments", "STRIPE_SECRET_KEY", "", "", "`sk_...` or `rk_...`: with it, Pro is paid for through Stripe.", read_stripe_key, secret,
     Part::stripe},
    {"Payments", "STRIPE_WEBHOOK_SECRET", "", "", "`whsec_...`: proves that an event is Stripe's; several by comma while they change.",
     read_webhook_secrets, secret, Part::stripe},
    {"Payments", "STRIPE_PRICE_ID", "", "", "The price of Pro, made with Stripe; several by comma, the first is the default.",
     read_price_ids, key, Part::stripe},
    {"Payments", "STRIPE_BASE_URL", "https://api.stripe.com", "", "Where Stripe is.", read_url<&C::stripe_base_url>, url, Part::stripe},
    {"Payments", "BILLING_GRACE_DAYS", "3", "",
     "How long Pro stays after a payment failed. Holds for a subscription from its next event on.",
     read_number<&C::billing_grace_days, 0, 90>, plain, Part::stripe},
    {"Payments", "STRIPE_TRIAL_DAYS", "0", "",
     "Days before the first payment, for who buys for the first time: once a number, also over deleted accounts, for a year.",
     read_number<&C::stripe_trial_days, 0, 730>, plain, Part::stripe},
    {"Payments", "STRIPE_PROMOTION_CODES", "False", "", "Whether buyers may type a promotion code.", read_flag<&C::stripe_promotion_codes>,
     plain, Part::stripe},
    {"Payments", "STRIPE_AUTOMATIC_TAX", "False", "", "Whether Stripe Tax computes taxes; it then asks buyers for an address.",
     read_flag<&C::stripe_automatic_tax>, plain, Part::stripe},
};

} // namespace

bool is_built(Part part)
{
    return part != Part::retention; // What a later version brings is read and checked already.
}

std::string_view name_of(Part part)
{
    switch (part) {
    case Part::core: return "Pollux";
    case Part::postgres: return "PostgreSQL";
    case Part::compatible_models: return "OpenAI-compatible servers";
    case Part::titles: return "titles by a model";
    case Part::model_rate: return "calls per minute to a model";
    case Part::proxies: return "trusted proxies";
    case Part::rate_rules: return "own rate rules";
    case Part::metrics: return "metrics";
    case Part::sms: return "codes by SMS";
    case Part::stripe: return "payments by Stripe";
    case Part::retention: return "retention";
    }
    return "";
}

std::span<Setting const> settings()
{
    return list;
}

Setting const* find_setting(std::string_view name)
{
    auto found = std::find_if(std::begin(list), std::end(list), [&](Setting const& setting) { return setting.name == name; });
    return found == std::end(list) ? nullptr : found;
}

} // namespace pollux::config
