#include "billing/entitlement.hpp"

#include "billing/plan.hpp"

#include <stdexcept>
#include <tuple>

namespace pollux::billing {
namespace {

// What was paid for comes first.
int preference(TierSource source)
{
    switch (source) {
    case TierSource::stripe: return 3;
    case TierSource::demo: return 2;
    case TierSource::admin: return 1;
    case TierSource::none: return 0;
    }
    throw std::logic_error("an unknown source of a tier");
}

bool is_better(TierClaim const& one, TierClaim const& other)
{
    auto const end = [](TierClaim const& claim) { return claim.until.value_or(Time::max()); };
    auto const key = [&](TierClaim const& claim) { return std::tuple(claim.rank, end(claim), preference(claim.source)); };
    if (key(one) != key(other)) return key(one) > key(other);
    return one.plan < other.plan;
}

} // namespace

std::string_view to_text(TierSource source)
{
    switch (source) {
    case TierSource::none: return "none";
    case TierSource::stripe: return "stripe";
    case TierSource::demo: return "demo";
    case TierSource::admin: return "admin";
    }
    throw std::logic_error("an unknown source of a tier");
}

Tier judge_tier(std::vector<TierClaim> const& claims, Time now)
{
    TierClaim const* best = nullptr;
    for (auto const& claim : claims) {
        bool const holds = !claim.until || now < *claim.until;
        if (holds && (best == nullptr || is_better(claim, *best))) best = &claim;
    }
    if (best == nullptr) return {basic_plan, std::nullopt, TierSource::none};
    return {best->plan, best->until, best->source};
}

} // namespace pollux::billing
