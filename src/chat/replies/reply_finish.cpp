#include "chat/replies/reply_finish.hpp"

#include "base/failpoint.hpp"
#include "billing/quota.hpp"
#include "chat/queue/job_queue.hpp"
#include "chat/rooms/message_rows.hpp"
#include "chat/rooms/room_store.hpp"
#include "db/columns.hpp"
#include "tasks/enqueue.hpp"

namespace pollux::chat {
namespace {

#define POLLUX_FINISHED_COLUMNS                                                                                                            \
    "day, created_at, variants, (select case when r.named_by = 'message' and r.title_asked = 0 then 1 else 0 end from rooms r "            \
    "where r.id = messages.room_id and r.user_id = $16)"
namespace column {
enum : std::size_t { day, created_at, variants, wants_title, count };
}
static_assert(db::columns_in(POLLUX_FINISHED_COLUMNS) == column::count);

constexpr db::Sql finish_message_sql = R"sql(
    update messages set status = $3, content = $4, thoughts = $5, citations = $6, finish_reason = $7, error_code = $8, error_detail = $9,
        prompt_tokens = $10, completion_tokens = $11, thought_tokens = $12, model = $13, provider_state = $14, completed_at = $15,
        calls = $17, usage_estimated = $18, thought_ms = $19, asked_model = case when model <> $13 then model else asked_model end
    where id = $1 and attempt = $2 and status = 'streaming' and user_id = $16
    returning )sql" POLLUX_FINISHED_COLUMNS;

// Parts are written only where many processes share a database.
constexpr db::Sql delete_job_sql{"delete from jobs where message_id = $1 and attempt = $2 and user_id = $3", R"sql(
    with parts as (delete from reply_parts where user_id = $3 and reply_id = $1 and attempt <= $2)
    delete from jobs where message_id = $1 and attempt = $2 and user_id = $3
)sql"};

constexpr db::Sql show_variant_sql =
    "update messages set is_shown = case when id = $2 then 1 else 0 end where user_id = $3 and reply_to = $1";

// The reply is the room's last message only while its question is the newest one.
constexpr db::Sql update_room_sql = R"sql(
    update rooms set updated_at = $2,
        last_text = case when $6 = 1 and last_question_id = $3 then $4 else last_text end,
        last_role = case when $6 = 1 and last_question_id = $3 then 'assistant' else last_role end,
        last_at = case when $6 = 1 and last_question_id = $3 then $5 else last_at end,
        title_asked = case when $8 = 1 then 1 else title_asked end
    where id = $1 and user_id = $7
)sql";

asio::awaitable<db::Rows> finish_message(db::Transaction& transaction, ReplyClaim const& claim, ReplyEnd const& end, Time now)
{
    std::optional<std::string> code;
    std::optional<std::string> detail;
    if (end.error) {
        code = end.error->code;
        detail = end.error->detail;
    }
    std::optional<std::int64_t> thought_ms;
    if (end.thought) thought_ms = end.thought->count();
    co_return co_await transaction.run(finish_message_sql, claim.reply, claim.attempt, to_text(end.status), end.text, end.thoughts,
                                       end.citations_json, finish_column(end.finish_reason), code, detail, end.usage.prompt_tokens,
                                       end.usage.completion_tokens, end.usage.thought_tokens, end.model, end.provider_state, now,
                                       claim.user, claim.calls_column(), end.usage.estimated, thought_ms);
}

asio::awaitable<void> ask_for_title(db::Transaction& transaction, ReplyClaim const& claim)
{
    tasks::NewTask task{.kind = std::string(name_room_task), .user = claim.user, .subject = std::to_string(claim.room.value)};
    task.payload = std::to_string(claim.reply.value);
    co_await tasks::enqueue(transaction, std::move(task));
}

} // namespace

bool costs_unit(ReplyEnd const& end)
{
    return end.status != MessageStatus::failed || !end.text.empty();
}

MessageError upstream_failed()
{
    return {"upstream_failed", "The model did not answer. Your message is kept; try again in a while."};
}

MessageError error_of(ai::Failed::Reason reason)
{
    switch (reason) {
    case ai::Failed::Reason::unanswered:
    case ai::Failed::Reason::rate_limited: return upstream_failed();
    case ai::Failed::Reason::without_text:
        return {"reply_without_text", "The model answered with something that is no text. Your message is kept; ask in other words."};
    case ai::Failed::Reason::too_large:
        return {"reply_too_large", "The model's answer was larger than can be taken. Your message is kept; ask for less."};
    }
    return upstream_failed();
}

MessageError not_storable()
{
    return {"reply_not_storable", "The model's answer could not be stored. Your message is kept; ask in other words."};
}

MessageError worker_lost()
{
    return {"worker_lost", "Writing this reply was interrupted too often. Your message is kept; try again."};
}

asio::awaitable<Finishing> finish_in(db::Transaction& transaction, ReplyClaim const& claim, ReplyEnd const& end, Time now, Titles titles)
{
    co_await touch_rooms_later(transaction, claim.user); // An erased user has no messages.
    auto const finished = co_await finish_message(transaction, claim, end, now);
    if (finished.empty()) co_return Finishing{};
    auto const row = finished.front();
    failpoint("finish_after_message");
    co_await transaction.run_later(delete_job_sql, claim.reply, claim.attempt, claim.user);

    billing::Settlement settlement{claim.user, row.integer(column::day), costs_unit(end) ? 0 : 1, end.model};
    settlement.prompt_tokens = end.usage.prompt_tokens;
    settlement.completion_tokens = end.usage.completion_tokens;
    settlement.thought_tokens = end.usage.thought_tokens;
    failpoint("finish_after_job");
    co_await billing::settle(transaction, settlement);
    failpoint("finish_after_quota");

    bool const is_good = end.status == MessageStatus::completed || (end.status == MessageStatus::stopped && !end.text.empty());
    if (is_good && row.integer(column::variants) > 1)
        co_await transaction.run_later(show_variant_sql, claim.question, claim.reply, claim.user);
    bool const is_preview = is_good && !end.text.empty();
    bool const is_title_due = titles == Titles::ask && is_preview && end.finish_reason != MessageFinish::blocked &&
                              row.optional_integer(column::wants_title).value_or(0) == 1;
    co_await transaction.run_later(update_room_sql, claim.room, now, claim.question, preview_of(end.text), row.time(column::created_at),
                                   is_preview, claim.user, is_title_due);
    if (is_title_due) co_await ask_for_title(transaction, claim);

    auto const promoted = co_await promote_jobs(transaction, claim.user);
    failpoint("finish_before_commit");
    co_return Finishing{Fate::done, promoted, is_title_due};
}

} // namespace pollux::chat
