// Getting tokens: by the number for developing, or by asking the person for mobile and code.
#pragma once

#include "cli/chat/api_client.hpp"

#include <functional>
#include <optional>

namespace pollux::cli {

// Asks one question and returns the answer; nothing at the end of the input.
using Ask = std::function<asio::awaitable<std::optional<std::string>>(std::string question)>;

using Tell = std::function<void(std::string const&)>;

// As +11234567890, whose code a server in debug shows or has as 123456; signs it up where it is unknown. False when this server does
// not let that number in. `tell` hears what is waited for.
asio::awaitable<bool> log_in_for_developing(ApiClient& api, Tell tell);

// Throws ChatFailure when it does not come to a login.
asio::awaitable<void> log_in_by_asking(ApiClient& api, Ask ask, Tell tell, std::string mobile);

} // namespace pollux::cli
