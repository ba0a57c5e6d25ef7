#include "billing/stripe/key_rights.hpp"

#include <span>

namespace pollux::billing::stripe {
namespace {

std::string list_of(std::span<KeyRight const> rights)
{
    std::string list;
    for (auto const& right : rights) list.append(list.empty() ? "" : ", ").append(right.resource);
    return list;
}

} // namespace

bool is_restricted(std::string_view key)
{
    return key.starts_with("rk_");
}

std::string rights_of_servers()
{
    return "to write " + list_of(rights_to_write) + "; to read " + list_of(rights_to_read);
}

std::string rights_of_setup()
{
    std::string list;
    for (auto const resource : rights_to_set_up) list.append(list.empty() ? "" : ", ").append(resource);
    return "to write " + list;
}

} // namespace pollux::billing::stripe
