#include "billing/stripe/setup_catalogue.hpp"

#include "billing/stripe/account_objects.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace pollux::billing::stripe {
namespace {

constexpr std::array<std::string_view, 4> intervals{"month", "year", "week", "day"};

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

class CatalogueSetup {
public:
    explicit CatalogueSetup(SetupRun& run) : run_(run), wish_(run.wish().price) {}

    asio::awaitable<std::optional<std::vector<Price>>> settle()
    {
        bool const is_done = co_await settle_prices() && co_await settle_product() && co_await look_at_settings();
        if (!is_done) co_return std::nullopt;
        for (auto const& one : sold_) run_.outcome.prices.push_back(one.id);
        bool const has_others = co_await look_at_other_plans();
        if (!has_others) co_return std::nullopt;
        if (sold_.empty()) {
            run_.fail("Pro has no price that is sold: say what it costs, like --amount 20.00 --currency usd --interval month", "");
            co_return std::nullopt;
        }
        co_return std::move(sold_);
    }

private:
    asio::awaitable<bool> settle_prices()
    {
        std::vector<std::string> keys;
        for (auto const interval : intervals) keys.push_back(lookup_key_of(interval));
        auto listed = co_await prices_by_lookup_key(run_.api(), std::move(keys), run_.soon());
        if (!listed.value) co_return run_.fail("Stripe does not list the prices", listed.detail);
        prices_ = std::move(*listed.value);
        for (auto const& one : prices_) told_.push_back(one.price.id);
        if (wish_) {
            bool const is_done = co_await settle_wanted_price(*wish_);
            if (!is_done) co_return false;
        }
        for (auto& one : prices_) {
            if (one.price.id != made_) {
                bool const is_done = co_await settle_price(one);
                if (!is_done) co_return false;
            }
            if (one.price.is_active && !is_of_another_plan(one.price.id, "price " + one.price.id)) sold_.push_back(one.price);
        }
        std::erase_if(prices_, [](ListedPrice const& one) { return !one.price.is_active; });
        co_return true;
    }

    // What a price costs can never be changed: another one takes its place, and its lookup key. Who pays by the old one goes on.
    asio::awaitable<bool> settle_wanted_price(PriceWish wish)
    {
        auto const key = lookup_key_of(wish.interval);
        auto const old = std::ranges::find_if(prices_, [&](ListedPrice const& one) { return one.lookup_key == key; });
        bool const has_old = old != prices_.end();
        if (has_old && is_same(old->price, wish)) {
            std::rotate(prices_.begin(), old, old + 1);
            co_return true;
        }
        bool const has_product = co_await make_product();
        if (!has_product) co_return false;
        Form form;
        form.add("product", pro_product).add("unit_amount", wish.amount_minor).add("currency", wish.currency);
        form.add("recurring[interval]", wish.interval).add("lookup_key", key).add("metadata[pollux]", "pro");
        if (has_old) form.add("transfer_lookup_key", true);
        auto const made = co_await run_.post("/v1/prices", std::move(form), "Stripe does not make the price");
        if (!made) co_return false;
        auto const price = read_listed_price(made->body);
        run_.say(SetupDone::made, text_of(price));
        if (has_old) {
            // Not archived: until they are started anew, servers sell by it, and another installation may.
            run_.say(SetupDone::mended, text_of(*old) + ", whose place it takes: sold no more once the servers are started anew, and who " +
                                            "pays by it goes on");
            prices_.erase(old);
        }
        made_ = price.price.id;
        told_.push_back(made_);
        prices_.insert(prices_.begin(), price);
        co_return true;
    }

    asio::awaitable<bool> settle_price(ListedPrice& one)
    {
        if (one.price.is_active) {
            run_.say(SetupDone::found, text_of(one));
            co_return true;
        }
        // Somebody may have archived it so that it is sold no more.
        if (!wish_ || !is_same(one.price, *wish_)) {
            run_.say(SetupDone::named,
                     text_of(one) + " is archived, so it is not sold: name its amount, currency and interval to sell it again");
            co_return true;
        }
        Form form;
        form.add("active", true);
        auto const done = co_await run_.post("/v1/prices/" + one.price.id, std::move(form), "Stripe does not make the price active");
        if (!done) co_return false;
        run_.say(SetupDone::mended, text_of(one) + ", which is active again");
        one.price.is_active = true;
        co_return true;
    }

    // The product that a new price is to be of.
    asio::awaitable<bool> make_product()
    {
        auto const there = co_await run_.api().call({.path = std::string("/v1/products/") + pro_product, .deadline = run_.soon()});
        if (there.outcome == Outcome::done) co_return true;
        if (there.error_code != "resource_missing") co_return run_.fail("Stripe does not show the product", there.detail);
        Form form;
        form.add("id", pro_product).add("name", "Pro").add("metadata[pollux]", "pro");
        auto const made = co_await run_.post("/v1/products", std::move(form), "Stripe does not make the product");
        if (!made) co_return false;
        run_.say(SetupDone::made, std::string("product ") + pro_product);
        co_return true;
    }

