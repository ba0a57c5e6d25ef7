#include "billing/stripe/objects.hpp"

#include "base/lenient_json.hpp"
#include "base/text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>

namespace pollux::billing::stripe {
namespace {

namespace json = boost::json;

constexpr std::int64_t seconds_max = 253'402'300'799; // The year 9999: what is later is no time of ours.

// Ids and words are stored, and sent to Stripe again. One with control characters in it, or longer than any of Stripe's, reads as not
// there: PostgreSQL takes no NUL, and an index no more than some thousand bytes.
constexpr std::size_t word_bytes_max = 255;
constexpr std::size_t url_bytes_max = 8'000;

std::string word_at(json::object const& object, std::string_view name, std::size_t bytes_max = word_bytes_max)
{
    auto const word = text_at(object, name);
    return word.size() > bytes_max || has_control_or_bidi(word) ? std::string() : std::string(word);
}

bool flag_at(json::object const& object, std::string_view name)
{
    auto const* value = object.if_contains(name);
    return value && value->is_bool() && value->get_bool();
}

bool is_false_at(json::object const& object, std::string_view name)
{
    auto const* value = object.if_contains(name);
    return value && value->is_bool() && !value->get_bool();
}

std::optional<Time> time_at(json::object const& object, std::string_view name)
{
    auto const seconds = number_at(object, name, -1);
    if (seconds < 0 || seconds > seconds_max) return std::nullopt;
    return Time(std::chrono::seconds(seconds));
}

// An id, whether the object stands there whole or not.
std::string id_at(json::object const& object, std::string_view name)
{
    if (auto const* expanded = object_at(object, name)) return word_at(*expanded, "id");
    return word_at(object, name);
}

Owner owner_of(json::object const& object)
{
    auto const* metadata = object_at(object, "metadata");
    if (!metadata) return {};
    // As it stands: what is strange there is of nobody here, and not of everybody.
    return {std::string(text_at(*metadata, "installation")), std::string(text_at(*metadata, "user"))};
}

std::optional<Invoice> invoice_of(json::object const& subscription)
{
    auto const* invoice = object_at(subscription, "latest_invoice");
    return invoice ? std::optional(read_invoice(*invoice)) : std::nullopt;
}

std::vector<SubscriptionItem> items_of(json::object const& subscription)
{
    std::vector<SubscriptionItem> items;
    auto const* list = object_at(subscription, "items");
    auto const* data = list ? array_at(*list, "data") : nullptr;
    if (!data) return items;
    for (auto const& value : *data) {
        auto const* item = value.if_object();
        if (!item || number_at(*item, "quantity", 1) == 0) continue; // Of nothing.
        items.push_back(
            {word_at(*item, "id"), id_at(*item, "price"), time_at(*item, "current_period_start"), time_at(*item, "current_period_end")});
    }
    return items;
}

// Items without an end come last.
SubscriptionItem const* first_to_end(std::vector<SubscriptionItem> const& items)
{
    auto const ends_before = [](auto const& left, auto const& right) {
        return left.period_end && (!right.period_end || *left.period_end < *right.period_end);
    };
    auto const found = std::ranges::min_element(items, ends_before);
    return found == items.end() ? nullptr : &*found;
}

} // namespace

std::optional<Time> Subscription::period_start() const
{
    auto const* item = first_to_end(items);
    return item ? item->period_start : std::nullopt;
}

std::optional<Time> Subscription::period_end() const
{
    auto const* item = first_to_end(items);
    return item ? item->period_end : std::nullopt;
}

Subscription read_subscription(json::object const& object)
{
    Subscription subscription;
    subscription.id = word_at(object, "id");
    subscription.customer = id_at(object, "customer");
    subscription.status = word_at(object, "status");
    subscription.items = items_of(object);
    subscription.latest_invoice = invoice_of(object);
    subscription.is_charged = text_at(object, "collection_method") != "send_invoice";
    subscription.cancels_at_period_end = flag_at(object, "cancel_at_period_end");
    subscription.cancel_at = time_at(object, "cancel_at");
    subscription.ended_at = time_at(object, "ended_at");
    subscription.created = time_at(object, "created");
    subscription.owner = owner_of(object);
    if (auto const* written = object_at(object, "metadata")) subscription.went_back = word_at(*written, "went_back");
    return subscription;
}

Invoice read_invoice(json::object const& object)
{
    Invoice read{.id = word_at(object, "id"),
                 .status = word_at(object, "status"),
                 .opened = time_at(object, "created"),
                 .reason = word_at(object, "billing_reason"),
                 .was_tried = !is_false_at(object, "attempted"),
                 .took_money = number_at(object, "amount_paid", 1) > 0};
    if (auto const* transitions = object_at(object, "status_transitions")) {
        if (auto const finalized = time_at(*transitions, "finalized_at")) read.opened = finalized;
    }
    return read;
}

CheckoutSession read_session(json::object const& object)
{
    CheckoutSession session;
    session.id = word_at(object, "id");
    session.url = word_at(object, "url", url_bytes_max);
    session.status = word_at(object, "status");
    session.payment_status = word_at(object, "payment_status");
    session.customer = id_at(object, "customer");
    session.subscription = id_at(object, "subscription");
    session.expires_at = time_at(object, "expires_at");
    session.owner = owner_of(object);
    if (auto const* written = object_at(object, "metadata")) session.operation = word_at(*written, "operation");
    return session;
}

Price read_price(json::object const& object)
{
    Price price;
    price.id = word_at(object, "id");
    price.product = id_at(object, "product");
    price.is_active = flag_at(object, "active");
    if (auto const* product = object_at(object, "product")) price.is_product_active = flag_at(*product, "active");
    if (auto const amount = number_at(object, "unit_amount", -1); amount >= 0) price.amount_minor = amount;
    price.currency = word_at(object, "currency");
    if (auto const* recurring = object_at(object, "recurring")) {
        price.interval = word_at(*recurring, "interval");
        price.interval_count = number_at(*recurring, "interval_count", 1);
    }
    return price;
}

std::optional<Event> read_event(json::object const& object)
{
    if (text_at(object, "object") != "event") return std::nullopt;
    Event event;
    event.id = word_at(object, "id");
    event.type = word_at(object, "type");
    if (event.id.empty() || event.type.empty()) return std::nullopt;
    event.account = word_at(object, "account");
    event.created = time_at(object, "created");
    event.is_live = flag_at(object, "livemode");
    auto const* data = object_at(object, "data");
    if (auto const* about = data ? object_at(*data, "object") : nullptr) {
        event.object_id = word_at(*about, "id");
        event.object_type = word_at(*about, "object");
        event.customer = event.object_type == "customer" ? event.object_id : id_at(*about, "customer");
        event.payment_intent = id_at(*about, "payment_intent");
    }
    return event;
}

} // namespace pollux::billing::stripe
