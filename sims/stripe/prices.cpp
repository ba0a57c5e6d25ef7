#include "stripe/prices.hpp"

#include "stripe/errors.hpp"
#include "stripe/list.hpp"
#include "stripe/products.hpp"
#include "stripe/shapes.hpp"

#include <algorithm>
#include <charconv>

namespace pollux::sims::stripe {

namespace {

constexpr std::size_t lookup_keys_max = 10;
constexpr std::string_view currencies = "aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd "
                                        "cad cdf chf clp cny cop crc cve czk djf dkk "
                                        "dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg huf idr ils inr isk jmd jod "
                                        "jpy kes kgs khr kmf krw kwd kyd kzt lak lbp "
                                        "lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab "
                                        "pen pgk php pkr pln pyg qar ron rsd rub rwf "
                                        "sar sbd scr sek sgd shp sle sos srd std szl thb tjs tnd top try ttd twd tzs uah ugx usd uyu uzs "
                                        "vnd vuv wst xaf xcd xof xpf yer zar zmw";
constexpr std::string_view three_decimals = "bhd jod kwd omr tnd";
constexpr std::string_view whole_only = "isk ugx"; // Written with two decimals, which are 00.
constexpr std::int64_t amount_max = 99'999'999;
constexpr std::int64_t amount_max_idr = 999'999'999'999;

std::string check_currency(json::object const& params)
{
    auto currency = text_of(params, "currency");
    std::ranges::transform(currency, currency.begin(), [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    if (!has_word(currencies, currency))
        throw invalid("Invalid currency: " + currency + ". Stripe currently supports these currencies: usd, eur, ...", "currency");
    return currency;
}

// unit_amount, or null where unit_amount_decimal has a fraction.
void set_amount(json::object& made, json::object const& params, std::string const& currency)
{
    bool const whole = params.contains("unit_amount");
    auto const decimal = text_of(params, "unit_amount_decimal");
    if (whole && !decimal.empty())
        throw invalid("You may only specify one of these parameters: unit_amount, unit_amount_decimal.", "unit_amount");
    if (!whole && decimal.empty()) throw missing_param("unit_amount");
    std::int64_t amount = number_of(params, "unit_amount");
    bool has_fraction = false;
    if (!whole) {
        auto const [end, failed] = std::from_chars(decimal.data(), decimal.data() + decimal.size(), amount);
        auto const rest = std::string_view(end, static_cast<std::size_t>(decimal.data() + decimal.size() - end));
        if (failed != std::errc() || (!rest.empty() && rest.front() != '.'))
            throw invalid("Invalid decimal: " + decimal, "unit_amount_decimal");
        has_fraction = rest.find_first_not_of(".0") != std::string_view::npos;
    }
    if (amount < 0) throw invalid("This value must be greater than or equal to 0.", "unit_amount", "parameter_invalid_integer");
    if (amount > (currency == "idr" ? amount_max_idr : amount_max))
        throw invalid("Amount must be no more than 999,999.99", "unit_amount", "amount_too_large");
    if (has_word(three_decimals, currency) && amount % 10 != 0)
        throw invalid("Invalid amount: the last digit of an amount in " + currency + " must be 0.", "unit_amount");
    if (has_word(whole_only, currency) && amount % 100 != 0)
        throw invalid("Invalid amount: amounts in " + currency + " must be divisible by 100.", "unit_amount");
    if (!has_fraction) made["unit_amount"] = amount;
    made["unit_amount_decimal"] = whole ? std::to_string(amount) : decimal;
}

void take_lookup_key(World& world, json::object const& params, Record const* own)
{
    auto const key = text_of(params, "lookup_key");
    if (key.empty()) return;
    if (key.size() > 200) throw invalid("Lookup keys can have up to 200 characters.", "lookup_key");
    for (auto& other : world.store.all("price")) {
        if (&other == own || text_of(other.body, "lookup_key") != key) continue;
        if (!flag_of(params, "transfer_lookup_key"))
            throw invalid("A price (`" + other.id() + "`) already uses that lookup key.", "lookup_key");
        world.change(other, "price.updated", [](json::object& body) { body["lookup_key"] = nullptr; });
    }
}

json::object recurring_of(json::object const& given)
{
    json::object recurring{
        {"interval", "month"}, {"interval_count", 1}, {"meter", nullptr}, {"trial_period_days", nullptr}, {"usage_type", "licensed"}};
    copy_given(recurring, given, "interval interval_count usage_type");
    auto const interval = text_of(recurring, "interval");
    auto const count = number_of(recurring, "interval_count");
    auto const most = interval == "year" ? 3 : interval == "month" ? 36 : interval == "week" ? 156 : 1095;
    if (count < 1 || count > most) throw invalid("Invalid interval_count: at most three years are allowed.", "recurring[interval_count]");
    if (text_of(recurring, "usage_type") != "licensed") throw not_simulated("metered prices");
    return recurring;
}

json::object create(Ask& ask)
{
    auto& world = ask.world;
    auto const currency = check_currency(ask.params);
    auto const product = text_of(ask.params, "product");
    auto const* data = object_in(ask.params, "product_data");
    if (product.empty() == !data) throw invalid("You must specify either `product` or `product_data` when creating a price.", "product");
    if (!product.empty()) world.need("product", product, "product");
    json::object made{
        {"active", true}, {"billing_scheme", "per_unit"}, {"currency", currency}, {"type", "one_time"}, {"tax_behavior", "unspecified"}};
    set_amount(made, ask.params, currency);
    if (auto const* recurring = object_in(ask.params, "recurring")) {
        made["recurring"] = recurring_of(*recurring);
        made["type"] = "recurring";
    }
    copy_given(made, ask.params, "active lookup_key nickname tax_behavior");
    merge_metadata(made, ask.params);
    take_lookup_key(world, ask.params, nullptr);
    made["product"] = product.empty() ? make_product(world, *data).id() : product;
    return world.make("price", "price_", std::move(made), "price.created").body;
}

json::object retrieve(Ask& ask)
{
    return ask.world.need("price", ask.ids.front()).body;
}

json::object update(Ask& ask)
{
    auto& price = ask.world.need("price", ask.ids.front());
    take_lookup_key(ask.world, ask.params, &price);
    ask.world.change(price, "price.updated", [&](json::object& body) {
        copy_given(body, ask.params, "active lookup_key nickname tax_behavior");
        merge_metadata(body, ask.params);
    });
    return price.body;
}

json::object list(Ask& ask)
{
    auto const* keys = array_in(ask.params, "lookup_keys");
    if (keys && keys->size() > lookup_keys_max) throw invalid("You may only specify up to 10 lookup keys.", "lookup_keys");
    bool const active = ask.params.contains("active") ? flag_of(ask.params, "active") : true;
    auto const product = text_of(ask.params, "product");
    auto const type = text_of(ask.params, "type");
    auto const currency = text_of(ask.params, "currency");
    auto const interval = text_at(ask.params, "recurring.interval");
    return list_of(ask, "price", [&](Record const& one) {
        if (flag_of(one.body, "active") != active) return false;
        if (keys && std::ranges::none_of(*keys, [&](json::value const& key) { return key == one.body.at("lookup_key"); })) return false;
        if (!product.empty() && text_of(one.body, "product") != product) return false;
        if (!type.empty() && text_of(one.body, "type") != type) return false;
        if (!interval.empty() && text_at(one.body, "recurring.interval") != interval) return false;
        return currency.empty() || text_of(one.body, "currency") == currency;
    });
}

} // namespace

json::object plan_of(json::object const& price)
{
    auto plan = blank("plan");
    copy_given(plan, price, "id active billing_scheme created currency livemode metadata nickname product");
    plan["amount"] = price.at("unit_amount");
    plan["amount_decimal"] = price.at("unit_amount_decimal");
    plan["interval"] = text_at(price, "recurring.interval");
    plan["interval_count"] = number_at(price, "recurring.interval_count");
    plan["usage_type"] = "licensed";
    return plan;
}

void add_price_routes(std::vector<Route>& routes)
{
    routes.push_back({"POST /v1/prices", create,
                      "active currency lookup_key metadata nickname product product_data recurring.interval recurring.interval_count "
                      "recurring.usage_type tax_behavior transfer_lookup_key unit_amount unit_amount_decimal"});
    routes.push_back(
        {"GET /v1/prices", list, "active created currency ending_before limit lookup_keys product recurring.interval starting_after type"});
    routes.push_back({"GET /v1/prices/{id}", retrieve, "*"});
    routes.push_back({"POST /v1/prices/{id}", update, "active lookup_key metadata nickname tax_behavior transfer_lookup_key"});
}

} // namespace pollux::sims::stripe
