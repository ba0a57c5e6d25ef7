#include "cli/doctor_payments.hpp"

#include "base/lenient_json.hpp"
#include "base/reason.hpp"
#include "billing/stripe/account_objects.hpp"
#include "billing/stripe/client.hpp"
#include "billing/stripe/key_rights.hpp"
#include "billing/stripe/key_trouble.hpp"
#include "billing/stripe/portal_switches.hpp"
#include "cli/stripe_access.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace pollux::cli {
namespace {

namespace stripe = billing::stripe;
namespace asio = boost::asio;

constexpr std::chrono::seconds call_time_max{5};
constexpr std::size_t prices_max = 10; // More are not asked for.
constexpr std::size_t account_of_key_size = 16;

// Stripe shows a secret to nobody who asks by a key.
constexpr char const* about_secret =
    "Only whether STRIPE_WEBHOOK_SECRET is this endpoint's cannot be asked: were it not, the log of a server would say "
    "payment_signature_refused, and pollux_payment_events_total{fate=\"refused\"} rise.";

constexpr char const* set_up = "`pollux stripe-setup` makes or mends it.";

Steady::time_point soon()
{
    return Steady::now() + call_time_max;
}

class Examination {
public:
    Examination(stripe::Api const& api, PaymentSetup setup) : api_(api), setup_(std::move(setup)) {}

    asio::awaitable<std::vector<Finding>> run()
    {
        bool const is_open = co_await key();
        if (is_open) {
            take_stored();
            co_await prices();
            // A start refuses any other, and both are known by it.
            bool const is_public = setup_.debug || setup_.public_url.starts_with("https://");
            if (is_public) {
                co_await portal();
                co_await endpoint();
            }
            if (setup_.is_restricted) co_await rights();
            bool const is_well = is_public && std::ranges::all_of(findings_, [](Finding const& one) { return one.health == Health::well; });
            if (is_well) {
                add(Health::well, "what is sold, the portal and the webhook endpoint are right.",
                    setup_.has_webhook_secret ? about_secret : "");
            }
        }
        co_return std::move(findings_);
    }

private:
    void add(Health health, std::string const& what, std::string mend)
    {
        findings_.push_back({health, "Stripe: " + what, std::move(mend)});
    }

    template <class T>
    void unanswered(std::string const& what, stripe::Fetched<T> const& fetched)
    {
        if (fetched.is_refused) return lacks_right(what, fetched.detail);
        add(Health::ill, "does not show " + what + " (" + fetched.detail + ").", "Try again; see to the network.");
    }

    void lacks_right(std::string const& what, std::string const& detail)
    {
        add(Health::ill, "refuses to show " + what + " to this key (" + detail + ").",
            "Give a restricted key all its rights: " + stripe::rights_of_servers() + ".");
    }

    // Those that can be seen by reading; what else there is was read before. One that is lacking is named, and all that are needed.
    asio::awaitable<void> rights()
    {
        std::vector<stripe::KeyRight> all(stripe::rights_to_write.begin(), stripe::rights_to_write.end());
        all.insert(all.end(), stripe::rights_to_read.begin(), stripe::rights_to_read.end());
        std::string lacking;
        std::string detail;
        for (auto const& right : all) {
            if (right.probe.empty() || is_seen_already(right)) continue;
            stripe::Form form;
            form.add("limit", std::int64_t{1});
            auto const answer = co_await api_.call({.path = std::string(right.probe), .form = std::move(form), .deadline = soon()});
            if (answer.outcome == stripe::Outcome::done) continue;
            if (answer.outcome != stripe::Outcome::refused)
                co_return unanswered(std::string(right.resource), stripe::not_fetched<bool>(answer));
            lacking.append(lacking.empty() ? "" : ", ").append(right.resource);
            detail = answer.detail;
        }
        if (!lacking.empty()) co_return lacks_right(lacking, detail);
        add(Health::well, "the restricted key may read what it must; whether it may also write shows the first purchase.", "");
    }

    bool is_seen_already(stripe::KeyRight const& right) const
    {
        if (right.probe == "/v1/prices" && setup_.prices.empty()) return false;
        constexpr std::array<std::string_view, 4> seen{"/v1/account", "/v1/prices", "/v1/billing_portal/configurations",
                                                       "/v1/webhook_endpoints"};
        return std::ranges::find(seen, right.probe) != seen.end();
    }

