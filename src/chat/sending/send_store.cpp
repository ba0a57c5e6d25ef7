#include "chat/sending/send_store.hpp"

#include "base/failpoint.hpp"
#include "base/required.hpp"
#include "base/text.hpp"
#include "chat/rooms/room_store.hpp"
#include "chat/sending/model_choice.hpp"
#include "chat/sending/retry.hpp"
#include "chat/sending/send_at_once.hpp"
#include "chat/sending/sent_rows.hpp"

namespace pollux::chat {
namespace {

constexpr db::Sql insert_question_sql =
    "insert into messages (" POLLUX_QUESTION_COLUMNS ") values (" POLLUX_QUESTION_VALUES ") returning id";

constexpr db::Sql update_room_sql = R"sql(
    update rooms set updated_at = $2, last_text = $3, last_role = 'user', last_at = $2, last_question_id = $4, last_reply_id = $5,
        name = case when is_named = 0 then $6 else name end,
        named_by = case when is_named = 0 then 'message' else named_by end, is_named = 1
    where id = $1 and user_id = $7
)sql";

Result<void> check_content(std::string const& content, SendBasis const& basis)
{
    if (code_points(content) <= static_cast<std::size_t>(basis.characters_max)) return {};
    return invalid("content", "too_long", "Your plan allows " + std::to_string(basis.characters_max) + " characters in a message.");
}

asio::awaitable<MessageId> insert_question(db::Transaction& transaction, SendRequest const& request, SendBasis const& basis,
                                           NewReply const& reply)
{
    auto params = given_params(reply, first_state(basis, reply), request.content, basis.last_reply);
    auto const rows = co_await transaction.execute(insert_question_sql, std::move(params));
    co_return rows.front().only().id<MessageId>();
}

asio::awaitable<void> update_room(db::Transaction& transaction, SendRequest const& request, SendBasis const& basis, MessageId question,
                                  MessageId reply)
{
    auto const name = basis.room_is_named ? std::string() : name_after(request.content);
    co_await transaction.run(update_room_sql, request.room, request.now, preview_of(request.content), question, reply, name, request.user);
}

// A statement each: SQLite, where they cost no way.
asio::awaitable<Result<Sending>> write_in_steps(db::Transaction& transaction, SendRequest const& request, SendBasis const& basis,
                                                NewReply reply)
{
    auto usage = co_await take_unit(transaction, request.user, basis);
    failpoint("send_after_quota");
    reply.question = co_await insert_question(transaction, request, basis, reply);
    failpoint("send_after_question");
    auto sending = co_await insert_reply(transaction, basis, reply);
    failpoint("send_after_reply");
    co_await update_room(transaction, request, basis, reply.question, sending.reply.id);
    failpoint("send_after_room");
    if (request.key) {
        idempotency::Effect const effect{reply.question.value, sending.reply.id.value};
        auto const keeping = co_await idempotency::keep_effect(transaction, request.user, *request.key, effect, request.now);
        if (!keeping) co_return keeping.error();
    }
    sending.usage = std::move(usage);
    failpoint("send_before_commit");
    co_return sending;
}

Message question_as_sent(SendRequest const& request, MessageId id)
{
    Message message;
    message.id = id;
    message.chatroom = request.room;
    message.content = request.content;
    message.created_at = request.now;
    message.completed_at = request.now;
    if (!request.names.ours.empty()) message.request_id = request.names.ours;
    return message;
}

// The request is owned by the caller of SendStore::send, which awaits this.
asio::awaitable<Result<Sending>> send_in(db::Transaction& transaction, SendRequest const& request, ai::Models const& models,
                                         db::Dialect dialect)
{
    co_await touch_rooms_later(transaction, request.user);
    auto const basis = co_await read_basis(transaction, request.user, request.room, request.key, request.now);
    if (!basis) co_return basis.error();
    if (basis->effect) co_return co_await repeat_answer(transaction, request.user, request.room, *basis);

    if (auto checked = check_content(request.content, *basis); !checked) co_return checked.error();
    if (auto checked = check_queue(*basis, request.queue_room); !checked) co_return checked.error();
    auto model = choose_model(models, basis->models, basis->room_model);
    if (!model) co_return model.error();
    if (!has_unit_left(*basis)) co_return co_await limit_reached(transaction, *basis);

    NewReply reply{.user = request.user, .room = request.room, .model = std::move(*model), .now = request.now, .day = day_of(basis->now)};
    reply.lease_owner = request.lease_owner;
    reply.names = request.names;
    if (dialect == db::Dialect::postgres) {
        auto sending = co_await write_send_at_once(transaction, request, *basis, std::move(reply));
        sending.message = question_as_sent(request, required(sending.reply.reply_to));
        co_return sending;
    }
    auto sending = co_await write_in_steps(transaction, request, *basis, std::move(reply));
    if (sending) sending->message = question_as_sent(request, required(sending->reply.reply_to));
    co_return sending;
}

} // namespace

asio::awaitable<Result<Sending>> SendStore::send(SendRequest request)
{
    auto sending = co_await database_.transact([&request, &models = models_, dialect = database_.dialect()](db::Transaction& transaction) {
        return send_in(transaction, request, models, dialect);
    });
    if (sending) failpoint("send_after_commit");
    co_return sending;
}

asio::awaitable<Result<Sending>> SendStore::retry(RetryRequest request)
{
    auto sending = co_await database_.transact(
        [&request, &models = models_](db::Transaction& transaction) { return retry_in(transaction, request, models); });
    if (sending) failpoint("retry_after_commit");
    co_return sending;
}

} // namespace pollux::chat
