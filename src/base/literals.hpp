// 64_KiB and 1_MiB: limits are written with their unit.
#pragma once

#include <cstddef>

namespace pollux {

consteval std::size_t operator""_KiB(unsigned long long count)
{
    return static_cast<std::size_t>(count) * 1024;
}
consteval std::size_t operator""_MiB(unsigned long long count)
{
    return static_cast<std::size_t>(count) * 1024 * 1024;
}

} // namespace pollux
