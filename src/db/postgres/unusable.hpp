// What no waiting mends: a URL that cannot be read, a server that is too old, a database that keeps no UTF-8, a pooler that gives each
// transaction another session. One line for the operator.
#pragma once

#include <stdexcept>

namespace pollux::db {

class UnusableDatabase : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

} // namespace pollux::db
