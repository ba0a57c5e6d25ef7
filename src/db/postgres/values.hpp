// Values on their way to PostgreSQL and back. Values go in binary with their types named (bigint, text, double precision), so that
// nothing is parsed and any bytes are safe; PostgreSQL infers the type of a NULL. Results come as text, because counts and sums have
// types of many kinds.
#pragma once

#include "db/postgres/libpq.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace pollux::db::postgres {

// How many values a statement may have: their types are part of what it is prepared by.
constexpr std::size_t values_max = 32;

// Two bits a value. A statement is prepared once for each.
std::uint64_t signature_of(Params const& params);

std::vector<Oid> types_of(Params const& params);

// Throws StatementError for more than values_max.
void require_bindable(Params const& params);

// The arrays that libpq wants; views into `params`, which are bindable and must outlive it.
class Bound {
public:
    explicit Bound(Params const& params);

    int count() const { return count_; }
    char const* const* values() const { return values_.data(); }
    int const* lengths() const { return lengths_.data(); }
    int const* formats() const { return formats_.data(); }

private:
    int count_;
    std::array<char const*, values_max> values_;
    std::array<int, values_max> lengths_;
    std::array<int, values_max> formats_;
    std::array<std::array<char, 8>, values_max> numbers_; // Big-endian.
};

// Of a result that is no error. Integers of all widths are integers, and so is a numeric without a fraction; booleans are 0 and 1.
Rows read_rows(PGresult const* result);
std::vector<Value> read_cells(PGresult const* result); // The same, row after row.

} // namespace pollux::db::postgres
