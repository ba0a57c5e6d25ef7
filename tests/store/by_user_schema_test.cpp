// Every table that belongs to users can be divided among servers by their ids: each row names its user, and so does each index. (That
// statements name the user too is checked by tests/tools/check_statements.mjs.)
#include "support/temp_database.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace pollux::test {
namespace {

// Tables without a user_id, and why.
std::map<std::string, char const*> const of_nobody{
    {"users", "the id is the user's id; the number is looked up where nobody knows the id yet"},
    {"plans", "some rows that all users share"},
    {"plan_prices", "the same"},
    {"payments_in_force", "one row, of the installation"},
    {"code_numbers", "of numbers that may belong to nobody, by their MAC"},
    {"one_time_codes", "of numbers that may belong to nobody, by their MAC"},
    {"gone_numbers", "of numbers whose account is gone, by their MAC"},
    {"gone_buyers", "the same"},
    {"installation", "one row, of the installation"},
    {"payment_events", "of events that may be about nobody here; their bodies name the user"},
    {"payment_walks", "a row a mode and account of the payment provider"},
    {"payment_keys", "of keys of the installation, by their MAC"},
    {"task_periods", "a row a kind of work"},
    {"guess_budgets", "of numbers, addresses and networks that may belong to nobody, by their MAC"},
    {"sms_log", "of numbers that may belong to nobody, by their MAC"},
    {"sms_tallies", "of blocks of numbers and of countries"},
    {"dev_texts", "of debug's inbox; texts to numbers that may belong to nobody"},
    {"admin_claims", "of the installation; a row for each number that ADMIN_MOBILE ever named"},
    {"demo_answers", "of debug's stand-in for the payment provider, whose rows belong to nobody here"},
    {"demo_customers", "the same"},
    {"demo_sessions", "the same"},
    {"demo_subscriptions", "the same"},
    {"demo_portals", "the same"},
    {"schema_migrations", "of the database"},
    {"test_clock", "of these tests"},
};

// Indexes that do not hold the user, and why.
std::map<std::string, char const*> const without_user{
    {"users_mobile_key", "the small map from number to user; one for all servers"},
    {"sqlite_autoindex_users_1", "the same on SQLite"},
    {"ended_sessions_once", "older binaries name it in an ON CONFLICT; goes with the next migration that they do not work with"},
    {"sqlite_autoindex_messages_1", "SQLite is one file, where a message's id alone is unique; to change it would copy all messages"},
    {"sqlite_autoindex_jobs_1", "the same"},
};

enum class Column : std::size_t { table, name, is_not_null };

constexpr db::Sql columns_sql{
    R"sql(
    select m.name, c.name, c."notnull" from sqlite_master m join pragma_table_info(m.name) c
    where m.type = 'table' and m.name not like 'sqlite!_%' escape '!' order by m.name, c.cid
)sql",
    R"sql(
    select table_name::text, column_name::text, case when is_nullable = 'NO' then 1::bigint else 0 end
    from information_schema.columns where table_schema = current_schema() order by table_name, ordinal_position
)sql"};

// The columns of keys, without those that an index merely carries along. SQLite's rowid is in none of them.
enum class Part : std::size_t { table, index, column };

constexpr db::Sql indexes_sql{
    R"sql(
    select m.name, l.name, coalesce(c.name, '') from sqlite_master m join pragma_index_list(m.name) l
    join pragma_index_info(l.name) c where m.type = 'table' order by l.name, c.seqno
)sql",
    R"sql(
    select t.relname::text, i.relname::text, coalesce(a.attname::text, '')
    from pg_index x join pg_class t on t.oid = x.indrelid join pg_class i on i.oid = x.indexrelid
    cross join lateral unnest(x.indkey::int[]) with ordinality k (number, place)
    left join pg_attribute a on a.attrelid = t.oid and a.attnum = k.number and k.number > 0
    where t.relnamespace = current_schema()::regnamespace and k.place <= x.indnkeyatts order by i.relname, k.place
)sql"};

