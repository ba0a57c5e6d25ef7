#include "stripe/products.hpp"

#include "stripe/errors.hpp"
#include "stripe/list.hpp"

#include <algorithm>

namespace pollux::sims::stripe {

namespace {

constexpr std::string_view fields =
    "active description images marketing_features name shippable statement_descriptor tax_code unit_label url";

json::object create(Ask& ask)
{
    return make_product(ask.world, ask.params).body;
}

json::object retrieve(Ask& ask)
{
    return ask.world.need("product", ask.ids.front()).body;
}

json::object update(Ask& ask)
{
    auto& product = ask.world.need("product", ask.ids.front());
    auto const price = text_of(ask.params, "default_price");
    if (!price.empty() && text_of(ask.world.need("price", price, "default_price").body, "product") != product.id())
        throw invalid("The price specified belongs to another product.", "default_price");
    ask.world.change(product, "product.updated", [&](json::object& body) {
        copy_given(body, ask.params, fields);
        copy_given(body, ask.params, "default_price");
        merge_metadata(body, ask.params);
        body["updated"] = ask.world.now();
    });
    return product.body;
}

json::object remove(Ask& ask)
{
    auto& product = ask.world.need("product", ask.ids.front());
    if (std::ranges::any_of(ask.world.store.all("price"),
                            [&](Record const& price) { return text_of(price.body, "product") == product.id(); }))
        throw invalid("This product cannot be deleted because it has one or more user-created prices.");
    ask.world.tell("product.deleted", product);
    product.body = {{"id", product.id()}, {"object", "product"}, {"deleted", true}};
    return product.body;
}

json::object list(Ask& ask)
{
    auto const* active = ask.params.if_contains("active");
    auto const* ids = array_in(ask.params, "ids");
    auto const url = text_of(ask.params, "url");
    return list_of(ask, "product", [&](Record const& one) {
        if (active && flag_of(one.body, "active") != active->get_bool()) return false;
        if (ids && std::ranges::none_of(*ids, [&](json::value const& id) { return id == one.body.at("id"); })) return false;
        return url.empty() || text_of(one.body, "url") == url;
    });
}

} // namespace

Record& make_product(World& world, json::object const& params)
{
    json::object made{{"active", true}, {"default_price", nullptr}, {"type", "service"}, {"updated", world.now()}};
    copy_given(made, params, fields);
    auto const id = text_of(params, "id");
    if (!id.empty()) {
        if (world.store.find("product", id)) throw invalid("Product already exists.", "id", "resource_already_exists");
        made["id"] = id;
    }
    merge_metadata(made, params);
    return world.make("product", "prod_", std::move(made), "product.created");
}

void add_product_routes(std::vector<Route>& routes)
{
    routes.push_back(
        {"POST /v1/products", create,
         "active description id images marketing_features metadata name shippable statement_descriptor tax_code unit_label url"});
    routes.push_back({"GET /v1/products", list, "active created ending_before ids limit starting_after url"});
    routes.push_back({"GET /v1/products/{id}", retrieve, "*"});
    routes.push_back({"POST /v1/products/{id}", update,
                      "active default_price description images marketing_features metadata name shippable statement_descriptor tax_code "
                      "unit_label url"});
    routes.push_back({"DELETE /v1/products/{id}", remove, "*"});
}

} // namespace pollux::sims::stripe
