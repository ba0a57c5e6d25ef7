// What durable sends are compared with: one loop over the statements of a send, on the same schema, with the same durability (WAL,
// synchronous=FULL) and as many sends a COMMIT as the server had. No network, no JSON, no threads, no savepoints.
//
// The statements stand in src/chat/sending/send_store.cpp, send_parts.cpp, room_store.cpp (touch), idempotency.cpp and
// src/billing/quota.cpp. A change there needs the same change here: bench/run compares the rows that both have written, not the texts.
#include <CLI/CLI.hpp>
#include <sqlite3.h>

#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

namespace {

constexpr char const* touch_sql = "update users set rooms_version = rooms_version + 1 where id = $1";

constexpr char const* basis_sql = R"sql(
    select r.is_named, r.model, r.last_reply_id, u.tier, p.messages_per_day, p.models, p.message_characters_max, p.replies_at_once,
        j.queued_by_user, j.queued_in_room, j.open_in_room, j.active_of_user, d.used, k.request_hash, k.first_id, k.second_id
    from rooms r
    join users u on u.id = r.user_id
    join plans p on p.name = u.tier
    cross join (
        select count(*) filter (where state <> 'running') as queued_by_user,
            count(*) filter (where room_id = $2 and state <> 'running') as queued_in_room,
            count(*) filter (where room_id = $2) as open_in_room,
            count(*) filter (where state <> 'waiting') as active_of_user
        from jobs where user_id = $1
    ) j
    left join usage_days d on d.user_id = $1 and d.day = $5
    left join idempotency_keys k on k.user_id = $1 and k.key = $3 and k.created_at > $4
    where r.id = $2 and r.user_id = $1
)sql";

constexpr char const* take_unit_sql = R"sql(
    insert into usage_days (user_id, day, used) values ($1, $2, 1)
    on conflict (user_id, day) do update set used = usage_days.used + 1 where usage_days.used < $3
    returning used
)sql";

constexpr char const* insert_question_sql = R"sql(
    insert into messages (room_id, user_id, role, status, content, parent_id, created_at, completed_at)
    values ($1, $2, 'user', 'completed', $3, $4, $5, $5)
    returning id
)sql";

constexpr char const* insert_reply_sql = R"sql(
    insert into messages (room_id, user_id, role, status, content, reply_to, parent_id, variant, variants, is_shown, model, attempt, day,
        created_at)
    values ($1, $2, 'assistant', $3, '', $4, $4, $5, $5, $6, $7, $8, $9, $10)
    returning id
)sql";

constexpr char const* insert_waiting_sql = R"sql(
    insert into jobs (kind, user_id, room_id, message_id, state, created_at) values ('reply', $1, $2, $3, 'waiting', $4)
)sql";

constexpr char const* insert_ready_sql = R"sql(
    insert into jobs (kind, user_id, room_id, message_id, state, ready_at, created_at)
    values ('reply', $1, $2, $3, 'ready', now_us(), $4)
)sql";

constexpr char const* update_room_sql = R"sql(
    update rooms set updated_at = $2, last_text = $3, last_role = 'user', last_at = $2, last_question_id = $4, last_reply_id = $5,
        name = case when is_named = 0 then $6 else name end, is_named = 1
    where id = $1 and user_id = $7
)sql";

constexpr char const* keep_key_sql = R"sql(
    insert into idempotency_keys (user_id, key, request_hash, first_id, second_id, created_at) values ($1, $2, $3, $4, $5, $6)
    on conflict (user_id, key) do update
        set request_hash = excluded.request_hash, first_id = excluded.first_id, second_id = excluded.second_id, created_at = excluded.created_at
        where idempotency_keys.created_at <= $7
)sql";

constexpr char const* content =
    "How do I keep a promise that I gave to somebody who is asleep? Please answer in a few sentences, and say what you are unsure of.";
constexpr char const* request_hash = "kq2ZcB0uS7cGm7cX1d2Oe3H0y6wqv1l5Jp8mTQ4xN9A";
constexpr std::size_t preview_characters_max = 120;
constexpr sqlite3_int64 day_us = 86'400'000'000;

using Value = std::variant<std::nullptr_t, sqlite3_int64, std::string>;

sqlite3_int64 now_us()
{
    auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

class Database {
public:
    explicit Database(std::string const& file)
    {
        check(sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0));
        check(sqlite3_open_v2(file.c_str(), &handle_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr));
        auto now = [](sqlite3_context* context, int, sqlite3_value**) { sqlite3_result_int64(context, now_us()); };
        check(sqlite3_create_function(handle_, "now_us", 0, SQLITE_UTF8 | SQLITE_INNOCUOUS, nullptr, now, nullptr, nullptr));
        // As src/db/sqlite/connection.cpp sets the writer; the checkpoint after 1,000 pages is SQLite's default too.
        run_script("pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; pragma temp_store = memory;"
                   "pragma cache_size = -8192");
    }
    ~Database() { sqlite3_close_v2(handle_); }
    Database(Database const&) = delete;
    Database& operator=(Database const&) = delete;

    void run_script(char const* sql) { check(sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr)); }
    sqlite3* handle() const { return handle_; }

    void check(int code) const
    {
        if (code != SQLITE_OK) throw std::runtime_error(handle_ ? sqlite3_errmsg(handle_) : sqlite3_errstr(code));
    }

private:
    sqlite3* handle_ = nullptr;
};

