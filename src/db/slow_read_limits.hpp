// The limits of reads that may take long (slow_reads.hpp), the same for both databases.
#pragma once

#include <chrono>
#include <cstddef>

namespace pollux::db {

struct SlowReadLimits {
    std::size_t at_once = 2;
    std::size_t waiting_max = 16;
    std::chrono::milliseconds wait_max{30'000};
    std::chrono::milliseconds statement_max{30'000};
    std::chrono::milliseconds call_max{60'000}; // A whole read or snapshot, waiting included.
};

inline constexpr char const* too_many_slow_reads = "too many long reads are under way";

} // namespace pollux::db