    asio::awaitable<bool> key()
    {
        auto const answer = co_await api_.call({.path = "/v1/account", .deadline = soon()});
        account_ = text_at(answer.body, "id");
        if (answer.outcome == stripe::Outcome::done && !account_.empty()) {
            add(Health::well, "the key is right: account " + account_ + ", " + std::string(stripe::word_of(api_.mode())) + " mode.", "");
            compare_publishable_key();
            co_return true;
        }
        auto trouble = stripe::trouble_of(answer);
        add(Health::ill, trouble.what, std::move(trouble.mend));
        co_return false;
    }

    // Keys of today name their account: that of acct_1ABC... begins pk_live_51ABC...
    void compare_publishable_key()
    {
        auto const& key = setup_.publishable_key;
        auto const mark = key.rfind('_');
        auto const whose = mark == std::string::npos ? std::string() : key.substr(mark + 1);
        bool const names_one = whose.starts_with("51") && whose.size() > 2 * account_of_key_size;
        if (!names_one || account_.size() != 5 + account_of_key_size) return;
        if (whose.substr(1, account_of_key_size) != account_.substr(5))
            add(Health::ill, "STRIPE_PUBLISHABLE_KEY is of another account than STRIPE_SECRET_KEY.",
                "Take both from the same page of Stripe's Dashboard.");
    }

    // Of another account the key shows nothing, and what is sold there is not sold now. Those of the settings follow these at each start.
    void take_stored()
    {
        std::erase_if(setup_.stored, [&](auto const& one) { return one.account != account_; });
        for (auto const& one : setup_.stored) {
            auto const named = std::ranges::find(setup_.prices, one.price);
            if (named != setup_.prices.end() && one.plan != "pro") {
                add(Health::note, "STRIPE_PRICE_ID names the price " + one.price + ", which is of the plan " + one.plan + ".",
                    "Take it out there; or make it Pro's by `pollux plans price pro " + one.price + "`.");
                setup_.prices.erase(named);
            }
        }
        offered_ = setup_.prices;
        for (auto const& one : setup_.stored) {
            bool const is_named = std::ranges::find(offered_, one.price) != offered_.end();
            if (one.is_sold && !one.is_of_settings && !is_named) besides_.push_back(one.price);
        }
        offered_.insert(offered_.end(), besides_.begin(), besides_.end());
        setup_.prices = offered_;
        setup_.prices.resize(std::min(setup_.prices.size(), prices_max));
    }

    // How to mend that nobody can buy by it.
    std::string instead_of(std::string const& id, std::string of_settings) const
    {
        if (std::ranges::find(besides_, id) == besides_.end()) return of_settings;
        auto const command = "`pollux plans price " + std::ranges::find(setup_.stored, id, &billing::StoredPrice::price)->plan + " ";
        return command + id + " --retire` ends its sale; " + command + "...` names another one.";
    }

    asio::awaitable<void> prices()
    {
        if (setup_.prices.empty()) {
            add(Health::ill, "no price is set, so nothing is sold.",
                "`pollux stripe-setup --amount 20.00` makes one; put it into STRIPE_PRICE_ID.");
            findings_.back().instead_of = "STRIPE_PRICE_ID is not set";
        }
        for (auto const& id : setup_.prices) {
            auto const price = co_await stripe::listed_price_of(api_, id, soon());
            if (price.value)
                examine(*price.value);
            else if (!price.is_missing)
                unanswered("the price " + id, price);
            else if (price.detail.find("similar object exists") != std::string::npos)
                add(Health::ill, "the price " + id + " is of the other mode than the key.",
                    "Put a price of the key's mode into STRIPE_PRICE_ID: test and live have their own.");
            else
                add(Health::ill, "there is no price " + id + " in this account.",
                    instead_of(id, "Put an id of this account into STRIPE_PRICE_ID; `pollux stripe-setup` prints it."));
        }
    }

