#include "stripe/expand.hpp"

#include "stripe/errors.hpp"
#include "stripe/list.hpp"
#include "stripe/portal.hpp"
#include "stripe/shapes.hpp"

#include <algorithm>
#include <utility>

namespace pollux::sims::stripe {

namespace {

constexpr int levels_max = 4;

// What is left out of an object until it is asked for.
constexpr std::pair<std::string_view, std::string_view> left_out[] = {
    {"billing_portal.configuration", "features.subscription_update.products"},
    {"charge", "refunds"},
    {"checkout.session", "line_items"},
    {"customer", "subscriptions"},
    {"invoice", "payments"},
    {"price", "currency_options"},
    {"subscription_item", "billed_until"},
};

bool is_left_out(std::string_view object, std::string_view path)
{
    return std::ranges::find(left_out, std::pair(object, path)) != std::end(left_out);
}

json::value value_of(World& world, json::object const& body)
{
    auto const object = text_of(body, "object");
    auto const id = text_of(body, "id");
    json::array data;
    if (object == "billing_portal.configuration") return offered_products(*world.store.find(object, id));
    if (object == "invoice") {
        for (auto const& payment : world.store.all("invoice_payment")) {
            if (text_of(payment.body, "invoice") == id) data.push_back(payment.body);
        }
        return inner_list(std::move(data), "/v1/invoice_payments?invoice=" + id);
    }
    if (object == "charge") {
        auto const& refunds = world.store.all("refund");
        for (auto at = refunds.rbegin(); at != refunds.rend(); ++at) { // The newest first.
            if (text_of(at->body, "charge") == id) data.push_back(at->body);
        }
        return inner_list(std::move(data), "/v1/charges/" + id + "/refunds");
    }
    if (object == "checkout.session") {
        auto const* session = world.store.find("checkout.session", id);
        return inner_list(session->hidden.at("line_items").get_array(), "/v1/checkout/sessions/" + id + "/line_items");
    }
    if (object == "customer") {
        for (auto const* subscription : world.store.of_customer("subscription", id)) {
            if (text_of(subscription->body, "status") != "canceled") data.push_back(subscription->body);
        }
        return inner_list(std::move(data), "/v1/customers/" + id + "/subscriptions");
    }
    if (object == "price") {
        return json::object{{text_of(body, "currency"), json::object{{"custom_unit_amount", nullptr},
                                                                     {"tax_behavior", body.at("tax_behavior")},
                                                                     {"unit_amount", body.at("unit_amount")},
                                                                     {"unit_amount_decimal", body.at("unit_amount_decimal")}}}};
    }
    return number_of(body, "current_period_end"); // A subscription item's billed_until.
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
constexpr std::string_view lists_within = "items lines"; // That are always shown.

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
            auto const way = rest.substr(0, end);
            auto const further = rest.substr(std::min(end + 1, rest.size()));
            if (is_expandable(kind, way)) return replace(object, way, further);
            if (is_left_out(kind, way)) return include(object, way, further);
        }
        auto const dot = std::min(rest.find('.'), rest.size());
        auto* inner = object.if_contains(rest.substr(0, dot));
        if (dot == rest.size() || !inner) throw refused();
        expand_within(*inner, rest.substr(dot + 1));
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

    void include(json::object& object, std::string_view way, std::string_view rest)
    {
        auto* holder = &object;
        auto name = way;
        for (auto dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.')) {
            holder = &holder->at(name.substr(0, dot)).as_object();
            name.remove_prefix(dot + 1);
        }
        if (!holder->contains(name)) (*holder)[name] = value_of(world_, object);
        if (!rest.empty()) expand_within(holder->at(name), rest);
    }

    void expand_within(json::value& value, std::string_view rest)
    {
        auto* inner = value.if_object();
        if (!inner || !inner->contains("object")) throw refused();
        expand(*inner, rest);
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
        bool is_known = has_word(lists_within, way.substr(0, way.find('.')));
        for (auto end = way.size(); end > 0 && end != std::string::npos && !is_known; end = way.rfind('.', end - 1)) {
            auto const part = std::string_view(way).substr(0, end);
            is_known = is_expandable(kind->second, part) || is_left_out(kind->second, part);
        }
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
