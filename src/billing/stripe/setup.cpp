#include "billing/stripe/setup.hpp"

#include "base/lenient_json.hpp"
#include "base/secrets.hpp"
#include "billing/stripe/account_objects.hpp"
#include "billing/stripe/client.hpp"
#include "billing/stripe/events.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace pollux::billing::stripe {
namespace {

constexpr std::chrono::seconds call_time_max{20};
constexpr std::array<std::string_view, 4> intervals{"month", "year", "week", "day"};

Steady::time_point soon()
{
    return Steady::now() + call_time_max;
}

bool is_same(Price const& price, PriceWish const& wish)
{
    return price.amount_minor == wish.amount_minor && price.currency == wish.currency && price.interval == wish.interval &&
           price.interval_count == 1;
}

std::string text_of(ListedPrice const& listed)
{
    auto const& price = listed.price;
    auto text = "price " + price.id + " (" + listed.lookup_key + ")";
    return price.amount_minor ? text + ": " + price_text(*price.amount_minor, price.currency, price.interval) : text;
}

// One run.
class Setup {
public:
    Setup(Api const& api, SetupWish wish) : api_(api), wish_(std::move(wish)) {}

    asio::awaitable<SetupOutcome> run()
    {
        bool const is_done = co_await look_at_account() && co_await settle_prices() && co_await settle_product() &&
                             co_await settle_portal() && co_await settle_endpoint();
        if (!is_done && out_.failure.empty()) out_.failure = "Stripe's answer is of no use";
        co_return std::move(out_);
    }

private:
    void say(SetupDone done, std::string what) { out_.lines.push_back({done, std::move(what)}); }

    bool fail(std::string what, std::string const& detail)
    {
        out_.failure = std::move(what) + (detail.empty() ? "" : ": " + detail);
        return false;
    }

    // nullopt: it failed, and that is said.
    asio::awaitable<std::optional<Answer>> post(std::string path, Form form, std::string what)
    {
        auto answer = co_await api_.call(
            {.method = "POST", .path = std::move(path), .form = std::move(form), .operation = random_token(), .deadline = soon()});
        if (answer.outcome == Outcome::done) co_return answer;
        fail(std::move(what), answer.detail);
        co_return std::nullopt;
    }

    asio::awaitable<bool> look_at_account()
    {
        auto account = co_await account_of(api_, soon());
        if (!account.value) co_return fail("Stripe does not say whose the key is", account.detail);
        out_.account = std::move(*account.value);
        co_return true;
    }

    asio::awaitable<bool> settle_prices()
    {
        std::vector<std::string> keys;
        for (auto const interval : intervals) keys.push_back(lookup_key_of(interval));
        auto listed = co_await prices_by_lookup_key(api_, std::move(keys), soon());
        if (!listed.value) co_return fail("Stripe does not list the prices", listed.detail);
        prices_ = std::move(*listed.value);
        bool const has_one = std::ranges::any_of(prices_, [](ListedPrice const& one) { return one.price.is_active; });
        if (!wish_.price && !has_one) {
            co_return fail("Pro has no price that is sold: say what it costs, like --amount 20.00 --currency usd --interval month", "");
        }
        if (wish_.price) {
            bool const is_done = co_await settle_wanted_price();
            if (!is_done) co_return false;
        }
        for (auto& one : prices_) {
            if (std::ranges::find(made_, one.price.id) == made_.end()) {
                bool const is_done = co_await settle_price(one);
                if (!is_done) co_return false;
            }
            if (one.price.is_active) out_.prices.push_back(one.price.id);
        }
        std::erase_if(prices_, [](ListedPrice const& one) { return !one.price.is_active; });
        co_return true;
    }

    // What a price costs can never be changed: another one takes its place, and its lookup key. Who pays by the old one goes on.
    asio::awaitable<bool> settle_wanted_price()
    {
        auto const key = lookup_key_of(wish_.price->interval);
        auto const old = std::ranges::find_if(prices_, [&](ListedPrice const& one) { return one.lookup_key == key; });
        bool const has_old = old != prices_.end();
        if (has_old && is_same(old->price, *wish_.price)) {
            std::rotate(prices_.begin(), old, old + 1);
            co_return true;
        }
        bool const has_product = co_await make_product();
        if (!has_product) co_return false;
        Form form;
        form.add("product", pro_product).add("unit_amount", wish_.price->amount_minor).add("currency", wish_.price->currency);
        form.add("recurring[interval]", wish_.price->interval).add("lookup_key", key).add("metadata[pollux]", "pro");
        if (has_old) form.add("transfer_lookup_key", true);
        auto const made = co_await post("/v1/prices", std::move(form), "Stripe does not make the price");
        if (!made) co_return false;
        auto const price = read_listed_price(made->body);
        say(SetupDone::made, text_of(price));
        if (has_old) {
            Form retired;
            retired.add("active", false);
            auto const done = co_await post("/v1/prices/" + old->price.id, std::move(retired), "Stripe does not retire the old price");
            if (!done) co_return false;
            say(SetupDone::mended, text_of(*old) + ", sold no more; who pays by it goes on");
            prices_.erase(old);
        }
        made_.push_back(price.price.id);
        prices_.insert(prices_.begin(), price);
        co_return true;
    }

