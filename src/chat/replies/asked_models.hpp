// Which model a reply asks next: the one that it was sent to, then the others of AI_MODELS that its plan allows. At most two calls go to
// one of them while there is another that may be asked; one that refuses for good is not asked again. No I/O.
#pragma once

#include "ai/model_list.hpp"
#include "billing/plan.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace pollux::chat {

constexpr int calls_a_model_max = 2; // While another one may be asked.

class AskedModels {
public:
    AskedModels() = default;

    // `wanted` is the id that the reply was sent to, `kept_calls` what messages.calls says of the calls before. The demo model stands in
    // for nobody: what it says is no answer, so it is asked only where it was wanted.
    AskedModels(ai::Models const& models, billing::PlanModels const& plan, std::string_view wanted, std::string_view kept_calls);

    bool is_empty() const { return asked_.empty(); }
    ai::ModelEntry const& operator[](std::size_t index) const { return *asked_[index].entry; }

    // Those that may be asked now, in this order; never empty once there are any.
    std::vector<std::size_t> order() const;

    void failed(std::size_t index, ai::Failed const& failure); // A call ended so.
    bool may_be_asked_again(std::size_t index) const;
    bool has_another(std::size_t than) const; // That may be asked instead.
    void pass(std::size_t index);             // Ask the others first.

private:
    struct Asked {
        ai::ModelEntry const* entry;
        int calls = 0;
        bool is_passed = false;
        bool has_refused = false;
    };
    static bool is_open(Asked const& asked) { return !asked.has_refused && !asked.is_passed && asked.calls < calls_a_model_max; }

    std::vector<Asked> asked_;
};

} // namespace pollux::chat
