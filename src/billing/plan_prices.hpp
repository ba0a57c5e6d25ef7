// What plans cost: an interface, which is filled by whoever takes the payments.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace pollux::billing {

namespace asio = boost::asio;

struct PlanPrice {
    std::string id;
    std::int64_t amount_minor = 0; // Of the currency's smallest unit.
    std::string currency;          // ISO 4217, small letters: "usd".
    std::int64_t exponent = 2;     // How many digits of the amount stand behind the point.
    std::string interval;          // "month"
    std::int64_t interval_count = 1;
};

class PlanPrices {
public:
    virtual ~PlanPrices() = default;

    // Those that are sold now, by the plan's name. From memory, or within a second; what is not known is left out. Never throws.
    virtual asio::awaitable<std::map<std::string, std::vector<PlanPrice>>> sold() = 0;
};

} // namespace pollux::billing
