// From the one Config to the options of each part.
#pragma once

#include "accounts/accounts_options.hpp"
#include "ai/model_list.hpp"
#include "billing/billing_service.hpp"
#include "config/config.hpp"
#include "http/server.hpp"
#include "ops/log.hpp"

namespace pollux::app {

accounts::AccountsOptions accounts_options(config::Config const& config, std::string secret_key, accounts::SmsOptions sms);
ai::ModelsOptions models_options(config::Config const& config);
billing::PlanSeeds plan_seeds(config::Config const& config);
http::ServerOptions server_options(config::Config const& config);
// Whether this process calls others over TLS; else there is no need of certificates, nor of the memory for them.
bool calls_over_tls(config::Config const& config);

void configure_log(config::Config const& config);

} // namespace pollux::app
