// The work in the background by which tiers follow time, and are told.
#pragma once

#include "billing/tiers.hpp"
#include "tasks/task_kinds.hpp"

namespace pollux::billing {

// `tiers` must outlive the runtime's threads.
void add_tier_kinds(tasks::TaskKinds& kinds, Tiers& tiers);

} // namespace pollux::billing
