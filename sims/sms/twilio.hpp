// Twilio's Messages API, 2010-04-01: create, fetch, list.
#pragma once

#include "sms/answering.hpp"

namespace pollux::sims::sms {

bool is_twilio(std::string_view path);

asio::awaitable<After> answer_twilio(Simulator& simulator, Request request, std::shared_ptr<Connection> connection);

} // namespace pollux::sims::sms
