#include "billing/demo/demo_pages.hpp"

namespace pollux::billing::demo {
namespace {

using http::html_text;

constexpr std::string_view demo_note =
    R"(<p class="note warn">This is a demo: no card is asked for, and no money moves. Pollux behaves as it does with real payments, so that )"
    R"(you can try what happens.</p>)";

std::string day_of(Time time)
{
    constexpr std::size_t date_size = 10;
    return rfc3339(time).substr(0, date_size);
}

std::string row(std::string_view name, std::string_view value, std::string_view css_class = {})
{
    std::string out = css_class.empty() ? "<div>" : "<div class=\"" + std::string(css_class) + "\">";
    return out + "<dt>" + html_text(name) + "</dt><dd>" + html_text(value) + "</dd></div>\n";
}

std::string link(std::string_view url, std::string_view text)
{
    return "<p><a href=\"" + html_text(url) + "\">" + html_text(text) + "</a></p>";
}

std::string note(std::string_view kind, std::string_view text)
{
    return "<p class=\"note " + std::string(kind) + "\" role=\"status\">" + html_text(text) + "</p>\n";
}

std::string button(std::string_view action, std::string_view text, bool is_primary = false)
{
    std::string const css_class = is_primary ? " class=\"primary\"" : "";
    return "<button" + css_class + " name=\"action\" value=\"" + std::string(action) + "\">" + html_text(text) + "</button>\n";
}

// --- checkout --------------------------------------------------------------------------------------------------------------------

std::string title_of(std::string const& price_id)
{
    auto const* price = find_price(price_id);
    return price ? std::string(price->title) : price_id;
}

std::string receipt(DemoSession const& session)
{
    auto const* price = find_price(session.price);
    std::string const amount = price ? amount_text(*price) : "";
    auto out = "<dl>\n" + row(title_of(session.price), amount);
    if (session.trial_days) out += row("Trial", std::to_string(*session.trial_days) + " days");
    return out + row("Due today", session.trial_days ? "$0.00" : amount, "total") + "</dl>\n";
}

// In a trial nothing is due, so nothing can come later.
std::string choices(DemoSession const& session)
{
    auto const* price = find_price(session.price);
    auto const pay = session.trial_days ? std::string("Start the trial") : "Pay " + (price ? amount_text(*price) : "");
    auto out = "<form method=\"post\">\n" + button("pay", pay, true) + button("decline", "Decline");
    if (!session.trial_days) out += button("pay_later", "Pay later");
    out += "</form>\n<p class=\"hint\">Decline: the card is refused, and nothing is bought.";
    if (!session.trial_days) {
        out += " Pay later: as with a bank debit, the order stands and the money comes " + std::to_string(late_money_after.count()) +
               " seconds after.";
    }
    return out + "</p>\n";
}

// --- portal ----------------------------------------------------------------------------------------------------------------------

std::string what_it_does(DemoSubscription const& subscription, DemoState const& state)
{
    if (state.is_over()) return "Ended on " + day_of(state.ended_at.value_or(state.period_end));
    if (subscription.cancel_at) return "Ends on " + day_of(*subscription.cancel_at);
    if (state.status == "incomplete") return "Waits for its first payment";
    if (state.status == "trialing") return "Trial until " + day_of(state.period_end);
    return "Renews on " + day_of(state.period_end);
}

std::string change_buttons(DemoSubscription const& subscription, DemoState const& state)
{
    if (state.is_over()) return {};
    if (subscription.cancel_at) return "<form method=\"post\">\n" + button("keep", "Keep it", true) + "</form>\n";
    std::string out;
    for (auto const& price : demo_prices) {
        if (price.id == subscription.price || state.status == "incomplete") continue;
        auto const text = "Switch to " + std::string(interval_of(price)) + "ly, " + amount_text(price);
        out += "<form method=\"post\">\n<input type=\"hidden\" name=\"price\" value=\"" + std::string(price.id) + "\">\n" +
               button("switch", text) + "</form>\n";
    }
    return out + "<form method=\"post\">\n" + button("cancel", "Cancel") + "</form>\n";
}

} // namespace

http::Html checkout_page(DemoDesk::CheckoutView const& view, CheckoutNote said)
{
    auto const& session = view.session;
    auto const status = status_at(session, view.now);
    std::string body = "<h1>Demo checkout</h1>\n" + std::string(demo_note) + "\n";
    if (status == "complete") {
        body += note("good", "This checkout is done.") + receipt(session) + link(success_url_of(session), "Go on");
        return {"Demo checkout, no money moves", std::move(body), {}};
    }
    if (status == "expired") {
        body += note("bad", "This checkout has expired. Nothing was bought.") + link(session.cancel_url, "Back");
        return {"Demo checkout, no money moves", std::move(body), {}};
    }
    if (said == CheckoutNote::declined) body += note("bad", "The card was declined. Nothing was bought; you can try again.");
    body += receipt(session) + choices(session) + link(session.cancel_url, "Back without buying");
    return {"Demo checkout, no money moves", std::move(body), {success_url_of(session)}};
}

http::Html portal_page(DemoDesk::PortalView const& view)
{
    std::string body = "<h1>Your subscription</h1>\n" + std::string(demo_note) + "\n";
    if (view.subscription) {
        auto const state = state_at(*view.subscription, view.now);
        auto const* price = find_price(view.subscription->price);
        body += "<dl>\n" + row(title_of(view.subscription->price), price ? amount_text(*price) : "") + row("Status", state.status) +
                row("Next", what_it_does(*view.subscription, state)) + "</dl>\n" + change_buttons(*view.subscription, state);
    } else {
        body += "<p>Nothing was bought yet.</p>\n";
    }
    body += link(view.portal.return_url, "Back");
    return {"Demo portal, no money moves", std::move(body), {}};
}

http::Html missing_page()
{
    return {"Demo, no such page",
            "<h1>There is no such page</h1>\n" + std::string(demo_note) +
                "\n<p>It was of an account that is deleted, it is too old, or its address is not whole. Ask the app for a new one.</p>\n",
            {},
            404};
}

} // namespace pollux::billing::demo
