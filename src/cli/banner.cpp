#include "cli/banner.hpp"

#include "app/demo_payments.hpp"
#include "billing/stripe/api.hpp"
#include "cli/version.hpp"
#include "config/addresses.hpp"

#include <filesystem>

namespace pollux::cli {
namespace {

std::string models_line(config::Config const& config)
{
    std::string line;
    for (std::string const& model : config.ai_models) {
        line += line.empty() ? "" : ", else ";
        line += model == "demo" ? "the demo model (it says so in every reply)" : model;
    }
    bool const is_demo_alone = config.ai_models == std::vector<std::string>{"demo"};
    if (is_demo_alone) line += "; set GEMINI_API_KEY for Gemini";
    return line;
}

std::string codes_line(config::Config const& config)
{
    switch (config.otp_delivery) {
    case config::OtpDelivery::response: return "shown in the answer of send-otp and here";
    case config::OtpDelivery::console: return "shown here";
    case config::OtpDelivery::twilio: return "sent by Twilio";
    case config::OtpDelivery::webhook: return "sent to SMS_WEBHOOK_URL";
    case config::OtpDelivery::none: return "not sent";
    }
    return "";
}

std::string payments_line(config::Config const& config)
{
    if (app::sells_in_demo(config)) return "a demo, in which no money moves; set STRIPE_SECRET_KEY for Stripe";
    if (!config.stripe_secret_key) return "none: set STRIPE_SECRET_KEY to sell plans";
    auto const mode = billing::stripe::mode_of_key(config.stripe_secret_key->reveal());
    std::string line = mode == billing::stripe::Mode::live ? "Stripe, live" : "Stripe, test mode: no real money moves";
    if (config.stripe_base_url != config::Config{}.stripe_base_url) line += ", at " + config.stripe_base_url;
    return line;
}

std::string who_is_answered(config::Config const& config)
{
    std::string others;
    for (auto const& network : config.debug_networks) {
        if (!config::is_loopback_network(network)) others += (others.empty() ? "" : ", ") + network;
    }
    return others.empty() ? "this machine only" : "whoever comes from " + others + " too, and shows codes to them";
}

void append_line(std::string& out, std::string_view name, std::string_view text)
{
    out.append("  ").append(name).append(10 - name.size(), ' ').append(text).append("\n");
}

std::string database_line(config::Config const& config)
{
    bool const is_file = config.database == config::DatabaseKind::sqlite;
    return is_file ? "SQLite, " + std::filesystem::absolute(config.sqlite_path).lexically_normal().string() : "PostgreSQL";
}

void append_notices(std::string& out, std::vector<std::string> const& notices)
{
    if (!notices.empty()) out += "\n";
    for (std::string const& notice : notices) out += "  Note: " + notice + "\n";
}

void append_tour(std::string& out, std::string const& url, config::Config const& config)
{
    std::string const mobile = config.otp_test_numbers.empty() ? "+11234567890" : config.otp_test_numbers.front().mobile;
    std::string const code = config.otp_test_numbers.empty() ? "CODE" : config.otp_test_numbers.front().code;
    bool const has_code = config.pages && !config.otp_test_numbers.empty();
    if (has_code) out += "\n  Sign up with " + mobile + "; its code is " + code + ".\n";
    auto post = [&](std::string const& path, std::string const& body) {
        out += "    curl " + url + path + " -H 'Content-Type: application/json' -d '" + body + "'\n";
    };
    out += config.pages ? "\n  The API, without a browser:\n" : "\n  Try it:\n";
    post("/auth/signup/", R"({"mobile":")" + mobile + R"(","password":"testpass123"})");
    post("/auth/send-otp/", R"({"mobile":")" + mobile + R"(","purpose":"login"})");
    post("/auth/verify-otp/", R"({"mobile":")" + mobile + R"(","code":")" + code + R"(","purpose":"login"})");
    out += "  or, in another terminal:\n    build/release/pollux chat" + (url == "http://127.0.0.1:8000" ? "" : " --url " + url) + "\n";
}

} // namespace

std::string server_url(config::Config const& config, std::uint16_t port)
{
    config::Endpoint shown = config.listen;
    if (shown.host == "0.0.0.0") shown.host = "127.0.0.1";
    if (shown.host == "::") shown.host = "::1";
    shown.port = port;
    return "http://" + to_text(shown);
}

std::string page_url(config::Config const& config, std::uint16_t port)
{
    return config.debug || config.public_url.empty() ? server_url(config, port) : config.public_url;
}

std::string banner(config::Config const& config, std::uint16_t port, std::vector<std::string> const& notices)
{
    std::string const url = server_url(config, port);
    std::string out = "Pollux " + std::string(version()) + " is ready at " + url;
    out += config.debug ? "  (debug: answers " + who_is_answered(config) + ")\n\n" : "\n\n";
    append_line(out, "Pages", config.pages ? "open " + page_url(config, port) + " in a browser" : "none (PAGES=False)");
    append_line(out, "Model", models_line(config));
    append_line(out, "Data", std::filesystem::absolute(config.data_dir).lexically_normal().string());
    append_line(out, "Database", database_line(config));
    append_line(out, "Codes", codes_line(config));
    append_line(out, "Payments", payments_line(config));
    if (config.debug) append_tour(out, url, config);
    append_notices(out, notices);
    return out;
}

std::string worker_banner(config::Config const& config, std::vector<std::string> const& notices)
{
    std::string out =
        "Pollux " + std::string(version()) + " writes replies, up to " + std::to_string(config.worker_concurrency) + " at once\n\n";
    append_line(out, "Model", models_line(config));
    append_line(out, "Database", database_line(config));
    append_notices(out, notices);
    return out;
}

} // namespace pollux::cli
