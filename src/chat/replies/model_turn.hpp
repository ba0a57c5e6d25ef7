// Whose turn it is to be called for a reply, and from when: the models of the reply (asked_models.hpp), as far as their breakers and
// MODEL_CALLS_PER_MINUTE let it through. One for each reply, on its executor.
#pragma once

#include "ai/model_list.hpp"
#include "ai/retry.hpp"
#include "base/clock.hpp"
#include "chat/replies/asked_models.hpp"
#include "chat/replies/reply_draft.hpp"
#include "chat/rooms/message.hpp"
#include "limits/rate_limiter.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace pollux::chat {

namespace asio = boost::asio;

class ModelTurn {
public:
    // `calls_per_minute_max`: to one model; 0: no limit. `title_model` may be null.
    ModelTurn(Clock const& clock, limits::RateLimiter& limiter, std::size_t calls_per_minute_max, ai::ModelEntry const* title_model)
        : clock_(clock), limiter_(limiter), calls_per_minute_max_(calls_per_minute_max), title_model_(title_model)
    {}

    bool has_models() const { return !asked_.is_empty(); }
    void set_models(AskedModels asked) { asked_ = std::move(asked); }

    // The one that is called, or was last.
    ai::ModelEntry const& model() const { return asked_[entry_]; }

    struct Refusal {
        std::chrono::milliseconds wait;
        WaitReason reason;
    };
    // Nothing: the call to model() may begin, and tell_breaker() is to follow. Otherwise how long to wait, and why. `calls`: those that the
    // reply has counted, with this one.
    asio::awaitable<std::optional<Refusal>> admit(std::int64_t calls);

    // What was due at `until` is due, whatever the clock says.
    void waited(Time until) { waited_until_ = until; }
    Time now() const { return std::max(clock_.now(), waited_until_); }

    // How the call to model() ended.
    void tell_breaker(ReplyDraft const& draft);
    void failed(ai::Failed const& failure, ShownText shown, Time due) { asked_.failed(entry_, failure, shown, due); }

    struct Due {
        Time at; // Not after now: at once.
        WaitReason reason;
    };
    // When the next call may begin after the one to model() has failed. nullopt: no model may be called for this reply any more.
    std::optional<Due> next_call(std::int64_t calls) const;

private:
    Refusal not_due_yet() const;

    Clock const& clock_;
    limits::RateLimiter& limiter_;
    std::size_t calls_per_minute_max_;
    ai::ModelEntry const* title_model_;

    AskedModels asked_;
    std::size_t entry_ = 0;
    Time waited_until_{};
    ai::CallBreaker::Admission admission_; // Of the call that runs.
};

} // namespace pollux::chat
