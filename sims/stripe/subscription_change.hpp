// What an owner may change of a subscription: its prices, its end, its trial, pausing and resuming.
#pragma once

#include "stripe/subscription_life.hpp"

namespace pollux::sims::stripe {

// The parameters of POST /v1/subscriptions/{id}. Throws StripeError, and then nothing has changed.
void update_subscription(Record& subscription, json::object const& params);

void take_cancellation_details(Record& subscription, json::object const& params);
void resume_subscription(Record& subscription, bool begins_anew);

} // namespace pollux::sims::stripe