// Of foreign keys between two tables. SQLite's name rowids.
constexpr db::Sql references_sql{"select '' where 0 = 1", R"sql(
    select c.conname::text from pg_constraint c
    where c.contype = 'f' and c.connamespace = current_schema()::regnamespace and not exists (
        select 1 from pg_attribute a where a.attrelid = c.conrelid and a.attnum = any (c.conkey) and a.attname = 'user_id')
)sql"};

class ByUser : public ::testing::Test {
protected:
    db::Rows rows(db::Sql sql) { return temp.run(temp.database().read(sql)); }
    void change(db::Sql sql) { temp.run(temp.database().write(sql)); }

    static std::string user_column(std::string const& table) { return table == "users" ? "id" : "user_id"; }

    std::set<std::string> problems()
    {
        std::set<std::string> found;
        std::map<std::string, bool> has_user;
        auto const columns = rows(columns_sql);
        for (std::size_t index = 0; index < columns.size(); ++index) {
            auto const row = columns[index];
            auto const& table = row.text(Column::table);
            bool const is_user = row.text(Column::name) == user_column(table) && (row.boolean(Column::is_not_null) || table == "users");
            has_user[table] = has_user[table] || is_user;
        }
        for (auto const& [table, has] : has_user) {
            if (!has && !of_nobody.contains(table)) found.insert(table + " has no user_id");
        }
        tables = static_cast<int>(has_user.size());
        check_indexes(has_user, found);
        auto const references = rows(references_sql);
        for (std::size_t index = 0; index < references.size(); ++index) found.insert(references[index].only().text() + " has no user_id");
        return found;
    }

    void check_indexes(std::map<std::string, bool> const& has_user, std::set<std::string>& found)
    {
        std::map<std::string, bool> holds_user;
        auto const parts = rows(indexes_sql);
        for (std::size_t index = 0; index < parts.size(); ++index) {
            auto const part = parts[index];
            auto const& table = part.text(Part::table);
            auto const& name = part.text(Part::index);
            if (!has_user.at(table)) continue;
            bool const is_user = part.text(Part::column) == user_column(table);
            holds_user[name] = holds_user[name] || is_user;
        }
        for (auto const& [name, holds] : holds_user) {
            if (!holds && !without_user.contains(name)) found.insert(name + " does not hold the user");
        }
        indexes = static_cast<int>(holds_user.size());
    }

    TempDatabase temp;
    int tables = 0;
    int indexes = 0;
};

TEST_F(ByUser, every_table_and_index_names_its_user)
{
    EXPECT_EQ(problems(), std::set<std::string>());
    EXPECT_GE(tables, 13);
    EXPECT_GE(indexes, 20);
}

TEST_F(ByUser, what_does_not_is_found)
{
    change("create table notes (id bigint not null primary key, user_id bigint not null, text text not null)");
    change("create unique index notes_text on notes (text)");
    change("create index notes_user on notes (text, user_id)");
    change("create table tags (id bigint not null primary key, user_id bigint)");
    auto const key = tests_run_on_postgres() ? "notes_pkey" : "sqlite_autoindex_notes_1";
    std::set<std::string> const expected{std::string(key) + " does not hold the user", "notes_text does not hold the user",
                                         "tags has no user_id"};
    EXPECT_EQ(problems(), expected);
}

TEST_F(ByUser, a_reference_without_its_user_is_found)
{
    if (!tests_run_on_postgres()) GTEST_SKIP() << "SQLite's foreign keys name rowids";
    change("alter table rooms add unique (id)");
    change("alter table jobs add constraint jobs_room foreign key (room_id) references rooms (id)");
    EXPECT_EQ(problems(), (std::set<std::string>{"jobs_room has no user_id", "rooms_id_key does not hold the user"}));
}

} // namespace
} // namespace pollux::test