    asio::awaitable<bool> settle_price(ListedPrice& one)
    {
        if (one.price.is_active) {
            say(SetupDone::found, text_of(one));
            co_return true;
        }
        // Somebody may have archived it so that it is sold no more.
        if (!wish_.price || !is_same(one.price, *wish_.price)) {
            say(SetupDone::named,
                text_of(one) + " is archived, so it is not sold: name its amount, currency and interval to sell it again");
            co_return true;
        }
        Form form;
        form.add("active", true);
        auto const done = co_await post("/v1/prices/" + one.price.id, std::move(form), "Stripe does not make the price active");
        if (!done) co_return false;
        say(SetupDone::mended, text_of(one) + ", which is active again");
        one.price.is_active = true;
        co_return true;
    }

    // The product that a new price is to be of.
    asio::awaitable<bool> make_product()
    {
        auto const there = co_await api_.call({.path = std::string("/v1/products/") + pro_product, .deadline = soon()});
        if (there.outcome == Outcome::done) co_return true;
        if (there.error_code != "resource_missing") co_return fail("Stripe does not show the product", there.detail);
        Form form;
        form.add("id", pro_product).add("name", "Pro").add("metadata[pollux]", "pro");
        auto const made = co_await post("/v1/products", std::move(form), "Stripe does not make the product");
        if (!made) co_return false;
        say(SetupDone::made, std::string("product ") + pro_product);
        co_return true;
    }

    // Of an archived product nothing can be bought.
    asio::awaitable<bool> settle_product()
    {
        for (auto const& one : prices_) {
            auto const path = "/v1/products/" + one.price.product;
            auto const product = co_await api_.call({.path = path, .deadline = soon()});
            if (product.outcome != Outcome::done) co_return fail("Stripe does not show the product", product.detail);
            auto const* active = product.body.if_contains("active");
            bool const is_archived = active && active->is_bool() && !active->get_bool();
            if (!is_archived) continue;
            if (one.price.product != pro_product) {
                say(SetupDone::named, "product " + one.price.product + " of " + text_of(one) +
                                          " is archived, and not ours: make it active in Stripe's Dashboard, or nobody can buy");
                continue;
            }
            Form form;
            form.add("active", true);
            auto const done = co_await post(path, std::move(form), "Stripe does not make the product active");
            if (!done) co_return false;
            say(SetupDone::mended, std::string("product ") + pro_product + ", which is active again");
        }
        co_return true;
    }

    // Between which prices the portal switches: ours, those of the settings, and what somebody has added.
    asio::awaitable<std::vector<ProductPrices>> wanted_switches(std::vector<ProductPrices> switches)
    {
        auto const add = [&](Price const& price) {
            auto product = std::ranges::find(switches, price.product, &ProductPrices::product);
            if (product == switches.end()) product = switches.insert(switches.end(), {price.product, {}});
            if (std::ranges::find(product->prices, price.id) == product->prices.end()) product->prices.push_back(price.id);
        };
        for (auto const& one : prices_) add(one.price);
        for (auto const& id : wish_.also_sold) {
            auto const sold = co_await listed_price_of(api_, id, soon());
            if (sold.value && sold.value->price.is_active && !sold.value->price.interval.empty()) add(sold.value->price);
        }
        co_return switches;
    }

    Form portal_form(std::vector<ProductPrices> const& switches)
    {
        Form form;
        form.add("metadata[pollux]", wish_.public_url).add("default_return_url", wish_.public_url + "/subscription/done/");
        form.add("features[payment_method_update][enabled]", true);
        form.add("features[subscription_cancel][enabled]", true).add("features[subscription_cancel][mode]", "at_period_end");
        std::string const update = "features[subscription_update]";
        form.add(update + "[enabled]", true).add(update + "[default_allowed_updates][0]", "price");
        form.add(update + "[proration_behavior]", "create_prorations");
        for (std::size_t index = 0; index < switches.size(); ++index) {
            auto const product = update + "[products][" + std::to_string(index) + "]";
            form.add(product + "[product]", switches[index].product);
            for (std::size_t at = 0; at < switches[index].prices.size(); ++at) {
                form.add(product + "[prices][" + std::to_string(at) + "]", switches[index].prices[at]);
            }
        }
        return form;
    }

