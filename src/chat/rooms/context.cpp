#include "chat/rooms/context.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <utility>

namespace pollux::chat {

namespace {

struct Exchange {
    PastTurn question;
    PastTurn reply;
};

// The questions that have a reply the model may see, each with it, oldest first. A question is followed by its reply or by nothing of
// its own: the next question takes its place.
std::vector<Exchange> usable_exchanges(std::vector<PastTurn> past)
{
    std::vector<Exchange> exchanges;
    PastTurn* question = nullptr;
    for (auto& turn : past) {
        if (turn.role == MessageRole::user) {
            question = turn.is_usable && !turn.text.empty() ? &turn : nullptr;
            continue;
        }
        if (question && turn.is_usable && !turn.text.empty()) exchanges.push_back({std::move(*question), std::move(turn)});
        question = nullptr;
    }
    return exchanges;
}

ai::Turn to_turn(PastTurn turn)
{
    auto role = turn.role == MessageRole::user ? ai::Role::user : ai::Role::assistant;
    return {role, std::move(turn.text), std::move(turn.provider_state)};
}

} // namespace

std::vector<ai::Turn> fit_context(std::vector<PastTurn> chain, std::int64_t token_budget, TokenEstimate const& estimate)
{
    while (!chain.empty() && chain.back().role != MessageRole::user) chain.pop_back();
    if (chain.empty()) return {};
    PastTurn last = std::move(chain.back());
    chain.pop_back();

    auto exchanges = usable_exchanges(std::move(chain));
    auto left = token_budget - estimate(last.text);
    auto first = exchanges.end();
    while (first != exchanges.begin()) {
        auto const& candidate = *std::prev(first);
        left -= estimate(candidate.question.text) + estimate(candidate.reply.text);
        if (left < 0) break;
        --first;
    }

    std::vector<ai::Turn> turns;
    for (; first != exchanges.end(); ++first) {
        turns.push_back(to_turn(std::move(first->question)));
        turns.push_back(to_turn(std::move(first->reply)));
    }
    turns.push_back(to_turn(std::move(last)));
    return turns;
}

std::string join_system_text(std::string_view service, std::string_view room, std::string_view user)
{
    std::string joined;
    for (auto part : {trim(service), trim(room), trim(user)}) {
        if (part.empty()) continue;
        if (!joined.empty()) joined += "\n\n";
        joined += part;
    }
    return joined;
}

} // namespace pollux::chat