    void examine(stripe::ListedPrice const& listed)
    {
        auto const& price = listed.price;
        if (price.is_active && !price.interval.empty()) sold_.push_back(price);
        if (!price.is_active) {
            add(Health::ill, "the price " + price.id + " is archived, so nobody can buy by it.",
                "Make it active in Stripe's Dashboard; or: " + instead_of(price.id, "put another one into STRIPE_PRICE_ID."));
        }
        if (price.interval.empty()) {
            add(Health::ill, "the price " + price.id + " is paid once, and a plan needs one that recurs.",
                "`pollux stripe-setup --amount 20.00` makes one; put it into STRIPE_PRICE_ID.");
        }
    }

    // Ours, or the account's default: as a server chooses it (billing/payments/portal).
    asio::awaitable<void> portal()
    {
        auto const all = co_await stripe::portal_configurations(api_, soon());
        if (!all.value) co_return unanswered("the portal's configurations", all);
        auto const is_ours = [&](auto const& one) { return one.is_active && one.owner == setup_.public_url; };
        auto found = std::ranges::find_if(*all.value, is_ours);
        if (found == all.value->end()) found = std::ranges::find(*all.value, true, &stripe::PortalConfiguration::is_default);
        if (found == all.value->end())
            co_return add(Health::ill, "the portal has no configuration, so customers can neither cancel nor change their card.", set_up);
        examine(*found);
        if (setup_.is_database_known && found->switches_prices) co_await examine_offers(*found);
    }

    void examine(stripe::PortalConfiguration const& portal)
    {
        auto const name = "the portal configuration " + portal.id;
        if (!portal.cancels) add(Health::ill, name + " does not let customers cancel at the period's end.", set_up);
        if (!portal.takes_cards) add(Health::ill, name + " does not let customers change their card.", set_up);
        if (sold_.size() > 1) examine_switches(portal, name);
    }

    // What can be bought, and not be switched to.
    void examine_switches(stripe::PortalConfiguration const& portal, std::string const& name)
    {
        std::string cannot;
        for (auto const& price : sold_) {
            if (portal.switches_to(price.id)) continue;
            auto const instead = std::ranges::find_if(
                sold_, [&](auto const& other) { return stripe::exclude_each_other(other, price) && portal.switches_to(other.id); });
            if (instead == sold_.end()) return add(Health::note, name + " does not switch to the price " + price.id + ".", set_up);
            cannot = "cannot switch to the price " + price.id + " beside " + instead->id +
                     ": Stripe's portal takes one price of a product for each interval.";
        }
        if (!cannot.empty()) add(Health::note, name + " " + cannot, "Leave it so, or sell by a price of another product.");
    }

    // What can be switched to, and is not sold.
    asio::awaitable<void> examine_offers(stripe::PortalConfiguration portal)
    {
        std::vector<std::string> others;
        for (auto const& product : portal.switches) {
            std::ranges::copy_if(product.prices, std::back_inserter(others),
                                 [&](auto const& id) { return std::ranges::find(offered_, id) == offered_.end(); });
        }
        if (others.empty()) co_return;
        auto const& id = others.front();
        auto const known = std::ranges::find(setup_.stored, id, &billing::StoredPrice::price);
        auto const listed = co_await stripe::listed_price_of(api_, id, soon());
        bool const is_of_setup =
            listed.value && listed.value->is_of_setup && !listed.value->lookup_key.empty() && listed.value->price.is_active;
        auto what = "the portal configuration " + portal.id + " lets customers switch to the price " + id + ", which ";
        what += known == setup_.stored.end() ? "no plan names: who pays by it has none." : "is sold no more.";
        if (others.size() > 1) what += " So it does with " + std::to_string(others.size() - 1) + " more.";
        add(known == setup_.stored.end() ? Health::ill : Health::note, what,
            is_of_setup ? "Put it into STRIPE_PRICE_ID and start the servers anew; or archive it in Stripe's Dashboard, and run `pollux "
                          "stripe-setup`."
                        : "`pollux stripe-setup` takes it out.");
    }

