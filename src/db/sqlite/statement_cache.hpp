// Prepared statements of one connection, each prepared once and kept as long as the connection. Statements are literals, so there are
// as many as the program has; nothing is ever dropped.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace pollux::db::sqlite {

// A prepared statement and what binds to it. SQLite numbers $3, $1 by first appearance, so the n-th of SQLite's parameters takes the
// value that its name says: value_of[n - 1].
struct Statement {
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };

    std::unique_ptr<sqlite3_stmt, Finalize> handle;
    std::vector<std::size_t> value_of;
    std::size_t values = 0; // How many it is given: the largest n of its $n. It need not use all, so that several may share a list.
    bool only_reads = false;
};

class StatementCache {
public:
    // nullptr when SQLite refuses the text: the connection holds the reason. Throws StatementError for what SQLite would take and we
    // do not: two statements in one text, or a parameter that is not $1, $2, ...
    Statement* find_or_prepare(sqlite3* connection, std::string_view sql);

private:
    struct Key {
        char const* address;
        std::size_t length;
        bool operator==(Key const&) const = default;
    };
    struct Hash {
        std::size_t operator()(Key const& key) const noexcept;
    };

    std::unordered_map<Key, Statement, Hash> statements_;
};

} // namespace pollux::db::sqlite
