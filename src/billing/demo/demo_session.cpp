#include "billing/demo/demo_session.hpp"

namespace pollux::billing::demo {

std::string_view status_at(DemoSession const& session, Time now)
{
    if (session.status == "open" && session.expires <= now) return "expired";
    if (session.status == "open") return "open";
    return session.status == "complete" ? "complete" : "expired";
}

std::string_view payment_status_at(DemoSession const& session, Time now)
{
    if (session.status != "complete" || !session.paid_at || now < *session.paid_at) return "unpaid";
    return session.trial_days ? "no_payment_required" : "paid";
}

std::string success_url_of(DemoSession const& session)
{
    constexpr std::string_view place = "{CHECKOUT_SESSION_ID}";
    auto url = session.success_url;
    for (auto at = url.find(place); at != std::string::npos; at = url.find(place, at)) url.replace(at, place.size(), session.id);
    return url;
}

} // namespace pollux::billing::demo