class Statement {
public:
    Statement(Database& database, char const* sql) : database_(database)
    {
        database.check(sqlite3_prepare_v3(database.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &handle_, nullptr));
        for (int index = 1; index <= sqlite3_bind_parameter_count(handle_); ++index) {
            value_of_.push_back(static_cast<std::size_t>(std::atoi(sqlite3_bind_parameter_name(handle_, index) + 1) - 1));
        }
    }
    ~Statement() { sqlite3_finalize(handle_); }
    Statement(Statement const&) = delete;
    Statement& operator=(Statement const&) = delete;

    // The values of the first row; none when there is no row.
    std::vector<Value> const& run(std::vector<Value> const& values)
    {
        for (std::size_t index = 0; index < value_of_.size(); ++index) bind(static_cast<int>(index) + 1, values.at(value_of_[index]));
        row_.clear();
        int code = sqlite3_step(handle_);
        if (code == SQLITE_ROW) {
            for (int column = 0; column < sqlite3_column_count(handle_); ++column) row_.push_back(value_at(column));
            code = sqlite3_step(handle_);
        }
        sqlite3_reset(handle_);
        if (code != SQLITE_DONE) throw std::runtime_error(sqlite3_errmsg(database_.handle()));
        return row_;
    }

private:
    void bind(int index, Value const& value)
    {
        if (auto const* number = std::get_if<sqlite3_int64>(&value)) {
            database_.check(sqlite3_bind_int64(handle_, index, *number));
        } else if (auto const* text = std::get_if<std::string>(&value)) {
            database_.check(sqlite3_bind_text(handle_, index, text->data(), static_cast<int>(text->size()), SQLITE_STATIC));
        } else {
            database_.check(sqlite3_bind_null(handle_, index));
        }
    }
    Value value_at(int column) const
    {
        switch (sqlite3_column_type(handle_, column)) {
        case SQLITE_INTEGER: return sqlite3_column_int64(handle_, column);
        case SQLITE_NULL: return nullptr;
        default: return std::string(reinterpret_cast<char const*>(sqlite3_column_text(handle_, column)));
        }
    }

    Database& database_;
    sqlite3_stmt* handle_ = nullptr;
    std::vector<std::size_t> value_of_;
    std::vector<Value> row_;
};

class Sends {
public:
    explicit Sends(Database& database)
        : touch_(database, touch_sql), basis_(database, basis_sql), take_unit_(database, take_unit_sql),
          insert_question_(database, insert_question_sql), insert_reply_(database, insert_reply_sql),
          insert_waiting_(database, insert_waiting_sql), insert_ready_(database, insert_ready_sql), update_room_(database, update_room_sql),
          keep_key_(database, keep_key_sql)
    {}

    void send(sqlite3_int64 user, sqlite3_int64 room, std::string const& key)
    {
        auto now = now_us();
        touch_.run({user});
        auto basis = basis_.run({user, room, key, now - day_us, now / day_us});
        if (basis.empty()) throw std::runtime_error("a room is missing");
        bool is_first = number(basis[10]) == 0 && number(basis[11]) < number(basis[7]);
        take_unit_.run({user, now / day_us, basis[4]});
        auto question = insert_question_.run({room, user, content, basis[2], now}).at(0);
        auto reply =
            insert_reply_
                .run({room, user, "queued", question, sqlite3_int64(1), sqlite3_int64(1), "demo", sqlite3_int64(0), now / day_us, now})
                .at(0);
        (is_first ? insert_ready_ : insert_waiting_).run({user, room, reply, now});
        update_room_.run({room, now, std::string(content, preview_characters_max), question, reply, "", user});
        keep_key_.run({user, key, request_hash, question, reply, now, now - day_us});
    }

private:
    static sqlite3_int64 number(Value const& value) { return std::get<sqlite3_int64>(value); }

    Statement touch_, basis_, take_unit_, insert_question_, insert_reply_, insert_waiting_, insert_ready_, update_room_, keep_key_;
};

struct Options {
    std::string file;
    std::size_t users = 0;
    std::size_t rooms_per_user = 0;
    std::size_t count = 0;
    std::size_t group = 1;
};

// The same users and rooms in the same order as pollux-load.
void run(Options const& options)
{
    Database database(options.file);
    Sends sends(database);
    auto began = std::chrono::steady_clock::now();
    for (std::size_t number = 0; number < options.count;) {
        database.run_script("begin immediate");
        for (std::size_t in_group = 0; in_group < options.group && number < options.count; ++in_group, ++number) {
            std::size_t pair = number % (options.users * options.rooms_per_user);
            std::size_t user = pair % options.users;
            std::size_t room = user * options.rooms_per_user + pair / options.users;
            sends.send(static_cast<sqlite3_int64>(user + 1), static_cast<sqlite3_int64>(room + 1), "bench-" + std::to_string(number));
        }
        database.run_script("commit");
    }
    double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    std::printf("sent=%zu seconds=%.3f rate=%.0f group=%zu\n", options.count, seconds, static_cast<double>(options.count) / seconds,
                options.group);
}

} // namespace

int main(int argc, char** argv)
{
    Options options;
    CLI::App app{"Does the statements of sends on a copy of a Pollux database, as fast as SQLite alone can."};
    app.add_option("--file", options.file)->required();
    app.add_option("--users", options.users)->required();
    app.add_option("--rooms-per-user", options.rooms_per_user)->required();
    app.add_option("--count", options.count)->required();
    app.add_option("--group", options.group, "Sends a COMMIT")->required()->check(CLI::PositiveNumber);
    CLI11_PARSE(app, argc, argv);
    try {
        run(options);
        return 0;
    } catch (std::exception const& failure) {
        std::fprintf(stderr, "pollux-bare-sqlite: %s\n", failure.what());
        return 1;
    }
}
