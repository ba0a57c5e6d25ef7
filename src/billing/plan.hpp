// What a plan allows. Plans are rows, so that an operator can change them without a new binary.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pollux::billing {

// The models a plan may use: all, or the listed ids.
class PlanModels {
public:
    // '*' or a JSON array of strings, as plans.models holds it. Throws std::runtime_error for anything else.
    static PlanModels parse(std::string_view text);

    bool allow(std::string_view model_id) const;

private:
    bool are_all_ = false;
    std::vector<std::string> ids_;
};

struct Plan {
    std::string name;
    std::int64_t messages_per_day = 0;
    std::int64_t requests_per_minute = 0;
    PlanModels models;
    std::int64_t context_tokens = 0;
    std::int64_t message_characters_max = 0;
    std::int64_t replies_at_once = 0;
    std::int64_t rooms_max = 0;
};

} // namespace pollux::billing
