#include "http/budgets.hpp"

#include <malloc.h>

namespace pollux::http {

BodyBudget::BodyBudget(ServerLimits const& limits)
{
    pools_[static_cast<std::size_t>(BodyPool::open)].bytes_max = limits.open_body_bytes_max;
    pools_[static_cast<std::size_t>(BodyPool::raw)].bytes_max = limits.raw_body_bytes_max;
    pools_[static_cast<std::size_t>(BodyPool::user)].bytes_max = limits.user_body_bytes_max;
}

bool BodyBudget::take(BodyPool name, std::size_t bytes)
{
    auto& pool = pools_[static_cast<std::size_t>(name)];
    std::size_t const held = pool.bytes.fetch_add(bytes) + bytes;
    if (held > pool.bytes_max) {
        pool.bytes -= bytes;
        return false;
    }
    if (held > peak_bytes_) peak_bytes_ = held; // A race here loses a few bytes of a hint.
    return true;
}

void BodyBudget::give_back(BodyPool name, std::size_t bytes)
{
    // After a flood of bodies the heap's free pages lie between used ones, where glibc keeps them by itself.
    constexpr std::size_t peak_worth_a_walk = 4 * 1024 * 1024;
    std::size_t const left = pools_[static_cast<std::size_t>(name)].bytes.fetch_sub(bytes) - bytes;
    bool const is_over = left < peak_worth_a_walk / 16 && peak_bytes_ >= peak_worth_a_walk;
    if (is_over && peak_bytes_.exchange(0) >= peak_worth_a_walk) ::malloc_trim(peak_worth_a_walk / 4);
}

AnswerBudget::Verdict AnswerBudget::judge(std::string const& asker) const
{
    std::size_t const all = bytes_;
    if (all == 0) return Verdict::free; // Nearly always: no lock.
    std::lock_guard const lock(mutex_);
    auto const found = by_asker_.find(asker);
    if (found != by_asker_.end() && found->second >= asker_bytes_max_) return Verdict::asker_full;
    return all >= bytes_max_ ? Verdict::full : Verdict::free;
}

AnswerBudget::Waiting::Waiting(AnswerBudget& budget, std::string const& asker, std::size_t bytes)
    : budget_(budget), asker_(asker), bytes_(bytes)
{
    budget_.bytes_ += bytes_;
    std::lock_guard const lock(budget_.mutex_);
    budget_.by_asker_[asker_] += bytes_;
}

AnswerBudget::Waiting::~Waiting()
{
    budget_.bytes_ -= bytes_;
    std::lock_guard const lock(budget_.mutex_);
    auto found = budget_.by_asker_.find(asker_);
    found->second -= bytes_;
    if (found->second == 0) budget_.by_asker_.erase(found);
}

} // namespace pollux::http
