#include "accounts/address_shares.hpp"

namespace pollux::accounts {

std::vector<BudgetShare> address_shares(AccountsParts const& parts, http::Peer const& peer, Budget const& per_address,
                                        Budget const& per_network4, Budget const& per_network6)
{
    if (parts.options.address_budgets == AddressBudgets::off || peer.address.empty()) return {};
    bool const is_ipv6 = peer.address.find(':') != std::string::npos;
    return {{per_address, parts.code_keys.prefix_key(peer.limit_prefix)},
            {is_ipv6 ? per_network6 : per_network4, parts.code_keys.prefix_key(peer.wide_prefix)}};
}

} // namespace pollux::accounts
