#include "stripe/portal.hpp"

#include "stripe/errors.hpp"
#include "stripe/list.hpp"
#include "stripe/shapes.hpp"

#include <set>
#include <tuple>

namespace pollux::sims::stripe {

namespace {

constexpr std::size_t products_max = 10;
constexpr char const* updated = "billing_portal.configuration.updated";

// A configuration as it is changed by a call: what is shown of it, and products[], which are shown only where they are asked for.
struct Draft {
    json::object body;
    json::array products;
};

// All features as they are when they were left out: off.
json::object features_off()
{
    auto features = blank("billing_portal.configuration").at("features").as_object();
    features["customer_update"] = {{"allowed_updates", json::array()}, {"enabled", false}};
    features["invoice_history"] = {{"enabled", false}};
    features["payment_method_update"] = {{"enabled", false}, {"payment_method_configuration", nullptr}};
    features["subscription_cancel"] = {
        {"cancellation_reason",
         {{"enabled", false}, {"feedback_options", nullptr}, {"options", json::array{"too_expensive", "unused", "other"}}}},
        {"enabled", false},
        {"mode", "at_period_end"},
        {"proration_behavior", "none"}};
    features["subscription_pause"] = {{"duration", {{"interval_options", json::array()}, {"type", "indefinite"}}}, {"enabled", false}};
    features["subscription_update"] = {{"billing_cycle_anchor", nullptr},
                                       {"default_allowed_updates", json::array()},
                                       {"enabled", false},
                                       {"proration_behavior", "none"},
                                       {"schedule_at_period_end", {{"conditions", json::array()}}},
                                       {"trial_update_behavior", "end_trial"}};
    return features;
}

// products[] with what Stripe fills in; each price must be of its product, and no two of a product may have the same billing interval.
json::array read_products(World& world, json::array const& given)
{
    std::string const param = "features[subscription_update][products]";
    if (given.size() > products_max) throw invalid("You can specify up to 10 products.", param);
    json::array products;
    std::set<std::tuple<std::string, std::string, std::int64_t>> intervals;
    for (auto const& value : given) {
        auto const& asked = value.get_object();
        auto const product = text_of(asked, "product");
        world.need("product", product, param + "[0][product]");
        auto const* prices = array_in(asked, "prices");
        if (!prices || prices->empty()) throw missing_param(param + "[0][prices]");
        for (auto const& price : *prices) {
            auto const& found = world.need("price", price.get_string(), param + "[0][prices][0]");
            if (text_of(found.body, "product") != product)
                throw invalid("The price " + found.id() + " does not belong to the product " + product + ".", param);
            auto const count = number_at(found.body, "recurring.interval_count");
            if (!intervals.emplace(product, text_at(found.body, "recurring.interval"), count).second)
                throw invalid("For each product, its price must have unique billing intervals.", param);
        }
        products.push_back({{"adjustable_quantity", {{"enabled", false}, {"maximum", nullptr}, {"minimum", 1}}},
                            {"prices", *prices},
                            {"product", product}});
    }
    return products;
}

void apply(World& world, Draft& draft, json::object const& params)
{
    auto& body = draft.body;
    copy_given(body, params, "default_return_url name active");
    if (auto const* profile = object_in(params, "business_profile"))
        copy_given(body.at("business_profile").as_object(), *profile, "headline privacy_policy_url terms_of_service_url");
    if (params.contains("metadata")) merge_metadata(body, params);
    if (auto const* login = object_in(params, "login_page")) {
        bool const is_enabled = flag_of(*login, "enabled");
        body["login_page"] = {{"enabled", is_enabled},
                              {"url", is_enabled ? json::value(world.base_url + "/p/login") : json::value(nullptr)}};
    }
    auto const* asked = object_in(params, "features");
    if (!asked) return;
    auto& features = body.at("features").as_object();
    for (auto const& [name, value] : *asked) {
        auto& feature = features.at(name).as_object();
        for (auto const& [field, setting] : value.get_object()) {
            if (field == "products")
                draft.products = setting.is_array() ? read_products(world, setting.get_array()) : json::array();
            else if (feature.contains(field) && feature.at(field).is_object() && setting.is_object()) {
                for (auto const& inner : setting.get_object()) feature.at(field).get_object()[inner.key()] = inner.value();
            } else
                feature[field] =
                    setting.is_null() && feature.contains(field) && feature.at(field).is_array() ? json::value(json::array()) : setting;
        }
    }
    auto const& update = features.at("subscription_update").get_object();
    if (!flag_of(update, "enabled")) return;
    if (draft.products.empty()) throw missing_param("features[subscription_update][products]");
    if (update.at("default_allowed_updates").get_array().empty())
        throw missing_param("features[subscription_update][default_allowed_updates]");
}

Record& make(World& world, json::object const& params, bool is_default)
{
    Draft draft{{{"active", true},
                 {"business_profile", blank("billing_portal.configuration").at("business_profile")},
                 {"features", features_off()},
                 {"is_default", is_default},
                 {"login_page", {{"enabled", false}, {"url", nullptr}}},
                 {"metadata", json::object()},
                 {"name", nullptr},
                 {"updated", world.now()}},
                {}};
    apply(world, draft, params);
    auto& made = world.make("billing_portal.configuration", "bpc_", std::move(draft.body), "billing_portal.configuration.created");
    made.hidden["products"] = std::move(draft.products);
    return made;
}

Draft draft_of(Record const& configuration)
{
    return {configuration.body, offered_products(configuration)};
}

void put(Record& configuration, Draft draft)
{
    auto& world = *configuration.world;
    bool const has_others = offered_products(configuration) != draft.products;
    configuration.hidden["products"] = std::move(draft.products);
    draft.body["updated"] = world.now();
    bool const is_told = world.change(configuration, updated, [&](json::object& now) { now = draft.body; });
    if (has_others && !is_told) world.tell(updated, configuration);
}

json::object create(Ask& ask)
{
    if (!object_in(ask.params, "features")) throw missing_param("features");
    return make(ask.world, ask.params, false).body;
}

json::object retrieve(Ask& ask)
{
    return ask.world.need("billing_portal.configuration", ask.ids.front()).body;
}

json::object update(Ask& ask)
{
    auto& configuration = ask.world.need("billing_portal.configuration", ask.ids.front());
    auto draft = draft_of(configuration);
    apply(ask.world, draft, ask.params);
    if (flag_of(draft.body, "is_default") && !flag_of(draft.body, "active"))
        throw invalid("You cannot deactivate your default configuration.", "active");
    put(configuration, std::move(draft));
    return configuration.body;
}

json::object list(Ask& ask)
{
    auto const* active = ask.params.if_contains("active");
    auto const* is_default = ask.params.if_contains("is_default");
    return list_of(ask, "billing_portal.configuration", [&](Record const& one) {
        return (!active || flag_of(one.body, "active") == active->get_bool()) &&
               (!is_default || flag_of(one.body, "is_default") == is_default->get_bool());
    });
}

} // namespace

json::array const& offered_products(Record const& configuration)
{
    return configuration.hidden.at("products").get_array();
}

Record& save_default_configuration(World& world, json::object const& params)
{
    for (auto& one : world.store.all("billing_portal.configuration")) {
        if (!flag_of(one.body, "is_default")) continue;
        auto draft = draft_of(one);
        apply(world, draft, params);
        put(one, std::move(draft));
        return one;
    }
    return make(world, params, true);
}

void add_portal_configuration_routes(std::vector<Route>& routes)
{
    constexpr std::string_view fields = "active business_profile default_return_url features login_page metadata name";
    routes.push_back({"POST /v1/billing_portal/configurations", create, fields});
    routes.push_back({"GET /v1/billing_portal/configurations", list, "*"});
    routes.push_back({"GET /v1/billing_portal/configurations/{id}", retrieve, "*"});
    routes.push_back({"POST /v1/billing_portal/configurations/{id}", update, fields});
}

} // namespace pollux::sims::stripe
