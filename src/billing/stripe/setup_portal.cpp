#include "billing/stripe/setup_portal.hpp"

#include "base/lenient_json.hpp"
#include "billing/stripe/portal_switches.hpp"

#include <algorithm>
#include <utility>

namespace pollux::billing::stripe {
namespace {

constexpr char const* path = "/v1/billing_portal/configurations";

Form portal_form(std::string const& public_url, std::vector<ProductPrices> const& switches)
{
    Form form;
    form.add("metadata[pollux]", public_url).add("default_return_url", public_url + "/subscription/done/");
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

class PortalSetup {
public:
    PortalSetup(SetupRun& run, std::vector<Price> sold) : run_(run), wanted_(std::move(sold)) {}

    asio::awaitable<bool> settle()
    {
        auto const& owner = run_.wish().public_url;
        std::optional<PortalConfiguration> there;
        for (bool const is_active : {true, false}) {
            auto const listed = co_await portal_configurations(run_.api(), run_.soon(), is_active);
            if (!listed.value) co_return run_.fail("Stripe does not list the portal's configurations", listed.detail);
            auto const ours = std::ranges::find(*listed.value, owner, &PortalConfiguration::owner);
            if (ours == listed.value->end()) continue;
            there = *ours;
            break;
        }
        if (there) {
            bool const is_looked_at = co_await look_at_others(there->switches);
            if (!is_looked_at) co_return false;
        }
        auto switches = choose_switches(wanted_);
        bool is_done = false;
        if (there) {
            is_done = co_await mend(std::move(*there), std::move(switches.offered));
        } else {
            is_done = co_await make(std::move(switches.offered));
        }
        if (is_done) name_left_out(switches.left_out);
        co_return is_done;
    }

private:
    // What stands in the configuration besides.
    asio::awaitable<bool> look_at_others(std::vector<ProductPrices> switches)
    {
        for (auto const& one : switches) {
            for (auto const& id : one.prices) {
                if (std::ranges::find(wanted_, id, &Price::id) != wanted_.end()) continue;
                if (run_.wish().plans) {
                    dropped_.append(dropped_.empty() ? "" : ", ").append(id);
                    continue;
                }
                auto const price = co_await listed_price_of(run_.api(), id, run_.soon());
                if (!price.value && !price.is_missing) co_return run_.fail("Stripe does not show the price " + id, price.detail);
                bool const may_be_sold = price.value && price.value->price.is_active && !price.value->is_replaced();
                if (!may_be_sold) continue;
                wanted_.push_back(price.value->price);
                run_.say(SetupDone::named, "price " + id + " stays among those that customers can switch to, since no database was there " +
                                               "to tell whether it is sold: run this again where one is");
            }
        }
        co_return true;
    }

    asio::awaitable<bool> make(std::vector<ProductPrices> switches)
    {
        auto form = portal_form(run_.wish().public_url, switches);
        form.add("features[customer_update][enabled]", true).add("features[customer_update][allowed_updates][0]", "address");
        form.add("features[customer_update][allowed_updates][1]", "email").add("features[invoice_history][enabled]", true);
        auto const made = co_await run_.post(path, std::move(form), "Stripe does not make the portal's configuration");
        if (!made) co_return false;
        run_.say(SetupDone::made, "portal configuration " + std::string(text_at(made->body, "id")));
        co_return true;
    }

    asio::awaitable<bool> mend(PortalConfiguration ours, std::vector<ProductPrices> switches)
    {
        std::string wrong;
        auto const note = [&](bool is_right, std::string_view what) {
            if (!is_right) wrong.append(wrong.empty() ? "" : ", ").append(what);
        };
        note(ours.is_active, "active");
        note(ours.cancels, "cancelling at the period's end");
        note(ours.takes_cards, "changing the card");
        auto const about = dropped_.empty() ? std::string() : ", without " + dropped_ + ", which nothing is sold by";
        note(ours.switches_prices && are_same_switches(ours.switches, switches), "switching between the prices" + about);
        if (wrong.empty()) {
            run_.say(SetupDone::found, "portal configuration " + ours.id);
            co_return true;
        }
        auto form = portal_form(run_.wish().public_url, switches);
        form.add("active", true);
        auto const done =
            co_await run_.post(std::string(path) + "/" + ours.id, std::move(form), "Stripe does not mend the portal's configuration");
        if (!done) co_return false;
        run_.say(SetupDone::mended, "portal configuration " + ours.id + ": " + wrong);
        co_return true;
    }

    void name_left_out(std::vector<NotOffered> const& left_out)
    {
        for (auto const& one : left_out) {
            auto const why = one.instead.empty() ? "takes " + std::to_string(portal_products_max) + " products"
                                                 : "takes one price of a product for each interval, and here that is " + one.instead +
                                                       "; a price of another product can stand beside it";
            run_.say(SetupDone::named, "price " + one.price + " is none that customers can switch to: Stripe's portal " + why);
        }
    }

    SetupRun& run_;
    std::vector<Price> wanted_; // Best first.
    std::string dropped_;       // Ids that the configuration had.
};

} // namespace

asio::awaitable<bool> settle_portal(SetupRun& run, std::vector<Price> sold)
{
    PortalSetup setup(run, std::move(sold));
    co_return co_await setup.settle();
}

} // namespace pollux::billing::stripe
