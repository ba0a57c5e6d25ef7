#include "chat/queue/claiming.hpp"

#include "base/required.hpp"

#include <algorithm>

namespace pollux::chat {

// Each kind of look sets its next time before it is made, so that one that always fails does not keep the others from their turn.
Claiming::Step Claiming::next(Steady::time_point now)
{
    if (now < rests_until_) return Wait{rests_until_};
    if (now >= next_scan_) {
        next_scan_ = now + timing_.scan_every;
        has_to_promote_ = true;
        return TakeBackLeases{};
    }
    if (takes_due(now)) {
        others_wait_ = true;
        return PromoteDue{};
    }
    if (is_time_to_look(now)) {
        looked_at_ = now;
        return LookForSuspects{};
    }
    if (is_suspect_out_) return Wait{wait_until(now)};

    if (others_wait_ && may_claim(now)) {
        auto const count = std::min(free_, claims_at_once_max);
        free_ -= count;
        others_wait_ = false; // Before asking: what becomes ready meanwhile says so again.
        return Claim{count};
    }
    if (suspect_since_ && are_all_free()) {
        --free_;
        is_suspect_out_ = true;
        return ClaimSuspect{};
    }
    return Wait{wait_until(now)};
}

void Claiming::looked(bool has_suspect, Steady::time_point now)
{
    was_seen_ = true;
    if (!has_suspect) suspect_since_.reset();
    if (has_suspect && !suspect_since_) suspect_since_ = now;
}

void Claiming::claimed(std::ptrdiff_t asked, std::ptrdiff_t got)
{
    if (got == asked) others_wait_ = true;
}

void Claiming::suspect_claimed(bool was_there, Steady::time_point now)
{
    suspect_since_.reset();
    if (was_there) suspect_since_ = now; // For the next one, which is looked for when this one ends.
}

void Claiming::failed(Steady::time_point now)
{
    rests_until_ = now + after_failure;
    others_wait_ = true; // What was asked for may be there.
    was_seen_ = false;
}

bool Claiming::try_take_for_send(Steady::time_point now)
{
    if (others_wait_ || !may_claim(now)) return false;
    --free_;
    return true;
}

void Claiming::give_back_from_suspect()
{
    ++free_;
    is_suspect_out_ = false;
    others_wait_ = true;
}

bool Claiming::has_use_for_hands() const
{
    return others_wait_ || (suspect_since_ && are_all_free());
}

bool Claiming::is_freeing(Steady::time_point now) const
{
    return suspect_since_ && was_seen_ && now - *suspect_since_ >= timing_.suspect_waits_max;
}

bool Claiming::takes_due(Steady::time_point now)
{
    auto const first_later = dues_.upper_bound(now);
    bool const are_due = has_to_promote_ || first_later != dues_.begin();
    dues_.erase(dues_.begin(), first_later);
    has_to_promote_ = false;
    return are_due;
}

Steady::time_point Claiming::next_look(Steady::time_point now) const
{
    return required(looked_at_) + (is_freeing(now) && !is_suspect_out_
                                       ? std::min<Steady::duration>(look_while_freeing_every, timing_.scan_every)
                                       : timing_.scan_every);
}

Steady::time_point Claiming::wait_until(Steady::time_point now) const
{
    auto until = std::min(next_scan_, next_look(now));
    if (!dues_.empty()) until = std::min(until, *dues_.begin());
    // When hands begin to be freed, the next look comes sooner.
    if (suspect_since_ && *suspect_since_ + timing_.suspect_waits_max > now)
        until = std::min(until, *suspect_since_ + timing_.suspect_waits_max);
    return until;
}

} // namespace pollux::chat
