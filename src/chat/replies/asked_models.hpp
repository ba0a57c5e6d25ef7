// Which model a reply asks next, and when: the one that it was sent to, then the others of AI_MODELS that its plan allows. At most two
// calls go to one of them while there is another that may be asked; one that refuses for good is not asked again; where none may be asked
// at once, the one that is due first is. After a call whose text went out only its model may write. No I/O.
#pragma once

#include "ai/model_list.hpp"
#include "base/clock.hpp"
#include "billing/plan.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace pollux::chat {

constexpr int calls_a_model_max = 2; // While another one may be asked.

enum class ShownText { none, some }; // Of a call, to readers.

class AskedModels {
public:
    AskedModels() = default;

    // `wanted` is the id that the reply was sent to, `kept_calls` what messages.calls says of the calls before. The demo model stands in
    // for nobody: what it says is no answer, so it is asked only where it was wanted.
    AskedModels(ai::Models const& models, billing::PlanModels const& plan, std::string_view wanted, std::string_view kept_calls, Time now);

    bool is_empty() const { return asked_.empty(); }
    ai::ModelEntry const& operator[](std::size_t index) const { return *asked_[index].entry; }

    // Those that may be asked now, in this order. Empty: none before next()'s time.
    std::vector<std::size_t> order(Time now) const;

    // A call ended so; `due` is when that model may be asked again, should it be.
    void failed(std::size_t index, ai::Failed const& failure, ShownText shown, Time due);

    // The one that wrote is left alone by everybody: others may be asked all the same. False: nobody had.
    bool forget_writer() { return std::exchange(writer_, std::nullopt).has_value(); }

    struct Next {
        std::size_t index;
        Time due;             // Not after `now`: at once.
        bool is_rate_limited; // Why it is not due before.
        bool is_new;          // Not asked yet for this reply.
    };
    // Whom to ask next, after a failure of `last`. nullopt: everybody that may be asked has refused for good.
    std::optional<Next> next(Time now, std::optional<std::size_t> last = std::nullopt) const;

private:
    struct Asked {
        ai::ModelEntry const* entry;
        int calls = 0;
        bool is_passed = false; // It said that it would not, or not soon: ask the others first.
        bool has_refused = false;
        bool is_rate_limited = false;
        Time due{};
    };
    static bool is_open(Asked const& asked) { return !asked.has_refused && !asked.is_passed && asked.calls < calls_a_model_max; }
    Next next_of(std::size_t index) const { return {index, asked_[index].due, asked_[index].is_rate_limited, asked_[index].calls == 0}; }

    std::vector<Asked> asked_;
    std::optional<std::size_t> writer_; // Text of its last call went out, and nobody has been asked since.
};

} // namespace pollux::chat
