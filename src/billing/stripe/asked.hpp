// Whether an answer is about what was asked. Stripe answers right; what stands between us and it (a proxy that mixes up two answers, a
// cache, a test server with another key) may not, and an answer about somebody else's purchase gives, or takes, a plan. What is about
// something else is no answer: it is logged with the words of both, counts as `unknown`, and so is asked again.
#pragma once

#include "billing/stripe/api.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pollux::billing::stripe {

// Where something stands in an object, and what must stand there: "customer", "metadata.user", "line_items.data.0.price". Where another
// object stands in full, its id counts.
using Expected = std::pair<std::string_view, std::string>;

struct Asked {
    std::string_view kind;            // "subscription": its `object`, where it says so.
    std::vector<Expected> is{};       // What it must say.
    std::vector<Expected> if_there{}; // What it must not contradict.
    bool is_list = false;             // Then all this holds for each of its elements.
};

// The answer to `call`, with an outcome that may be acted upon. An object that says of itself to be of the other mode (livemode) is about
// something else, too.
Answer believed(Call const& call, Mode mode, Asked const& asked, Answer answer);

// Calls, and believes.
asio::awaitable<Answer> ask(Api const& api, Call call, Asked asked);

} // namespace pollux::billing::stripe
