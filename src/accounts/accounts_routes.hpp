// /auth/ and /user/me/.
#pragma once

#include "accounts/accounts_service.hpp"
#include "http/router.hpp"

namespace pollux::accounts {

void add_accounts_routes(http::Router& router, AccountsService& accounts);

} // namespace pollux::accounts
