// The part of a set-up that is about the webhook endpoint: found by its URL, among ours and its older names.
#pragma once

#include "billing/stripe/setup_run.hpp"

namespace pollux::billing::stripe {

// outcome.webhook_secret is then that of an endpoint that was made. False: it failed, and that is said.
asio::awaitable<bool> settle_endpoint(SetupRun& run);

} // namespace pollux::billing::stripe
