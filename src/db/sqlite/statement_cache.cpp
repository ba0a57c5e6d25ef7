#include "db/sqlite/statement_cache.hpp"

#include "base/text.hpp"
#include "db/database.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <string>

namespace pollux::db::sqlite {
namespace {

constexpr std::int64_t values_max = 32'766; // As many as SQLite takes.

void find_parameters(Statement& statement, std::string_view sql)
{
    int const count = sqlite3_bind_parameter_count(statement.handle.get());
    for (int index = 1; index <= count; ++index) {
        char const* name = sqlite3_bind_parameter_name(statement.handle.get(), index);
        auto number = name != nullptr && *name == '$' ? parse_integer(name + 1) : std::nullopt;
        if (!number || *number < 1 || *number > values_max) throw StatementError("parameters are $1, $2, ...: " + std::string(sql));
        statement.value_of.push_back(static_cast<std::size_t>(*number - 1));
        statement.values = std::max(statement.values, static_cast<std::size_t>(*number));
    }
}

} // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const
{
    sqlite3_finalize(statement);
}

std::size_t StatementCache::Hash::operator()(Key const& key) const noexcept
{
    return std::hash<char const*>{}(key.address) ^ (key.length << 1);
}

Statement* StatementCache::find_or_prepare(sqlite3* connection, std::string_view sql)
{
    Key const key{sql.data(), sql.size()};
    if (auto known = statements_.find(key); known != statements_.end()) return &known->second;

    sqlite3_stmt* handle = nullptr;
    char const* rest = nullptr;
    int const code = sqlite3_prepare_v3(connection, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &handle, &rest);
    Statement statement;
    statement.handle.reset(handle);
    if (code != SQLITE_OK) return nullptr;
    if (handle == nullptr) throw StatementError("there is no statement in: " + std::string(sql));

    std::string_view const after = trim(std::string_view(rest, static_cast<std::size_t>(sql.data() + sql.size() - rest)));
    if (!after.empty()) throw StatementError("two statements in one text: " + std::string(sql));

    find_parameters(statement, sql);
    statement.only_reads = sqlite3_stmt_readonly(handle) != 0;
    return &statements_.emplace(key, std::move(statement)).first->second;
}

} // namespace pollux::db::sqlite
