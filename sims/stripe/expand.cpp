#include "stripe/expand.hpp"

#include "stripe/errors.hpp"
#include "stripe/list.hpp"
#include "stripe/shapes.hpp"

#include <algorithm>

namespace pollux::sims::stripe {

namespace {

constexpr int levels_max = 4;

// What is left out of an object until it is asked for, or null.
json::value left_out(World& world, json::object const& body, std::string_view field)
{
    auto const object = text_of(body, "object");
    auto const id = text_of(body, "id");
    json::array data;
    if (object == "invoice" && field == "payments") {
        for (auto const& payment : world.store.all("invoice_payment")) {
            if (text_of(payment.body, "invoice") == id) data.push_back(payment.body);
        }
        return inner_list(std::move(data), "/v1/invoice_payments?invoice=" + id);
    }
    if (object == "checkout.session" && field == "line_items") {
        auto const* session = world.store.find("checkout.session", id);
        return inner_list(session->hidden.at("line_items").get_array(), "/v1/checkout/sessions/" + id + "/line_items");
    }
    if (object == "customer" && field == "subscriptions") {
        for (auto const* subscription : world.store.of_customer("subscription", id)) {
            if (text_of(subscription->body, "status") != "canceled") data.push_back(subscription->body);
        }
        return inner_list(std::move(data), "/v1/customers/" + id + "/subscriptions");
    }
    if (object == "price" && field == "currency_options") {
        return json::object{{text_of(body, "currency"), json::object{{"custom_unit_amount", nullptr},
                                                                     {"tax_behavior", body.at("tax_behavior")},
                                                                     {"unit_amount", body.at("unit_amount")},
                                                                     {"unit_amount_decimal", body.at("unit_amount_decimal")}}}};
    }
    if (object == "subscription_item" && field == "billed_until") return number_of(body, "current_period_end");
    return nullptr;
}

constexpr std::pair<std::string_view, std::string_view> kinds[] = {
    {"/v1/billing_portal/configurations", "billing_portal.configuration"},
    {"/v1/billing_portal/sessions", "billing_portal.session"},
    {"/v1/checkout/sessions", "checkout.session"},
    {"/v1/customers", "customer"},
    {"/v1/disputes", "dispute"},
    {"/v1/invoices", "invoice"},
    {"/v1/prices", "price"},
    {"/v1/products", "product"},
    {"/v1/refunds", "refund"},
    {"/v1/subscriptions", "subscription"},
};
constexpr std::string_view inner_objects = "currency_options items line_items lines payments subscriptions";

void check_depth(std::string const& path)
{
    if (std::count(path.begin(), path.end(), '.') >= levels_max)
        throw invalid("You cannot expand more than 4 levels of a property. Property: " + path, "expand");
}

class Expander {
public:
    Expander(World& world, std::string const& path, bool is_list) : world_(world), path_(path), is_list_(is_list) {}

    void expand(json::object& object, std::string_view rest)
    {
        if (rest.empty()) return;
        auto const kind = text_of(object, "object");
        if (kind == "list") {
            auto const dot = std::min(rest.find('.'), rest.size());
            if (rest.substr(0, dot) != "data") throw refused();
            for (auto& element : object.at("data").get_array()) expand(element.get_object(), rest.substr(std::min(dot + 1, rest.size())));
            return;
        }
        // The longest way within this object that can be expanded: "parent.subscription_details.subscription" is one.
        for (auto end = rest.size(); end > 0 && end != std::string_view::npos; end = rest.rfind('.', end - 1)) {
            if (!is_expandable(kind, rest.substr(0, end))) continue;
            return replace(object, rest.substr(0, end), rest.substr(std::min(end + 1, rest.size())));
        }
        auto const dot = std::min(rest.find('.'), rest.size());
        auto const field = rest.substr(0, dot);
        if (!object.contains(field)) {
            auto value = left_out(world_, object, field);
            if (value.is_null()) throw refused();
            object[field] = std::move(value);
            if (dot == rest.size()) return;
        } else if (dot == rest.size()) {
            throw refused();
        }
        auto& inner = object[field];
        if (!inner.is_object() || !inner.get_object().contains("object")) throw refused();
        expand(inner.get_object(), rest.substr(std::min(dot + 1, rest.size())));
    }

private:
    void replace(json::object& object, std::string_view field, std::string_view rest)
    {
        auto const dot = field.find('.');
        auto* value = object.if_contains(field.substr(0, dot));
        if (!value || value->is_null()) return;
        if (dot != std::string_view::npos) {
            if (auto* inner = value->if_object()) replace(*inner, field.substr(dot + 1), rest);
            return;
        }
        if (value->is_string()) {
            auto const* record = world_.store.find_any(value->get_string());
            if (!record) return;
            *value = record->body;
        }
        if (auto* inner = value->if_object(); inner && !flag_of(*inner, "deleted")) expand(*inner, rest);
    }

    StripeError refused() const
    {
        auto const hint =
            is_list_ && !path_.starts_with("data.") ? " You may want to try expanding 'data." + path_ + "' instead." : std::string();
        return invalid("This property cannot be expanded (" + path_ + ")." + hint, "expand");
    }

    World& world_;
    std::string const& path_;
    bool is_list_;
};

} // namespace

void check_expand(std::string_view endpoint, json::object const& params)
{
    auto const* wanted = array_in(params, "expand");
    auto const space = endpoint.find(' ');
    if (!wanted || endpoint.substr(0, space) != "POST") return;
    auto const path = endpoint.substr(space + 1);
    auto const kind = std::find_if(std::begin(kinds), std::end(kinds), [&](auto const& one) { return path.starts_with(one.first); });
    if (kind == std::end(kinds)) return;
    for (auto const& one : *wanted) {
        std::string const way(one.is_string() ? std::string_view(one.get_string()) : std::string_view());
        check_depth(way);
        if (has_word(inner_objects, way.substr(0, way.find('.')))) continue;
        bool is_known = false;
        for (auto end = way.size(); end > 0 && end != std::string::npos && !is_known; end = way.rfind('.', end - 1))
            is_known = is_expandable(kind->second, std::string_view(way).substr(0, end));
        if (!is_known) throw invalid("This property cannot be expanded (" + way + ").", "expand");
    }
}

void expand_all(World& world, json::object& answer, json::object const& params)
{
    auto const* wanted = array_in(params, "expand");
    if (!wanted) return;
    for (auto const& one : *wanted) {
        auto const path = std::string(one.is_string() ? std::string_view(one.get_string()) : std::string_view());
        check_depth(path);
        Expander(world, path, text_of(answer, "object") == "list").expand(answer, path);
    }
}

} // namespace pollux::sims::stripe