    asio::awaitable<void> endpoint()
    {
        auto const urls = stripe::webhook_urls(setup_.public_url);
        auto const all = co_await stripe::webhook_endpoints(api_, soon());
        if (!all.value) co_return unanswered("the webhook endpoints", all);
        auto const* found = stripe::find_endpoint(*all.value, urls);
        if (!found) {
            // Who develops has events brought by Stripe's own command.
            auto const health = setup_.debug ? Health::note : Health::ill;
            co_return add(health, "no webhook endpoint has the URL " + urls.front() + ".",
                          "`pollux stripe-setup` makes one; or see to PUBLIC_URL.");
        }
        auto const name = "the webhook endpoint " + found->id;
        if (!found->is_enabled())
            add(Health::ill, name + " is switched off, so no event comes.",
                "`pollux stripe-setup` switches it on; then `pollux reconcile` repairs what was missed.");
        auto const deaf = found->deaf_to();
        if (!deaf.empty())
            add(Health::ill,
                name + " does not hear of " + std::to_string(deaf.size()) + " events, such as " + std::string(deaf.front()) + ".", set_up);
        if (found->version != stripe::api_version)
            add(Health::note,
                name + " sends the API version " + (found->version.empty() ? "of the account" : found->version) + ", not " +
                    std::string(stripe::api_version) + ".",
                "Delete it at Stripe and run `pollux stripe-setup`; a version cannot be changed.");
        auto const live =
            std::ranges::count_if(*all.value, [&](auto const& one) { return one.is_enabled() && stripe::leads_to(one, urls); });
        if (live > 1)
            add(Health::note, std::to_string(live) + " webhook endpoints lead here, so each event comes so often.",
                "Delete all but one at Stripe; STRIPE_WEBHOOK_SECRET is that one's.");
    }

    stripe::Api const& api_;
    PaymentSetup setup_;
    std::string account_;              // The key's.
    std::vector<std::string> besides_; // What the database sells, and the settings do not name: ids.
    std::vector<std::string> offered_; // What is sold at all.
    std::vector<stripe::Price> sold_;  // Of those what can be bought.
    std::vector<Finding> findings_;
};

} // namespace

std::vector<Finding> examine_payment_settings(PaymentSetup const& setup, stripe::Mode mode)
{
    std::vector<Finding> findings;
    auto const add = [&](Health health, std::string const& what, std::string mend) {
        findings.push_back({health, "Stripe: " + what, std::move(mend)});
    };
    auto const& key = setup.publishable_key;
    auto const own = mode == stripe::Mode::live ? "pk_live_" : "pk_test_";
    auto const other = mode == stripe::Mode::live ? "pk_test_" : "pk_live_";
    if (key.starts_with(other)) {
        add(Health::ill, "STRIPE_PUBLISHABLE_KEY is of the other mode than STRIPE_SECRET_KEY.",
            std::string("Set the one that begins with ") + own + ".");
    } else if (!key.empty() && !key.starts_with(own)) {
        add(Health::ill, "STRIPE_PUBLISHABLE_KEY is no publishable key, and everybody is shown it.",
            std::string("Set the one that begins with ") + own + "; roll what stood there if it was a secret.");
    }
    return findings;
}

asio::awaitable<std::vector<Finding>> examine_stripe(stripe::Api const& api, PaymentSetup setup)
{
    Examination examination(api, std::move(setup));
    co_return co_await examination.run();
}

std::vector<Finding> examine_payments(config::Config const& config)
{
    if (!config.stripe_secret_key) return {};
    try {
        auto const client = stripe_client(config, call_time_max);
        if (!client) return {{Health::ill, "Stripe: STRIPE_BASE_URL would send the key in clear.", "Use https."}};
        auto stored = app::stored_prices(config, std::string(stripe::word_of(client->mode())));
        PaymentSetup setup{.debug = config.debug,
                           .public_url = config.public_url,
                           .prices = config.stripe_price_ids,
                           .stored = std::move(stored.prices),
                           .is_database_known = stored.failure.empty(),
                           .publishable_key = config.stripe_publishable_key.value_or(""),
                           .has_webhook_secret = !config.stripe_webhook_secrets.empty(),
                           .is_restricted = stripe::is_restricted(config.stripe_secret_key->reveal())};
        // Outside debug a start refuses these, and so they stand among the settings.
        auto findings = config.debug ? examine_payment_settings(setup, client->mode()) : std::vector<Finding>();
        for (auto& finding : run_calls(examine_stripe(*client, std::move(setup)))) findings.push_back(std::move(finding));
        return findings;
    } catch (std::exception const& what) {
        return {{Health::ill, "Stripe: could not be looked at: " + reason_of(what), "Try again; see to the network."}};
    }
}

} // namespace pollux::cli
