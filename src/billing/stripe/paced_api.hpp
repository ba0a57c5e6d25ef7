// Calls at an even pace, for work that has time and must leave others theirs: one every so often, whoever asks and however many at once.
// None is repeated by itself: a repetition is a call, and comes at its pace. It counts them.
#pragma once

#include "billing/stripe/api.hpp"

#include <atomic>
#include <mutex>

namespace pollux::billing::stripe {

// Safe from any thread.
class PacedApi final : public Api {
public:
    // `api` must outlive this. `gap`: from the beginning of one call to that of the next.
    PacedApi(Api const& api, std::chrono::milliseconds gap) : api_(api), gap_(gap) {}

    // Waits for its turn; not_done at once when that would come behind the call's deadline.
    asio::awaitable<Answer> call(Call call) const override;

    Mode mode() const override { return api_.mode(); }
    std::int64_t count() const { return count_; }

private:
    Steady::time_point turn() const;

    Api const& api_;
    std::chrono::milliseconds const gap_;
    mutable std::mutex mutex_;
    mutable Steady::time_point next_{};
    mutable std::atomic<std::int64_t> count_ = 0;
};

} // namespace pollux::billing::stripe
