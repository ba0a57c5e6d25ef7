#include "stripe/ids.hpp"

namespace pollux::sims::stripe {

std::string make_id(std::string_view prefix)
{
    bool const is_short = prefix == "cus_" || prefix == "prod_" || prefix == "si_" || prefix == "req_";
    std::string id(prefix);
    id += is_short ? random_letters(14) : "1" + random_letters(23);
    if (prefix.starts_with("cs_")) id += random_letters(34);
    return id;
}

} // namespace pollux::sims::stripe
