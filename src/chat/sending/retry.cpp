#include "chat/sending/retry.hpp"

#include "base/failpoint.hpp"
#include "chat/rooms/message_rows.hpp"
#include "chat/rooms/room_store.hpp"
#include "chat/sending/model_choice.hpp"
#include "chat/sending/send_parts.hpp"
#include "db/columns.hpp"

namespace pollux::chat {
namespace {

#define POLLUX_SIBLING_COLUMNS "reply_to, status, is_shown, case when content = '' then 0 else 1 end"

namespace column {
enum : std::size_t { reply_to, status, is_shown, has_text, count };
}
static_assert(db::columns_in(POLLUX_SIBLING_COLUMNS) == column::count);

constexpr db::Sql siblings_sql = "select " POLLUX_SIBLING_COLUMNS R"sql( from messages
    where reply_to = (select reply_to from messages where id = $1 and room_id = $2 and user_id = $3) and user_id = $3
    order by variant
)sql";

constexpr db::Sql count_variants_sql = "update messages set variants = $2, is_shown = case when $3 = 1 then 0 else is_shown end "
                                       "where user_id = $4 and reply_to = $1";

struct Siblings {
    MessageId question;
    std::int64_t count = 0;
    bool is_one_open = false;
    bool shown_is_good = false; // Completed, or stopped with text: it stays in its place until the new variant is as good.
};

Siblings read_siblings(db::Rows const& rows)
{
    Siblings siblings{rows.front().id<MessageId>(column::reply_to), static_cast<std::int64_t>(rows.size())};
    for (std::size_t index = 0; index < rows.size(); ++index) {
        auto const row = rows[index];
        auto const status = read_status(row.text(column::status));
        if (status == MessageStatus::queued || status == MessageStatus::streaming) siblings.is_one_open = true;
        bool const is_good = status == MessageStatus::completed || (status == MessageStatus::stopped && row.boolean(column::has_text));
        if (row.boolean(column::is_shown)) siblings.shown_is_good = is_good;
    }
    return siblings;
}

Result<void> check_siblings(Siblings const& siblings)
{
    if (siblings.is_one_open) return conflict("reply_running", "This reply is still being written; stop it or wait for its end.");
    if (siblings.count >= variants_max) return conflict("too_many_variants", "This reply has as many variants as a reply may have.");
    return {};
}

} // namespace

asio::awaitable<Result<Sending>> retry_in(db::Transaction& transaction, RetryRequest const& request, ai::Models const& models)
{
    bool const is_known = co_await touch_rooms(transaction, request.user);
    if (!is_known) co_return not_found("room");
    auto const basis = co_await read_basis(transaction, request.user, request.room, request.key, request.now);
    if (!basis) co_return basis.error();
    if (basis->effect) co_return co_await repeat_answer(transaction, request.user, request.room, *basis);

    auto const rows = co_await transaction.run(siblings_sql, request.reply, request.room, request.user);
    if (rows.empty()) co_return not_found("message");
    auto const siblings = read_siblings(rows);
    if (auto checked = check_siblings(siblings); !checked) co_return checked.error();
    if (auto checked = check_queue(*basis, request.queue_room); !checked) co_return checked.error();
    auto model = choose_model(models, basis->models, basis->room_model);
    if (!model) co_return model.error();
    if (!has_unit_left(*basis)) co_return co_await limit_reached(transaction, *basis);
    auto usage = co_await take_unit(transaction, request.user, *basis);

    auto const variant = siblings.count + 1;
    bool const takes_the_place = !siblings.shown_is_good;
    co_await transaction.run(count_variants_sql, siblings.question, variant, takes_the_place, request.user);
    NewReply reply{.user = request.user, .room = request.room, .question = siblings.question, .variant = variant};
    reply.is_shown = takes_the_place;
    reply.model = std::move(*model);
    reply.now = request.now;
    reply.day = day_of(basis->now);
    reply.lease_owner = request.lease_owner;
    reply.names = request.names;
    auto sending = co_await insert_reply(transaction, *basis, std::move(reply));
    if (request.key) {
        idempotency::Effect const effect{sending.reply.id.value, std::nullopt};
        auto const keeping = co_await idempotency::keep_effect(transaction, request.user, *request.key, effect, request.now);
        if (!keeping) co_return keeping.error();
    }
    sending.usage = std::move(usage);
    failpoint("retry_before_commit");
    co_return sending;
}

} // namespace pollux::chat
