#include "stripe/pages.hpp"

#include "html.hpp"
#include "stripe/checkout_sessions.hpp"
#include "stripe/errors.hpp"
#include "stripe/form.hpp"
#include "stripe/ids.hpp"
#include "stripe/portal.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <functional>
#include <set>

namespace pollux::sims::stripe {

namespace {

struct Page {
    int status = 200;
    std::string html;
    std::string location; // Of a 303.
};

std::string page(std::string const& title, std::string const& content)
{
    return sims::page(title, "<p>A simulator, not Stripe: no money moves.</p>" + content);
}

std::string button(std::string const& path, std::string const& label, std::string const& fields = {})
{
    return "<form method=post action=\"" + escaped(path) + "\">" + fields + "<button>" + escaped(label) + "</button></form>";
}

std::string hidden(std::string const& name, std::string const& value)
{
    return "<input type=hidden name=" + name + " value=\"" + escaped(value) + "\">";
}

Page gone(std::string const& why)
{
    return {404, page("This page is gone", "<p>" + escaped(why) + "</p>"), {}};
}

Page checkout_page(Record const& session, std::string const& note)
{
    if (text_of(session.body, "status") != "open") return gone("This Checkout session is " + text_of(session.body, "status") + ".");
    std::string content = note.empty() ? "" : "<p role=alert>" + escaped(note) + "</p>";
    content += "<ul>";
    for (auto const& item : session.hidden.at("line_items").get_array()) {
        auto const& fields = item.get_object();
        content += "<li>" + std::to_string(number_of(fields, "quantity")) + " x " + escaped(text_of(fields, "description")) + ": " +
                   std::to_string(number_of(fields, "amount_total")) + " " + escaped(text_of(fields, "currency")) + " (minor units)</li>";
    }
    auto const path = "/c/pay/" + session.id();
    content += "</ul>" + button(path + "/pay", "Pay") + button(path + "/decline", "Decline") + button(path + "/pay_later", "Pay later");
    auto const back = text_of(session.body, "cancel_url");
    if (!back.empty()) content += "<p><a href=\"" + escaped(back) + "\">Back</a></p>";
    return {200, page("Checkout", content), {}};
}

Page checkout(Simulator& simulator, Request const& request, std::string_view rest)
{
    auto const slash = std::min(rest.find('/'), rest.size());
    auto* session = simulator.find("checkout.session", rest.substr(0, slash));
    if (!session) return gone("There is no such Checkout session.");
    if (request.method != "POST") return checkout_page(*session, "");
    std::string const what(rest.substr(std::min(slash + 1, rest.size())));
    if (!has_word("pay decline pay_later", what)) return gone("There is no such button.");
    if (text_of(session->body, "status") != "open") return checkout_page(*session, "");
    act_on_session(*session, what);
    if (what == "decline") return checkout_page(*session, "Your card was declined.");
    return {303, "", return_address(*session)};
}

// The url of after_expiration: a copy of the session, as new.
Page recover(Simulator& simulator, std::string_view id)
{
    auto* old = simulator.find("checkout.session", id);
    if (!old || text_of(old->body, "status") != "expired") return gone("There is nothing to recover.");
    auto& world = *old->world;
    auto copy = old->body;
    copy["id"] = make_id(world.live ? "cs_live_" : "cs_test_");
    copy["status"] = "open";
    copy["recovered_from"] = old->id();
    copy["created"] = world.now();
    copy["expires_at"] = world.now() + day;
    copy["after_expiration"] = nullptr;
    copy["url"] = world.base_url + "/c/pay/" + text_of(copy, "id");
    auto& session = world.make("checkout.session", "", std::move(copy), "");
    session.hidden = old->hidden;
    return {303, "", text_of(session.body, "url")};
}

std::set<std::string> offered_prices(Record const* configuration)
{
    std::set<std::string> prices;
    if (!configuration) return prices;
    for (auto const& product : offered_products(*configuration)) {
        for (auto const& price : product.at("prices").get_array()) prices.emplace(price.get_string());
    }
    return prices;
}

Page portal_page(Record& session, Record const* configuration, std::string const& path, std::string const& note)
{
    auto& world = *session.world;
    std::string content = note.empty() ? "" : "<p role=alert>" + escaped(note) + "</p>";
    for (auto const* subscription : world.store.of_customer("subscription", text_of(session.body, "customer"))) {
        if (is_ended(*subscription)) continue;
        auto const which = hidden("subscription", subscription->id());
        content += "<h2>" + escaped(subscription->id()) + "</h2><p>" + escaped(status_of(*subscription)) + "</p>";
        content +=
            has_value(subscription->body, "cancel_at") ? button(path + "/undo", "Undo", which) : button(path + "/cancel", "Cancel", which);
        for (auto const& price : offered_prices(configuration))
            content += button(path + "/switch", "Switch price to " + price, which + hidden("price", price));
        content += button(path + "/update_payment_method", "Update payment method", which);
    }
    auto const back = text_of(session.body, "return_url");
    if (!back.empty()) content += "<p><a href=\"" + escaped(back) + "\">Back</a></p>";
    return {200, page("Billing portal", content), {}};
}

Page portal(Simulator& simulator, Request const& request, std::string_view rest)
{
    auto const slash = std::min(rest.find('/'), rest.size());
    auto const secret = rest.substr(0, slash);
    Record* session = nullptr;
    for (auto* world : simulator.worlds()) {
        session = use_portal(*world, secret);
        if (session) break;
    }
    if (!session) return gone("This link has expired.");
    auto& world = *session->world;
    auto const* configuration = world.store.find("billing_portal.configuration", text_of(session->body, "configuration"));
    auto const path = "/p/session/" + std::string(secret);
    if (request.method != "POST") return portal_page(*session, configuration, path, "");
    auto const form = read_form(request.body);
    auto* subscription = world.store.find("subscription", text_of(form, "subscription"));
    if (!subscription || text_of(subscription->body, "customer") != text_of(session->body, "customer"))
        return gone("There is no such subscription.");
    try {
        act_in_portal(*subscription, configuration, std::string(rest.substr(std::min(slash + 1, rest.size()))), text_of(form, "price"));
    } catch (StripeError const& error) {
        return portal_page(*session, configuration, path, error.message);
    }
    auto const after = text_at(session->body, "flow.after_completion.redirect.return_url");
    return {303, "", after.empty() ? path : after};
}

} // namespace

std::string list_of_sessions(Simulator& simulator)
{
    constexpr std::size_t sessions_shown_max = 200;
    struct Made {
        std::int64_t at = 0;
        std::size_t place = 0; // Among those of the same second.
        Record const* session = nullptr;
    };
    std::vector<Made> sessions;
    for (auto* world : simulator.worlds()) {
        for (auto const& one : world->store.all("checkout.session"))
            sessions.push_back({number_of(one.body, "created"), sessions.size(), &one});
    }
    if (sessions.empty()) return "<p>None yet.</p>";
    std::ranges::sort(sessions, std::ranges::greater(), [](Made const& made) { return std::pair(made.at, made.place); });
    if (sessions.size() > sessions_shown_max) sessions.resize(sessions_shown_max);
    std::string rows;
    for (auto const& [at, place, session] : sessions) {
        auto const& body = session->body;
        auto const status = text_of(body, "status");
        auto const url = text_of(body, "url");
        rows += "<tr><td>" +
                (status == "open" ? "<a href=\"" + escaped(url) + "\">" + escaped(session->id()) + "</a>" : escaped(session->id())) +
                "<td>" + escaped(status) + "<td>" + escaped(text_of(body, "payment_status")) + "<td>" +
                std::to_string(number_of(body, "amount_total")) + " " + escaped(text_of(body, "currency")) + " (minor units)<td>" +
                escaped(text_of(body, "subscription"));
    }
    return "<table><tr><th>Session<th>Status<th>Payment<th>Amount<th>Subscription" + rows + "</table>";
}

bool is_page(std::string_view path)
{
    return path.starts_with("/c/") || path.starts_with("/p/") || path.starts_with("/i/");
}

asio::awaitable<After> answer_page(Simulator& simulator, Request request, std::shared_ptr<Connection> connection)
{
    simulator.clock.catch_up();
    std::string_view const path = request.path;
    Page made;
    try {
        if (path.starts_with("/c/pay/"))
            made = checkout(simulator, request, path.substr(7));
        else if (path.starts_with("/c/recover/"))
            made = recover(simulator, path.substr(11));
        else if (path.starts_with("/p/session/"))
            made = portal(simulator, request, path.substr(11));
        else
            made = gone("The simulator has no such page.");
    } catch (StripeError const& error) {
        made = {400, page("That did not work", "<p>" + escaped(error.message) + "</p>"), {}};
    } catch (std::exception const& fault) {
        made = {500, page("The simulator has a fault", "<p>" + escaped(fault.what()) + "</p>"), {}};
    }
    std::string const headers = made.location.empty() ? std::string() : "Location: " + made.location + "\r\n";
    bool const sent = co_await pollux::sims::answer(*connection, made.status, "text/html; charset=utf-8", std::move(made.html), headers);
    co_return sent ? After::keep : After::close;
}

} // namespace pollux::sims::stripe
