#include "app/deletion_tasks.hpp"

#include "accounts/accounts_service.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "billing/billing_service.hpp"
#include "billing/demo/demo_store.hpp"
#include "billing/payments/payment_tasks.hpp"
#include "chat/replies/erase_user.hpp"
#include "chat/rooms/leftovers.hpp"
#include "tasks/enqueue.hpp"
#include "tasks/task_run.hpp"
#include "tasks/task_store.hpp"

namespace pollux::app {
namespace {

using tasks::TaskOutcome;
using tasks::TaskRun;

constexpr std::int64_t piece_rows = 1'000; // Of one transaction: other writers wait for no more than these.

// Until a piece is not whole; false: the run is to end before that.
template <class Piece>
asio::awaitable<bool> delete_all(TaskRun& run, Piece piece)
{
    for (auto deleted = piece_rows; deleted == piece_rows;) {
        if (run.is_to_end()) co_return false;
        deleted = co_await piece();
    }
    co_return true;
}

std::string rooms_json(std::vector<RoomId> const& rooms)
{
    std::string json;
    for (auto room : rooms) {
        if (!json.empty()) json += ',';
        append_json_integer(json, room.value);
    }
    return json;
}

std::vector<RoomId> read_rooms(std::string_view payload)
{
    std::vector<RoomId> rooms;
    while (!payload.empty()) {
        auto const end = std::min(payload.find(','), payload.size());
        if (auto const id = parse_integer(payload.substr(0, end))) rooms.push_back(RoomId{*id});
        payload.remove_prefix(std::min(end + 1, payload.size()));
    }
    return rooms;
}

// It may run twice: what is gone is not found again.
asio::awaitable<TaskOutcome> delete_room(TaskRun& run, db::Database& database)
{
    auto const id = parse_integer(run.task().subject);
    if (!id) co_return TaskOutcome::give_up("Its subject is no room.");
    RoomId const room{*id};
    auto piece = [&] { return chat::delete_messages_of_room(database, run.task().user, room, piece_rows); };
    bool const is_done = co_await delete_all(run, piece);
    if (!is_done) co_return TaskOutcome::hand_back();
    co_await chat::delete_nobodys_rooms(database, {room});
    co_return TaskOutcome::done();
}

asio::awaitable<int> erase_last(db::Transaction& transaction, UserId user, std::string kinds)
{
    co_await billing::erase_user(transaction, user);
    co_await tasks::drop_tasks_of(transaction, user, std::move(kinds));
    co_await accounts::AccountsService::erase_rest(transaction, user);
    co_return 0;
}

// It may run twice. What a request that was under way still wrote is found by it, or keeps the user's row until the next attempt.
asio::awaitable<TaskOutcome> erase_account(TaskRun& run, db::Database& database, tasks::TaskKinds const& kinds)
{
    auto const user = run.task().user;
    bool is_done = co_await delete_all(run, [&] { return chat::delete_messages_of_user(database, user, piece_rows); });
    if (is_done) is_done = co_await delete_all(run, [&] { return chat::delete_keys_of_user(database, user, piece_rows); });
    if (is_done) is_done = co_await delete_all(run, [&] { return chat::delete_rooms_of_user(database, user, piece_rows); });
    if (!is_done) co_return TaskOutcome::hand_back();
    co_await chat::delete_nobodys_rooms(database, read_rooms(run.task().payload));
    auto const names = kinds.names_json([](auto const& kind) { return kind.duty == tasks::Duty::usual; });
    co_await database.transact([user, names](db::Transaction& transaction) { return erase_last(transaction, user, names); });
    co_return TaskOutcome::done();
}

} // namespace

asio::awaitable<void> begin_erasure(db::Transaction& transaction, UserId user)
{
    auto const rooms = co_await chat::end_user(transaction, user);
    co_await billing::end_payments(transaction, user);
    co_await billing::demo::DemoStore::forget_user(transaction, user);
    co_await tasks::enqueue(transaction, {.kind = erase_account_task, .user = user, .payload = rooms_json(rooms)});
}

void add_deletion_kinds(tasks::TaskKinds& kinds, db::Database& database)
{
    using namespace std::chrono_literals;
    kinds.add({.name = chat::delete_room_task,
               .lane = tasks::Lane::heavy,
               .time_max = 60s,
               .limits = {.attempts_max = 20, .back_off = 5s},
               .duty = tasks::Duty::obligation,
               .work = [&](TaskRun& run) { return delete_room(run, database); }});
    kinds.add({.name = erase_account_task,
               .lane = tasks::Lane::heavy,
               .time_max = 60s,
               .limits = {.attempts_max = 20, .back_off = 5s},
               .duty = tasks::Duty::obligation,
               .work = [&](TaskRun& run) { return erase_account(run, database, kinds); }});
}

} // namespace pollux::app
