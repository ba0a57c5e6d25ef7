#include "billing/stripe/key_trouble.hpp"

#include "billing/stripe/key_rights.hpp"

namespace pollux::billing::stripe {

KeyTrouble trouble_of(Answer const& answer)
{
    auto const detail = " (" + (answer.detail.empty() ? "an answer that lacks what it must have" : answer.detail) + ").";
    if (answer.status == 401) return {"refuses the key" + detail, "Take STRIPE_SECRET_KEY from Stripe's Dashboard (Developers, API keys)."};
    if (answer.status == 403) {
        return {"does not let the key see its own account" + detail,
                "Give the restricted key all its rights: " + rights_of_servers() + "."};
    }
    return {"cannot be reached" + detail, "See to the network, or to STRIPE_BASE_URL."};
}

} // namespace pollux::billing::stripe
