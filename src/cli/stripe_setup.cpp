#include "cli/stripe_setup.hpp"

#include "app/stored_prices.hpp"
#include "billing/stripe/key_rights.hpp"
#include "cli/stripe_access.hpp"
#include "config/addresses.hpp"

#include <cstdio>

namespace pollux::cli {
namespace {

namespace stripe = billing::stripe;

constexpr std::chrono::seconds call_time_max{20};

int refuse(std::string const& line)
{
    std::fputs(("pollux: " + line + "\n").c_str(), stderr);
    return 1;
}

// What Stripe says ends with a full stop of its own, or without.
std::string as_sentence(std::string text)
{
    if (!text.ends_with('.')) text += '.';
    return text;
}

std::string_view word_of(stripe::SetupDone done)
{
    switch (done) {
    case stripe::SetupDone::made: return "made    ";
    case stripe::SetupDone::found: return "there   ";
    case stripe::SetupDone::mended: return "mended  ";
    case stripe::SetupDone::named: return "LOOK    ";
    }
    return {};
}

std::string list_of(std::vector<std::string> const& prices)
{
    std::string list;
    for (auto const& price : prices) list.append(list.empty() ? "" : ",").append(price);
    return list;
}

// Of the settings' prices the settings know better.
std::optional<std::vector<stripe::PlanOfPrice>> plans_of(app::StoredPrices const& stored)
{
    if (!stored.failure.empty()) return std::nullopt;
    std::vector<stripe::PlanOfPrice> plans;
    for (auto const& one : stored.prices) plans.push_back({one.account, one.price, one.plan, one.is_sold && !one.is_of_settings});
    return plans;
}

std::string no_database_text(std::string const& reason)
{
    return "\nNo database was looked at (" + reason +
           "). Prices that `pollux plans price` gave to plans stand there: once there are\nsome, run this where the database is, so that "
           "the portal offers them.\n";
}

std::string rights_text()
{
    return "\nA restricted key (rk_...) needs rights:\n  of the servers:  " + stripe::rights_of_servers() +
           "\n  of this command: " + stripe::rights_of_setup() + ", besides\n";
}

// What there is to do with the settings that were printed.
std::string next_text(stripe::SetupOutcome const& outcome, std::vector<std::string> const& sold)
{
    bool const is_same = outcome.prices == sold;
    std::string text;
    if (!outcome.webhook_secret.empty()) {
        text = "Start the servers anew with these settings: until then they sell by the old prices, and refuse events that are signed with "
               "the new secret. ";
    } else if (!is_same) {
        text = "Start the servers anew with this STRIPE_PRICE_ID: until then they sell by the old one. ";
    } else {
        text = outcome.has_changed() ? "The settings stay as they are. " : "Nothing was to be changed, and the settings stay as they are. ";
    }
    return text + "`pollux doctor` looks at all of it.\n";
}

bool is_local(std::string const& url)
{
    auto const parsed = config::parse_web_url(url);
    return parsed && config::is_loopback_host(parsed->host);
}

} // namespace

std::string setup_text(stripe::SetupOutcome const& outcome, std::vector<std::string> const& sold)
{
    std::string text;
    for (auto const& line : outcome.lines) text.append("  ").append(word_of(line.done)).append(line.what).append("\n");
    bool const has_failed = !outcome.failure.empty();
    if (has_failed && outcome.prices.empty()) return text;
    text += has_failed ? "\nThe settings so far" : "\nThe settings";
    text += " (.env or the environment):\n\nSTRIPE_PRICE_ID=" + list_of(outcome.prices) + "\n";
    if (!outcome.webhook_secret.empty()) {
        text += "STRIPE_WEBHOOK_SECRET=" + outcome.webhook_secret + "\n\nThe secret is shown this once. ";
    } else if (has_failed) {
        text += "\n";
    } else if (outcome.has_endpoint) {
        text +=
            "\nSTRIPE_WEBHOOK_SECRET stays what it is: it was shown when the endpoint was made, and Stripe's Dashboard shows it again.\n";
    } else {
        text += "\n";
    }
    if (has_failed) return text + "Mend what is said below and run this again.\n";
    return text + next_text(outcome, sold) + rights_text();
}

int stripe_setup(config::Config const& config, SetupArguments const& arguments)
{
    if (!config.stripe_secret_key) return refuse("STRIPE_SECRET_KEY is not set: take it from Stripe's Dashboard (Developers, API keys).");
    auto const client = stripe_client(config, call_time_max);
    if (!client) return refuse("STRIPE_BASE_URL would send the key in clear; use https.");
    bool const is_live = client->mode() == stripe::Mode::live;
    bool const is_https = config.public_url.starts_with("https://");
    if (!is_https && is_live)
        return refuse("STRIPE_SECRET_KEY is a live key: PUBLIC_URL must be where Stripe reaches this server, like "
                      "https://chat.example.com; for trying out take a test key (sk_test_...).");
    if (!is_https && !config.debug) return refuse("PUBLIC_URL must be where Stripe reaches this server, like https://chat.example.com.");
    auto const stored = app::stored_prices(config, std::string(stripe::word_of(client->mode())));
    stripe::SetupWish wish{.public_url = config.public_url,
                           .price = std::nullopt,
                           .also_sold = config.stripe_price_ids,
                           .is_local = is_local(config.public_url),
                           .plans = plans_of(stored)};
    if (!arguments.amount.empty()) {
        auto price = stripe::read_price_wish(arguments.amount, arguments.currency, arguments.interval);
        if (!price) return refuse(price.error().message());
        wish.price = std::move(*price);
    }
    auto const outcome = run_calls(stripe::set_up(*client, std::move(wish)));
    auto const mode = std::string(stripe::word_of(client->mode()));
    if (!outcome.account.empty()) std::fputs(("Stripe account " + outcome.account + ", " + mode + " mode:\n").c_str(), stdout);
    std::fputs(setup_text(outcome, config.stripe_price_ids).c_str(), stdout);
    if (!stored.failure.empty()) std::fputs(no_database_text(stored.failure).c_str(), stdout);
    std::fflush(stdout);
    if (outcome.failure.empty()) return 0;
    auto line = as_sentence(outcome.failure);
    bool const has_account = !outcome.account.empty(); // Else the line says it already.
    if (has_account && stripe::is_restricted(config.stripe_secret_key->reveal()))
        line += " A restricted key needs rights: of the servers " + stripe::rights_of_servers() + "; of this command " +
                stripe::rights_of_setup() + ", besides.";
    return refuse(line);
}

} // namespace pollux::cli
