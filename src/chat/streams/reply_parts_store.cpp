#include "chat/streams/reply_parts_store.hpp"

#include "base/json.hpp"
#include "db/columns.hpp"

namespace pollux::chat {
namespace {

// The parts of all replies that a process writes, whosever they are.
// Takes no lock on jobs, so that it never holds up a finish: a part may come after its reply's end, and is deleted as stale.
constexpr db::Sql put_scan_sql{
    R"sql(
    insert into reply_parts (reply_id, attempt, number, user_id, model, text_from, text_end, thoughts_from, thoughts_end,
        citations_version, text, thoughts, citations)
    select j.message_id, j.attempt, p.value ->> 'number', j.user_id, p.value ->> 'model', p.value ->> 'text_from',
        p.value ->> 'text_end', p.value ->> 'thoughts_from', p.value ->> 'thoughts_end', p.value ->> 'citations_version',
        p.value ->> 'text', p.value ->> 'thoughts', p.value ->> 'citations'
    from json_each($1) p join jobs j on j.user_id = p.value ->> 'user_id' and j.message_id = p.value ->> 'reply_id'
    where j.attempt = p.value ->> 'attempt' and j.state = 'running'
    on conflict (user_id, reply_id, attempt, number) do update set text_end = excluded.text_end, thoughts_end = excluded.thoughts_end,
        citations_version = excluded.citations_version, text = excluded.text, thoughts = excluded.thoughts,
        citations = excluded.citations
    returning reply_id
)sql",
    R"sql(
    insert into reply_parts (reply_id, attempt, number, user_id, model, text_from, text_end, thoughts_from, thoughts_end,
        citations_version, text, thoughts, citations)
    select j.message_id, j.attempt, p.number, j.user_id, p.model, p.text_from, p.text_end, p.thoughts_from, p.thoughts_end,
        p.citations_version, p.text, p.thoughts, p.citations
    from json_to_recordset($1::json) as p (user_id bigint, reply_id bigint, attempt bigint, number bigint, model text,
        text_from bigint, text_end bigint, thoughts_from bigint, thoughts_end bigint, citations_version bigint, text text,
        thoughts text, citations text)
    join jobs j on j.user_id = p.user_id and j.message_id = p.reply_id and j.attempt = p.attempt and j.state = 'running'
    on conflict (user_id, reply_id, attempt, number) do update set text_end = excluded.text_end, thoughts_end = excluded.thoughts_end,
        citations_version = excluded.citations_version, text = excluded.text, thoughts = excluded.thoughts,
        citations = excluded.citations
    returning reply_id
)sql"};

#define POLLUX_PART_COLUMNS                                                                                                                \
    "newest.attempt, p.number, p.model, p.text_from, p.thoughts_from, p.citations_version, p.text, p.thoughts, p.citations"
namespace column {
enum : std::size_t { attempt, number, model, text_from, thoughts_from, citations_version, text, thoughts, citations, count };
}
static_assert(db::columns_in(POLLUX_PART_COLUMNS) == column::count);

// One row without a number where there are parts and none of them ends after the reader's place.
constexpr db::Sql find_sql = "select " POLLUX_PART_COLUMNS R"sql(
    from (select max(attempt) as attempt from reply_parts where user_id = $6 and reply_id = $1) newest
    left join reply_parts p on p.user_id = $6 and p.reply_id = $1 and p.attempt = newest.attempt
        and (newest.attempt > $2 or p.text_end > $3 or p.thoughts_end > $4 or p.citations_version > $5)
    where newest.attempt is not null
    order by p.number limit 200
)sql";

constexpr db::Sql delete_stale_scan_sql = R"sql(
    delete from reply_parts where not exists (
        select 1 from jobs j where j.user_id = reply_parts.user_id and j.message_id = reply_parts.reply_id
            and j.attempt = reply_parts.attempt and j.state = 'running')
)sql";

constexpr db::Sql delete_ended_scan_sql{
    R"sql(
    delete from reply_parts where (user_id, reply_id) in (select value ->> 'user_id', value ->> 'reply_id' from json_each($1))
        and not exists (
        select 1 from jobs j where j.user_id = reply_parts.user_id and j.message_id = reply_parts.reply_id
            and j.attempt = reply_parts.attempt and j.state = 'running')
)sql",
    R"sql(
    delete from reply_parts where (user_id, reply_id) in
        (select e.user_id, e.reply_id from json_to_recordset($1::json) as e (user_id bigint, reply_id bigint)) and not exists (
        select 1 from jobs j where j.user_id = reply_parts.user_id and j.message_id = reply_parts.reply_id
            and j.attempt = reply_parts.attempt and j.state = 'running')
)sql"};

