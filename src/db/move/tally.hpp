// What is compared when a table has been copied: how many rows it has, and a checksum over all columns of all rows, whatever their order.
// It is made from values, not from how either database writes them, and finds accidents: somebody who may write to a database could
// make two that agree.
#pragma once

#include "base/secrets.hpp"
#include "db/value.hpp"

#include <cstdint>
#include <span>
#include <string>

namespace pollux::db {

class Tally {
public:
    void add(std::span<Value const> row);

    std::int64_t rows() const { return rows_; }
    std::string checksum() const; // 32 hexadecimal digits.

    bool operator==(Tally const&) const = default;

private:
    std::int64_t rows_ = 0;
    Hash128 sum_{}; // Of the rows' hashes, so that a row that stands there twice counts twice.
};

} // namespace pollux::db