    asio::awaitable<bool> settle_portal()
    {
        auto const listed = co_await portal_configurations(api_, soon());
        if (!listed.value) co_return fail("Stripe does not list the portal's configurations", listed.detail);
        auto const& all = *listed.value;
        auto ours = std::ranges::find_if(all, [&](auto const& one) { return one.owner == wish_.public_url && one.is_active; });
        if (ours == all.end()) ours = std::ranges::find(all, wish_.public_url, &PortalConfiguration::owner);
        if (ours == all.end()) {
            auto form = portal_form(co_await wanted_switches({}));
            form.add("features[customer_update][enabled]", true).add("features[customer_update][allowed_updates][0]", "address");
            form.add("features[customer_update][allowed_updates][1]", "email").add("features[invoice_history][enabled]", true);
            auto const made =
                co_await post("/v1/billing_portal/configurations", std::move(form), "Stripe does not make the portal's configuration");
            if (!made) co_return false;
            say(SetupDone::made, "portal configuration " + std::string(text_at(made->body, "id")));
            co_return true;
        }
        co_return co_await mend_portal(*ours);
    }

    asio::awaitable<bool> mend_portal(PortalConfiguration ours)
    {
        auto const switches = co_await wanted_switches(ours.switches);
        bool const has_prices = std::ranges::all_of(switches, [&](ProductPrices const& one) {
            return std::ranges::all_of(one.prices, [&](std::string const& price) { return ours.switches_to(price); });
        });
        std::string wrong;
        auto const note = [&](bool is_right, std::string_view what) {
            if (!is_right) wrong.append(wrong.empty() ? "" : ", ").append(what);
        };
        note(ours.is_active, "active");
        note(ours.cancels, "cancelling at the period's end");
        note(ours.takes_cards, "changing the card");
        note(has_prices, "switching between the prices");
        if (wrong.empty()) {
            say(SetupDone::found, "portal configuration " + ours.id);
            co_return true;
        }
        auto form = portal_form(switches);
        form.add("active", true);
        auto const done = co_await post("/v1/billing_portal/configurations/" + ours.id, std::move(form),
                                        "Stripe does not mend the portal's configuration");
        if (!done) co_return false;
        say(SetupDone::mended, "portal configuration " + ours.id + ": " + wrong);
        co_return true;
    }

    asio::awaitable<bool> settle_endpoint()
    {
        auto const listed = co_await webhook_endpoints(api_, soon());
        if (!listed.value) co_return fail("Stripe does not list the webhook endpoints", listed.detail);
        auto const* found = find_endpoint(*listed.value, webhook_urls(wish_.public_url));
        if (found) co_return co_await mend_endpoint(*found);
        Form form;
        form.add("url", webhook_urls(wish_.public_url).front()).add("api_version", api_version).add("description", "Pollux");
        form.add("metadata[pollux]", wish_.public_url);
        add_events(form, {event_types.begin(), event_types.end()});
        auto const made = co_await post("/v1/webhook_endpoints", std::move(form), "Stripe does not make the webhook endpoint");
        if (!made) co_return false;
        auto const endpoint = read_endpoint(made->body);
        out_.webhook_secret = endpoint.secret;
        say(SetupDone::made, "webhook endpoint " + endpoint.id + ": " + endpoint.url);
        co_return true;
    }

    static void add_events(Form& form, std::vector<std::string_view> const& events)
    {
        for (std::size_t index = 0; index < events.size(); ++index)
            form.add("enabled_events[" + std::to_string(index) + "]", events[index]);
    }

    asio::awaitable<bool> mend_endpoint(WebhookEndpoint endpoint)
    {
        auto const deaf = endpoint.deaf_to();
        Form form;
        std::string wrong;
        if (!deaf.empty()) {
            std::vector<std::string_view> all(endpoint.events.begin(), endpoint.events.end());
            all.insert(all.end(), deaf.begin(), deaf.end());
            add_events(form, all);
            wrong = std::to_string(deaf.size()) + " events that were missing";
        }
        if (!endpoint.is_enabled()) {
            form.add("disabled", false);
            wrong.append(wrong.empty() ? "" : ", ").append("switched on again");
        }
        auto const what = "webhook endpoint " + endpoint.id + ": " + endpoint.url;
        if (wrong.empty()) {
            say(SetupDone::found, what);
        } else {
            auto const done =
                co_await post("/v1/webhook_endpoints/" + endpoint.id, std::move(form), "Stripe does not mend the webhook endpoint");
            if (!done) co_return false;
            say(SetupDone::mended, what + ": " + wrong);
        }
        if (endpoint.version != api_version) {
            say(SetupDone::named, what + " sends events of the API version " +
                                      (endpoint.version.empty() ? "of the account" : endpoint.version) + " instead of " +
                                      std::string(api_version) + ", which Stripe does not change: delete it there, and run this again");
        }
        co_return true;
    }

    Api const& api_;
    SetupWish const wish_;
    SetupOutcome out_;
    std::vector<ListedPrice> prices_; // Ours.
    std::vector<std::string> made_;   // Of those, in this run.
};

} // namespace

asio::awaitable<SetupOutcome> set_up(Api const& api, SetupWish wish)
{
    Setup setup(api, std::move(wish));
    co_return co_await setup.run();
}

} // namespace pollux::billing::stripe
