#pragma once

#include "db/database.hpp"

namespace pollux::db {

// The database refused what was to be kept, not how it was asked: bytes that are no text, a figure out of range, a constraint. Asked again
// with the same values it refuses again.
class ContentRefused : public StatementError {
    using StatementError::StatementError;
};

} // namespace pollux::db