constexpr db::Sql delete_sql = "delete from reply_parts where user_id = $3 and reply_id = $1 and attempt <= $2";

void append_number(std::string& json, std::string_view name, std::int64_t number)
{
    json.append(json.ends_with('{') ? "\"" : ",\"").append(name).append("\":");
    append_json_integer(json, number);
}

void append_text(std::string& json, std::string_view name, std::string const& text)
{
    json.append(",\"").append(name).append("\":");
    append_json_text(json, text);
}

std::string to_json(std::vector<ReplyPart> const& parts)
{
    std::string json = "[";
    for (auto const& part : parts) {
        json += json.size() == 1 ? "{" : ",{";
        append_number(json, "user_id", part.user.value);
        append_number(json, "reply_id", part.reply.value);
        append_number(json, "attempt", part.attempt);
        append_number(json, "number", part.number);
        append_number(json, "text_from", static_cast<std::int64_t>(part.text_from));
        append_number(json, "text_end", static_cast<std::int64_t>(part.text_from + part.text.size()));
        append_number(json, "thoughts_from", static_cast<std::int64_t>(part.thoughts_from));
        append_number(json, "thoughts_end", static_cast<std::int64_t>(part.thoughts_from + part.thoughts.size()));
        append_number(json, "citations_version", static_cast<std::int64_t>(part.citations_version));
        append_text(json, "model", part.model);
        append_text(json, "text", part.text);
        append_text(json, "thoughts", part.thoughts);
        append_text(json, "citations", part.citations_json);
        json += '}';
    }
    return json += ']';
}

} // namespace

asio::awaitable<std::vector<MessageId>> ReplyPartsStore::put(std::vector<ReplyPart> parts)
{
    auto const rows = co_await database_.write(put_scan_sql, to_json(parts));
    std::vector<MessageId> taken;
    for (std::size_t index = 0; index < rows.size(); ++index) taken.push_back(rows[index].only().id<MessageId>());
    co_return taken;
}

asio::awaitable<FoundParts> ReplyPartsStore::find(UserId user, MessageId reply, FeedPosition seen)
{
    auto const rows =
        co_await database_.read(find_sql, reply, seen.attempt, static_cast<std::int64_t>(seen.text_bytes),
                                static_cast<std::int64_t>(seen.thought_bytes), static_cast<std::int64_t>(seen.citations_version), user);
    FoundParts found;
    for (std::size_t index = 0; index < rows.size(); ++index) {
        auto const row = rows[index];
        found.attempt = row.integer(column::attempt);
        if (row.is_null(column::number)) break;
        ReplyPart part{.user = user, .reply = reply, .attempt = found.attempt};
        part.number = row.integer(column::number);
        part.model = row.text(column::model);
        part.text_from = static_cast<std::size_t>(row.integer(column::text_from));
        part.thoughts_from = static_cast<std::size_t>(row.integer(column::thoughts_from));
        part.citations_version = static_cast<std::uint64_t>(row.integer(column::citations_version));
        part.text = row.text(column::text);
        part.thoughts = row.text(column::thoughts);
        part.citations_json = row.text(column::citations);
        found.parts.push_back(std::move(part));
    }
    co_return found;
}

asio::awaitable<void> ReplyPartsStore::delete_ended(std::vector<WrittenReply> replies)
{
    std::string json = "[";
    for (auto const& [user, reply] : replies) {
        json += json.size() == 1 ? "{" : ",{";
        append_number(json, "user_id", user.value);
        append_number(json, "reply_id", reply.value);
        json += '}';
    }
    json += ']';
    co_await database_.write(delete_ended_scan_sql, std::move(json));
}

asio::awaitable<void> ReplyPartsStore::delete_stale()
{
    co_await database_.write(delete_stale_scan_sql);
}

asio::awaitable<void> delete_parts(db::Transaction& transaction, UserId user, MessageId reply, std::int64_t attempt)
{
    co_await transaction.run(delete_sql, reply, attempt, user);
}

} // namespace pollux::chat
