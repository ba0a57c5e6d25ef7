#include "billing/stripe/account_objects.hpp"

#include "base/lenient_json.hpp"
#include "base/text.hpp"
#include "billing/stripe/events.hpp"
#include "billing/stripe/lists.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace pollux::billing::stripe {
namespace {

namespace json = boost::json;

constexpr std::int64_t page_size = 100;

bool flag_at(json::object const& object, std::string_view name)
{
    auto const* value = object.if_contains(name);
    return value && value->is_bool() && value->get_bool();
}

std::vector<std::string> texts_at(json::object const& object, std::string_view name)
{
    std::vector<std::string> texts;
    auto const* list = array_at(object, name);
    if (!list) return texts;
    for (auto const& value : *list) {
        if (value.is_string()) texts.emplace_back(value.get_string());
    }
    return texts;
}

json::object const& feature(json::object const& configuration, std::string_view name)
{
    static json::object const none;
    auto const* features = object_at(configuration, "features");
    auto const* found = features ? object_at(*features, name) : nullptr;
    return found ? *found : none;
}

std::vector<ProductPrices> switches_of(json::object const& update)
{
    std::vector<ProductPrices> switches;
    auto const* products = array_at(update, "products");
    if (!products) return switches;
    for (auto const& value : *products) {
        if (auto const* product = value.if_object()) {
            switches.push_back({std::string(text_at(*product, "product")), texts_at(*product, "prices")});
        }
    }
    return switches;
}

asio::awaitable<Answer> get(Api const& api, std::string path, Form form, Steady::time_point deadline)
{
    return api.call({.path = std::move(path), .form = std::move(form), .deadline = deadline});
}

// Page by page, for as long as there is time.
template <class T>
asio::awaitable<Fetched<std::vector<T>>> all_pages(Api const& api, std::string path, Form form, T (*read)(json::object const&),
                                                   Steady::time_point deadline)
{
    form.add("limit", page_size);
    std::vector<T> all;
    std::string after;
    do {
        auto page = form;
        if (!after.empty()) page.add("starting_after", after);
        auto const answer = co_await get(api, path, std::move(page), deadline);
        auto const list = answer.outcome == Outcome::done ? list_of(answer.body) : std::nullopt;
        if (!list) co_return not_fetched<std::vector<T>>(answer);
        for (auto const* item : list->items) all.push_back(read(*item));
        bool const has_more = list->has_more && !list->items.empty();
        after = has_more ? text_at(*list->items.back(), "id") : std::string_view();
    } while (!after.empty());
    co_return fetched(std::move(all));
}

// In small letters, without the port that goes without saying and a slash at the end, without which our routes are the same.
std::string comparable(std::string_view url)
{
    auto const scheme_end = url.find("://");
    auto const host_begin = scheme_end == std::string_view::npos ? 0 : scheme_end + 3;
    auto const host_end = std::min(url.find('/', host_begin), url.size());
    auto origin = lower_ascii(url.substr(0, host_end));
    auto path = url.substr(host_end);
    for (std::string_view const usual : {":443", ":80"}) {
        bool const is_usual = origin.starts_with(usual == ":443" ? "https:" : "http:") && origin.ends_with(usual);
        if (is_usual) origin.resize(origin.size() - usual.size());
    }
    if (path.ends_with('/')) path.remove_suffix(1);
    return origin.append(path);
}

} // namespace

bool WebhookEndpoint::hears(std::string_view type) const
{
    return std::ranges::any_of(events, [&](std::string const& one) { return one == "*" || one == type; });
}

std::vector<std::string_view> WebhookEndpoint::deaf_to() const
{
    std::vector<std::string_view> missing;
    std::ranges::copy_if(event_types, std::back_inserter(missing), [&](std::string_view type) { return !hears(type); });
    return missing;
}

bool PortalConfiguration::switches_to(std::string_view price) const
{
    return switches_prices &&
           std::ranges::any_of(switches, [&](auto const& one) { return std::ranges::find(one.prices, price) != one.prices.end(); });
}

WebhookEndpoint read_endpoint(json::object const& object)
{
    WebhookEndpoint endpoint;
    endpoint.id = text_at(object, "id");
    endpoint.url = text_at(object, "url");
    endpoint.status = text_at(object, "status");
    endpoint.version = text_at(object, "api_version");
    endpoint.events = texts_at(object, "enabled_events");
    endpoint.secret = text_at(object, "secret");
    return endpoint;
}

