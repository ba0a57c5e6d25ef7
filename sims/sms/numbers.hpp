// What happens to texts by the phone they go to: refused at once, or taken and then failed. "+15005550001", or with a star for all that
// begin so: "+229*". The longest rule counts.
#pragma once

#include "json_values.hpp"

#include <map>
#include <optional>

namespace pollux::sims::sms {

struct NumberRule {
    std::int64_t refuse = 0;           // The code it is refused with; 0: it is taken.
    std::string outcome = "delivered"; // delivered, undelivered, failed; sent: no more is ever heard of it.
    std::int64_t error_code = 0;       // Of undelivered and failed.
    bool at_once = false;              // The answer itself says failed.
};

class NumberRules {
public:
    NumberRules(); // Twilio's own test numbers.

    NumberRule const& of(std::string_view number) const;

    // {"number", "refuse"? | "outcome"?, "error_code"?, "at_once"?} or {"number", "remove": true}. Throws std::invalid_argument for
    // what is wrong, and then nothing has changed.
    void set(json::object const& how);

    json::object describe() const;

private:
    std::map<std::string, NumberRule, std::less<>> rules_;
};

} // namespace pollux::sims::sms
