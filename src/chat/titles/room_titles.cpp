#include "chat/titles/room_titles.hpp"

#include "ai/call_rate.hpp"
#include "ai/checked_event.hpp"
#include "base/literals.hpp"
#include "base/text.hpp"
#include "chat/rooms/room_name.hpp"
#include "chat/titles/title_request.hpp"
#include "chat/titles/title_text.hpp"
#include "ops/log.hpp"
#include "tasks/task_run.hpp"

#include <boost/asio/this_coro.hpp>

namespace pollux::chat {
namespace {

using tasks::TaskOutcome;
using tasks::TaskRun;

constexpr std::chrono::seconds call_time_max{20};
constexpr std::chrono::minutes worth_waiting_max{10}; // Who has talked on by then knows the room by its name.
constexpr std::chrono::seconds look_again_after{2};   // Whether replies still wait.
constexpr std::chrono::seconds left_alone_for{5};     // By everybody, while the model fails.
constexpr std::chrono::seconds back_off{5};
constexpr std::int64_t attempts_max = 3;
constexpr int at_once_max = 3;                // In this process: a model that hangs leaves hands of the lane to others.
constexpr std::size_t said_bytes_max = 4_KiB; // What is longer is no name.

// Counts itself while it lives.
class Place {
public:
    explicit Place(std::atomic<int>& taken) : taken_(taken), number_(++taken) {}
    Place(Place const&) = delete;
    ~Place() { --taken_; }
    bool is_free() const { return number_ <= at_once_max; }

private:
    std::atomic<int>& taken_;
    int const number_;
};

} // namespace

RoomTitles::RoomTitles(Parts parts) : parts_(parts), store_(parts.database) {}

tasks::TaskKind RoomTitles::kind()
{
    return {.name = std::string(name_room_task),
            .lane = tasks::Lane::light,
            .time_max = std::chrono::seconds(30),
            .limits = {.attempts_max = attempts_max, .back_off = back_off},
            .work = [this](TaskRun& run) { return name_room(run); }};
}

// It may run twice: the second run finds a room that a model has named, and leaves it.
asio::awaitable<TaskOutcome> RoomTitles::name_room(TaskRun& run)
{
    auto const room = parse_integer(run.task().subject);
    auto const reply = parse_integer(run.task().payload);
    if (parts_.model == nullptr || !room || !reply) co_return TaskOutcome::done();
    auto const user = run.task().user;
    auto const untitled = co_await store_.find(user, RoomId{*room}, MessageId{*reply});
    if (!untitled) co_return TaskOutcome::done();
    if (parts_.clock.now() - untitled->replied_at > worth_waiting_max) {
        count("given_up");
        co_return TaskOutcome::done();
    }
    Place const place(running_);
    if (!place.is_free()) co_return TaskOutcome::wait("Other rooms are being named.", look_again_after);
    if (auto const wait = co_await wait_for_replies()) co_return TaskOutcome::wait("Replies come first.", *wait);

    auto request = title_request(untitled->question, untitled->reply);
    request.model = parts_.model->name;
    request.deadline = std::min(run.deadline(), Steady::now() + call_time_max);
    request.request_id = "title-" + std::to_string(*room);
    auto said = co_await ask(std::move(request));
    if (run.is_to_end()) co_return TaskOutcome::hand_back();
    if (said.failed && said.failed->kind == ai::Failed::Kind::not_called)
        co_return TaskOutcome::wait("Replies come first.", look_again_after);
    bool const is_worth_another = said.failed && said.failed->kind == ai::Failed::Kind::transient;
    if (is_worth_another && run.task().failures + 1 < attempts_max) co_return TaskOutcome::retry("The model did not answer.");
    if (said.failed) {
        count("failed");
        co_return TaskOutcome::done();
    }
    if (!said.is_answer) said.text.clear();
    co_await keep(user, RoomId{*room}, *untitled, std::move(said.text));
    co_return TaskOutcome::done();
}

// Nothing: the call may begin.
asio::awaitable<std::optional<std::chrono::microseconds>> RoomTitles::wait_for_replies()
{
    if (parts_.model->breaker->is_open()) co_return left_alone_for; // Whether it is back is for replies to find out.
    bool const do_wait = co_await store_.do_replies_wait();
    if (do_wait) co_return look_again_after;
    if (parts_.calls_per_minute_max == 0) co_return std::nullopt;
    auto const rule = ai::call_rule(parts_.calls_per_minute_max);
    auto const taken = co_await parts_.limiter.take(limits::RateClass::call, parts_.model->id, {rule.count, rule.window});
    if (!taken.allowed) co_return std::max<std::chrono::microseconds>(taken.retry_after, look_again_after);
    co_return std::nullopt;
}

asio::awaitable<RoomTitles::Said> RoomTitles::ask(ai::ChatRequest request)
{
    Said said;
    auto const id = request.request_id;
    auto executor = co_await asio::this_coro::executor;
    auto const stream = parts_.model->model->start(executor, std::move(request));
    for (bool is_over = false; !is_over && said.text.size() < said_bytes_max;) {
        auto event = co_await stream->next();
        event = ai::checked(std::move(event));
        if (auto const* delta = std::get_if<ai::TextDelta>(&event)) said.text += delta->text;
        if (auto* failed = std::get_if<ai::Failed>(&event)) said.failed = std::move(*failed);
        if (auto const* finished = std::get_if<ai::Finished>(&event)) {
            said.is_answer = finished->reason == ai::FinishReason::stop || finished->reason == ai::FinishReason::other;
        }
        is_over = said.failed || std::holds_alternative<ai::Finished>(event) || std::holds_alternative<ai::Continues>(event);
    }
    // That one failed is not told to the breaker: it may have been cut by the short time that a title has, and replies find out themselves.
    if (!said.failed) parts_.model->breaker->ended({}, ai::CallBreaker::End::answered, Steady::now());
    if (said.failed && said.failed->kind != ai::Failed::Kind::not_called)
        ops::log(ops::Level::warning, "title_call_failed",
                 {{"request_id", id}, {"model", parts_.model->id}, {"detail", said.failed->detail}});
    co_return said;
}

asio::awaitable<void> RoomTitles::keep(UserId user, RoomId room, UntitledRoom untitled, std::string said)
{
    auto title = title_from(said);
    if (!title) {
        count("no_name");
        co_return;
    }
    bool const is_renamed = co_await store_.rename(user, room, std::move(untitled.name), std::move(*title));
    count(is_renamed ? "named" : "named_meanwhile");
    if (!is_renamed) co_return;
    parts_.news.room_changed(user, room);
    co_await parts_.news.settled(user);
}

void RoomTitles::count(std::string const& outcome) const
{
    ops::Counter("pollux_titles_total", "Rooms that a model was asked to name, by what came of it.", {{"outcome", outcome}}).add();
}

} // namespace pollux::chat
