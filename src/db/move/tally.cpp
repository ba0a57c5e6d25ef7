#include "db/move/tally.hpp"

#include <array>
#include <bit>
#include <cstdio>

namespace pollux::db {
namespace {

constexpr Hash128 no_key{};

void append_number(std::string& bytes, std::uint64_t number)
{
    bytes.append(reinterpret_cast<char const*>(&number), sizeof number);
}

// The type and, where the length varies, the length stand before the bytes, so that no two rows read alike.
void append_value(std::string& bytes, Value const& value)
{
    bytes += static_cast<char>(value.index());
    if (auto const* integer = std::get_if<std::int64_t>(&value)) {
        append_number(bytes, static_cast<std::uint64_t>(*integer));
    } else if (auto const* real = std::get_if<double>(&value)) {
        append_number(bytes, std::bit_cast<std::uint64_t>(*real));
    } else if (auto const* text = std::get_if<std::string>(&value)) {
        append_number(bytes, text->size());
        bytes += *text;
    }
}

} // namespace

void Tally::add(std::span<Value const> row)
{
    std::string bytes;
    for (Value const& value : row) append_value(bytes, value);
    auto const hash = keyed_hash(no_key, bytes);
    sum_[0] += hash[0];
    sum_[1] += hash[1];
    ++rows_;
}

std::string Tally::checksum() const
{
    std::array<char, 33> text{};
    std::snprintf(text.data(), text.size(), "%016llx%016llx", static_cast<unsigned long long>(sum_[0]),
                  static_cast<unsigned long long>(sum_[1]));
    return text.data();
}

} // namespace pollux::db
