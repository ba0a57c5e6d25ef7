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

    bool are_all() const { return are_all_; }
    std::vector<std::string> const& ids() const { return ids_; } // Empty when they are all.
    std::string text() const;                                    // As parse() takes it.

private:
    bool are_all_ = false;
    std::vector<std::string> ids_;
};

// The plan that everybody has who has no other. Its rank is 0, and that of all others is higher.
inline constexpr char const* basic_plan = "basic";
inline constexpr std::string_view tier_of_gone = "gone"; // In users.tier: of an account that was deleted. No plan has this name.

struct Plan {
    std::string name; // Never changes: users, grants and prices name it.
    std::string title;
    std::int64_t rank = 1; // Of several plans that a user is entitled to the highest counts.
    std::vector<std::string> description;
    bool is_public = true;    // Shown to everybody.
    bool is_archived = false; // Whoever has it keeps it; nobody gets it any more.
    std::int64_t messages_per_day = 0;
    std::int64_t requests_per_minute = 0;
    PlanModels models;
    std::int64_t context_tokens = 0;
    std::int64_t message_characters_max = 0;
    std::int64_t replies_at_once = 0;
    std::int64_t rooms_max = 0;
};

// Lines as plans.description holds them: a JSON array of strings. Throws std::runtime_error for anything else.
std::vector<std::string> parse_lines(std::string_view text);
std::string lines_text(std::vector<std::string> const& lines);

} // namespace pollux::billing
