#include "chat/queue/hands.hpp"

namespace pollux::chat {

Hands::Work Hands::next()
{
    Work work;
    std::lock_guard const lock(mutex_);
    work.hands.reserve(Claiming::claims_at_once_max); // From here on nothing throws: a hand that is taken finds its way back.
    work.step = claiming_.next(Steady::now());
    if (auto const* claim = std::get_if<Claiming::Claim>(&work.step)) {
        for (std::ptrdiff_t count = 0; count < claim->count; ++count) work.hands.emplace_back(shared_from_this(), Hand::For::usual);
    }
    if (std::holds_alternative<Claiming::ClaimSuspect>(work.step)) work.hands.emplace_back(shared_from_this(), Hand::For::suspect);
    return work;
}

std::optional<Hands::Hand> Hands::take_for_send()
{
    std::lock_guard const lock(mutex_);
    if (!claiming_.try_take_for_send(Steady::now())) return std::nullopt;
    return std::optional<Hand>(std::in_place, shared_from_this(), Hand::For::usual);
}

void Hands::told()
{
    {
        std::lock_guard const lock(mutex_);
        claiming_.told();
    }
    changes_.notify();
}

void Hands::is_due(Steady::time_point at)
{
    {
        std::lock_guard const lock(mutex_);
        claiming_.is_due(at);
    }
    changes_.notify();
}

void Hands::looked(bool has_suspect)
{
    std::lock_guard const lock(mutex_);
    claiming_.looked(has_suspect, Steady::now());
}

void Hands::claimed(std::ptrdiff_t asked, std::ptrdiff_t got)
{
    std::lock_guard const lock(mutex_);
    claiming_.claimed(asked, got);
}

void Hands::suspect_claimed(bool was_there)
{
    std::lock_guard const lock(mutex_);
    claiming_.suspect_claimed(was_there, Steady::now());
}

void Hands::failed()
{
    std::lock_guard const lock(mutex_);
    claiming_.failed(Steady::now());
}

bool Hands::may_claim() const
{
    std::lock_guard const lock(mutex_);
    return claiming_.may_claim(Steady::now());
}

std::ptrdiff_t Hands::free() const
{
    std::lock_guard const lock(mutex_);
    return claiming_.free();
}

bool Hands::are_all_free() const
{
    std::lock_guard const lock(mutex_);
    return claiming_.are_all_free();
}

void Hands::give_back(Hand::For what)
{
    bool is_wanted = false;
    {
        std::lock_guard const lock(mutex_);
        if (what == Hand::For::suspect) {
            claiming_.give_back_from_suspect();
        } else {
            claiming_.give_back(1);
        }
        is_wanted = claiming_.has_use_for_hands();
    }
    if (is_wanted) changes_.notify();
}

} // namespace pollux::chat