    // Of an archived product nothing can be bought.
    asio::awaitable<bool> settle_product()
    {
        for (auto const& one : prices_) {
            auto const path = "/v1/products/" + path_part(one.price.product).value_or("-");
            auto const product = co_await run_.api().call({.path = path, .deadline = run_.soon()});
            if (product.outcome != Outcome::done) co_return run_.fail("Stripe does not show the product", product.detail);
            auto const* active = product.body.if_contains("active");
            bool const is_archived = active && active->is_bool() && !active->get_bool();
            if (!is_archived) continue;
            if (one.price.product != pro_product) {
                run_.say(SetupDone::named, "product " + one.price.product + " of " + text_of(one) +
                                               " is archived, and not ours: make it active in Stripe's Dashboard, or nobody can buy");
                continue;
            }
            Form form;
            form.add("active", true);
            auto const done = co_await run_.post(path, std::move(form), "Stripe does not make the product active");
            if (!done) co_return false;
            run_.say(SetupDone::mended, std::string("product ") + pro_product + ", which is active again");
        }
        co_return true;
    }

    // Somebody may sell by prices that the settings name besides ours. What cannot be bought any more belongs there no longer: whoever
    // pays by it goes on, since a server that has once sold by a price remembers which plan it is of.
    asio::awaitable<bool> look_at_settings()
    {
        for (auto const& id : run_.wish().also_sold) {
            if (std::ranges::find(told_, id) != told_.end()) continue;
            told_.push_back(id);
            auto const price = co_await listed_price_of(run_.api(), id, run_.soon());
            if (!price.value && !price.is_missing) co_return run_.fail("Stripe does not show the price " + id, price.detail);
            auto const name = "price " + id + " of STRIPE_PRICE_ID";
            if (is_of_another_plan(id, name)) continue;
            if (!price.value)
                run_.say(SetupDone::named, name + " is not there in this account and mode, so it is left out below");
            else if (!price.value->price.is_active)
                run_.say(SetupDone::named, name + " is archived, so it is left out below; who pays by it goes on");
            else if (price.value->price.interval.empty())
                run_.say(SetupDone::named, name + " is paid once, and a plan needs one that recurs, so it is left out below");
            else if (price.value->is_replaced())
                run_.say(SetupDone::named,
                         name + " is one whose place another of ours has taken, so it is left out below; who pays by it goes on");
            else
                sold_.push_back(price.value->price);
        }
        co_return true;
    }

    // An operator has said so, and no start takes that back.
    bool is_of_another_plan(std::string const& id, std::string const& name)
    {
        auto const* known = plan_of(id);
        if (!known || known->plan == "pro") return false;
        run_.say(SetupDone::named, name + " is of the plan " + known->plan + ", so it is left out below; `pollux plans price pro " + id +
                                       "` would make it Pro's");
        return true;
    }

    PlanOfPrice const* plan_of(std::string const& id) const
    {
        if (!run_.wish().plans) return nullptr;
        auto const& plans = *run_.wish().plans;
        auto const found =
            std::ranges::find_if(plans, [&](auto const& one) { return one.account == run_.outcome.account && one.price == id; });
        return found == plans.end() ? nullptr : &*found;
    }

    // What they are sold by, customers are to be able to switch to.
    asio::awaitable<bool> look_at_other_plans()
    {
        if (!run_.wish().plans) co_return true;
        for (auto const& [account, id, plan, is_sold] : *run_.wish().plans) {
            bool const is_known = std::ranges::find(sold_, id, &Price::id) != sold_.end();
            if (!is_sold || is_known || account != run_.outcome.account) continue;
            auto const price = co_await listed_price_of(run_.api(), id, run_.soon());
            if (!price.value && !price.is_missing) co_return run_.fail("Stripe does not show the price " + id, price.detail);
            auto const name = "price " + id + " of the plan " + plan;
            auto const mend = ": `pollux plans price " + plan + " " + id + " --retire` ends its sale, and another price begins one";
            if (!price.value)
                run_.say(SetupDone::named, name + " is not there any more" + mend);
            else if (!price.value->price.is_active)
                run_.say(SetupDone::named, name + " is archived, so nobody can buy by it" + mend);
            else
                sold_.push_back(price.value->price);
        }
        co_return true;
    }

    SetupRun& run_;
    std::optional<PriceWish> const& wish_;
    std::vector<ListedPrice> prices_; // Ours.
    std::string made_;                // Of those, in this run.
    std::vector<std::string> told_;   // Ids of which a line has said what is to be said: ours, retired ones too, and of the settings.
    std::vector<Price> sold_;         // Pro's before those of other plans.
};

} // namespace

asio::awaitable<std::optional<std::vector<Price>>> settle_catalogue(SetupRun& run)
{
    CatalogueSetup setup(run);
    co_return co_await setup.settle();
}

} // namespace pollux::billing::stripe
