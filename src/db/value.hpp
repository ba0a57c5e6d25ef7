// What goes into a statement and what comes out of one.
#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace pollux::db {

// NULL, an integer (booleans are 0 and 1, times microseconds UTC), a real, or text (also used for bytes).
using Value = std::variant<std::monostate, std::int64_t, double, std::string>;
using Params = std::vector<Value>;

inline Value to_value(std::monostate)
{
    return {};
}
inline Value to_value(bool value)
{
    return std::int64_t(value ? 1 : 0);
}
template <std::integral T>
    requires(!std::same_as<T, bool>)
Value to_value(T value)
{
    return static_cast<std::int64_t>(value);
}
inline Value to_value(double value)
{
    return value;
}
inline Value to_value(std::string value)
{
    return value;
}
inline Value to_value(std::string_view value)
{
    return std::string(value);
}
inline Value to_value(char const* value)
{
    return std::string(value);
}
inline Value to_value(Time value)
{
    return micros(value);
}
template <class Tag>
Value to_value(Id<Tag> id)
{
    return id.value;
}
template <class T>
Value to_value(std::optional<T> value)
{
    if (!value) return {};
    return to_value(std::move(*value));
}

template <class... Arguments>
Params params(Arguments&&... arguments)
{
    Params list;
    list.reserve(sizeof...(arguments));
    (list.push_back(to_value(std::forward<Arguments>(arguments))), ...);
    return list;
}

// One row of a result; a view into its Rows. Asking for the wrong type is a bug and throws std::bad_variant_access.
class Row {
public:
    explicit Row(std::span<Value const> cells) : cells_(cells) {}

    bool is_null(std::size_t column) const { return std::holds_alternative<std::monostate>(cells_[column]); }
    std::int64_t integer(std::size_t column) const { return std::get<std::int64_t>(cells_[column]); }
    bool boolean(std::size_t column) const { return integer(column) != 0; }
    std::string const& text(std::size_t column) const { return std::get<std::string>(cells_[column]); }
    Time time(std::size_t column) const { return time_of(integer(column)); }
    template <class IdType>
    IdType id(std::size_t column) const
    {
        return IdType{integer(column)};
    }

    std::optional<std::int64_t> optional_integer(std::size_t column) const
    {
        return is_null(column) ? std::nullopt : std::optional(integer(column));
    }
    std::optional<std::string> optional_text(std::size_t column) const
    {
        return is_null(column) ? std::nullopt : std::optional(text(column));
    }
    std::optional<Time> optional_time(std::size_t column) const { return is_null(column) ? std::nullopt : std::optional(time(column)); }

private:
    std::span<Value const> cells_;
};

// All rows of one statement, and how many it changed.
class Rows {
public:
    Rows() = default;
    Rows(std::size_t columns, std::vector<Value> cells, std::int64_t changed)
        : columns_(columns), cells_(std::move(cells)), changed_(changed)
    {}

    std::size_t size() const { return columns_ == 0 ? 0 : cells_.size() / columns_; }
    bool empty() const { return size() == 0; }
    Row operator[](std::size_t index) const { return Row(std::span(cells_).subspan(index * columns_, columns_)); }
    Row front() const { return (*this)[0]; }
    std::int64_t changed() const { return changed_; } // Rows inserted, updated or deleted.

private:
    std::size_t columns_ = 0;
    std::vector<Value> cells_;
    std::int64_t changed_ = 0;
};

} // namespace pollux::db