PortalConfiguration read_portal_configuration(json::object const& object)
{
    PortalConfiguration configuration;
    configuration.id = text_at(object, "id");
    configuration.is_active = flag_at(object, "active");
    configuration.is_default = flag_at(object, "is_default");
    if (auto const* metadata = object_at(object, "metadata")) configuration.owner = text_at(*metadata, "pollux");
    auto const& cancel = feature(object, "subscription_cancel");
    configuration.cancels = flag_at(cancel, "enabled") && text_at(cancel, "mode") == "at_period_end";
    configuration.takes_cards = flag_at(feature(object, "payment_method_update"), "enabled");
    auto const& update = feature(object, "subscription_update");
    configuration.switches_prices = flag_at(update, "enabled");
    configuration.switches = switches_of(update);
    return configuration;
}

ListedPrice read_listed_price(json::object const& object)
{
    auto const* metadata = object_at(object, "metadata");
    bool const is_of_setup = metadata && text_at(*metadata, "pollux") == "pro";
    return {read_price(object), std::string(text_at(object, "lookup_key")), flag_at(object, "livemode"), is_of_setup};
}

asio::awaitable<Fetched<std::vector<WebhookEndpoint>>> webhook_endpoints(Api const& api, Steady::time_point deadline)
{
    return all_pages(api, "/v1/webhook_endpoints", {}, read_endpoint, deadline);
}

asio::awaitable<Fetched<std::vector<PortalConfiguration>>> portal_configurations(Api const& api, Steady::time_point deadline,
                                                                                 bool is_active)
{
    Form form;
    form.add("active", is_active);
    form.add("expand[0]", "data.features.subscription_update.products"); // Left out else.
    return all_pages(api, "/v1/billing_portal/configurations", std::move(form), read_portal_configuration, deadline);
}

asio::awaitable<Fetched<ListedPrice>> listed_price_of(Api const& api, std::string id, Steady::time_point deadline)
{
    auto const part = path_part(id);
    if (!part) co_return Fetched<ListedPrice>{.is_missing = true, .detail = "it can be no id"};
    auto const answer = co_await get(api, "/v1/prices/" + *part, {}, deadline);
    if (answer.outcome != Outcome::done || text_at(answer.body, "id").empty()) co_return not_fetched<ListedPrice>(answer);
    co_return fetched(read_listed_price(answer.body));
}

asio::awaitable<Fetched<std::vector<ListedPrice>>> prices_by_lookup_key(Api const& api, std::vector<std::string> keys,
                                                                        Steady::time_point deadline)
{
    std::vector<ListedPrice> all;
    for (bool const is_active : {true, false}) { // Stripe lists either the active ones or the others.
        Form form;
        for (std::size_t index = 0; index < keys.size(); ++index) form.add("lookup_keys[" + std::to_string(index) + "]", keys[index]);
        form.add("active", is_active);
        auto page = co_await all_pages(api, "/v1/prices", std::move(form), read_listed_price, deadline);
        if (!page.value) co_return page;
        std::ranges::move(*page.value, std::back_inserter(all));
    }
    co_return fetched(std::move(all));
}

std::vector<std::string> webhook_urls(std::string const& public_url)
{
    return {public_url + "/subscription/webhook/", public_url + "/webhook/stripe/", public_url + "/subscriptions/webhook/stripe/"};
}

bool leads_to(WebhookEndpoint const& endpoint, std::vector<std::string> const& urls)
{
    auto const url = comparable(endpoint.url);
    return std::ranges::any_of(urls, [&](std::string const& one) { return comparable(one) == url; });
}

WebhookEndpoint const* find_endpoint(std::vector<WebhookEndpoint> const& endpoints, std::vector<std::string> const& urls)
{
    WebhookEndpoint const* found = nullptr;
    for (auto const& url : urls) {
        for (auto const& endpoint : endpoints) {
            bool const is_better = !found || (!found->is_enabled() && endpoint.is_enabled());
            if (is_better && leads_to(endpoint, {url})) found = &endpoint;
        }
    }
    return found;
}

} // namespace pollux::billing::stripe
