// The budgets of whoever stands behind an address: its own, and its network's.
#pragma once

#include "accounts/accounts_parts.hpp"
#include "http/request.hpp"

#include <vector>

namespace pollux::accounts {

// `per_address` and the one of the two that is for this kind of address; none where addresses are not counted (AccountsOptions), or where
// there is none, as for what the program asks of itself.
std::vector<BudgetShare> address_shares(AccountsParts const& parts, http::Peer const& peer, Budget const& per_address,
                                        Budget const& per_network4, Budget const& per_network6);

} // namespace pollux::accounts
