// What goes into a statement and what comes out of one.
#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
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

// One value of a result; a view into its Rows. Asking for the wrong type is a bug and throws std::bad_variant_access.
class Cell {
public:
    explicit Cell(Value const& value) : value_(value) {}

    bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
    std::int64_t integer() const { return std::get<std::int64_t>(value_); }
    bool boolean() const { return integer() != 0; }
    std::string const& text() const { return std::get<std::string>(value_); }
    Time time() const { return time_of(integer()); }
    template <class IdType>
    IdType id() const
    {
        return IdType{integer()};
    }

    std::optional<std::int64_t> optional_integer() const { return is_null() ? std::nullopt : std::optional(integer()); }
    std::optional<std::string> optional_text() const { return is_null() ? std::nullopt : std::optional(text()); }
    std::optional<Time> optional_time() const { return is_null() ? std::nullopt : std::optional(time()); }

private:
    Value const& value_;
};

// What a column is asked for by: an enumerator that stands beside the list of columns (columns.hpp). A bare number does not compile.
template <class T>
concept Column = std::is_enum_v<T>;

// One row of a result; a view into its Rows.
class Row {
public:
    explicit Row(std::span<Value const> cells) : cells_(cells) {}

    // Of a statement that asks for one thing: `returning id`, `select count(*)`.
    Cell only() const
    {
        if (cells_.size() != 1) throw std::logic_error("a row has " + std::to_string(cells_.size()) + " columns, and one was meant");
        return Cell(cells_.front());
    }

    bool is_null(Column auto column) const { return cell(column).is_null(); }
    std::int64_t integer(Column auto column) const { return cell(column).integer(); }
    bool boolean(Column auto column) const { return cell(column).boolean(); }
    std::string const& text(Column auto column) const { return cell(column).text(); }
    Time time(Column auto column) const { return cell(column).time(); }
    template <class IdType>
    IdType id(Column auto column) const
    {
        return cell(column).template id<IdType>();
    }

    std::optional<std::int64_t> optional_integer(Column auto column) const { return cell(column).optional_integer(); }
    std::optional<std::string> optional_text(Column auto column) const { return cell(column).optional_text(); }
    std::optional<Time> optional_time(Column auto column) const { return cell(column).optional_time(); }

private:
    Cell cell(Column auto column) const { return Cell(cells_[static_cast<std::size_t>(column)]); }

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
