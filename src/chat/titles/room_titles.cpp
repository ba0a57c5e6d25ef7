#include "chat/titles/room_titles.hpp"

#include "ai/call_count.hpp"
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

#include <algorithm>

namespace pollux::chat {
namespace {

using tasks::TaskOutcome;
using tasks::TaskRun;

constexpr std::chrono::seconds call_time_max{20};
constexpr std::chrono::minutes worth_waiting_max{10}; // Who has talked on by then knows the room by its name.
constexpr std::chrono::seconds look_again_min{2};
constexpr std::chrono::seconds look_again_max{60};
constexpr std::chrono::seconds back_off{5};
constexpr std::int64_t attempts_max = 3;
constexpr int at_once_max = 3;                     // In this process: a model that hangs leaves hands of the lane to others.
constexpr std::size_t said_bytes_max = 4_KiB;      // What is longer is no name.
constexpr std::size_t thoughts_bytes_max = 16_KiB; // Whoever thinks longer about six words has not understood.

// When a title that has waited so long looks again whether replies leave it room: a few dozen times in all, however many wait.
std::chrono::microseconds wait_at(std::chrono::microseconds age)
{
    return std::clamp<std::chrono::microseconds>(age / 8, look_again_min, look_again_max);
}

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
    auto const replied_at = co_await store_.replied_at(user, MessageId{*reply});
    if (!replied_at) co_return TaskOutcome::done();
    auto const age = parts_.clock.now() - *replied_at;
    if (age > worth_waiting_max) {
        count("given_up");
        co_return TaskOutcome::done();
    }
    auto const look_again_after = wait_at(age);
    Place const place(running_);
    if (!place.is_free()) co_return TaskOutcome::wait("Other rooms are being named.", look_again_after);
    bool const has_to_wait = co_await do_replies_come_first();
    if (has_to_wait) co_return TaskOutcome::wait("Replies come first.", look_again_after);

    auto const untitled = co_await store_.find(user, RoomId{*room}, MessageId{*reply});
    if (!untitled) co_return TaskOutcome::done();
    auto request = title_request(untitled->question, untitled->reply);
    request.model = parts_.model->name;
    request.deadline = std::min(run.deadline(), Steady::now() + call_time_max);
    request.request_id = "title-" + std::to_string(*room);
    auto const said = co_await ask(std::move(request));
    co_await keep(user, RoomId{*room}, *untitled, said);
    if (run.is_to_end()) co_return TaskOutcome::hand_back();
    if (!said.failed) co_return TaskOutcome::done();
    if (said.failed->kind == ai::Failed::Kind::not_called)
        co_return TaskOutcome::wait("Replies come first.", std::max<std::chrono::microseconds>(said.retry_after, look_again_after));
    bool const is_worth_another = said.failed->kind == ai::Failed::Kind::transient;
    if (is_worth_another && run.task().failures + 1 < attempts_max) co_return TaskOutcome::retry("The model did not answer.");
    count("failed");
    co_return TaskOutcome::done();
}

asio::awaitable<bool> RoomTitles::do_replies_come_first()
{
    if (parts_.model->breaker->is_open()) co_return true; // Whether it is back is for replies to find out.
    co_return co_await store_.do_replies_wait();
}

asio::awaitable<RoomTitles::Said> RoomTitles::ask(ai::ChatRequest request)
{
    Said said;
    std::size_t thoughts_bytes = 0;
    auto const id = request.request_id;
    request.may_begin = [this, &said] { return may_begin(said); };
    auto executor = co_await asio::this_coro::executor;
    auto const stream = parts_.model->model->start(executor, std::move(request));
    for (bool is_over = false; !is_over;) {
        auto event = co_await stream->next();
        event = ai::checked(std::move(event));
        if (auto const* delta = std::get_if<ai::TextDelta>(&event)) said.text += delta->text;
        if (auto const* thought = std::get_if<ai::ThoughtDelta>(&event)) thoughts_bytes += thought->text.size();
        if (auto const* used = std::get_if<ai::UsageSoFar>(&event)) said.usage = used->usage;
        if (auto* failed = std::get_if<ai::Failed>(&event)) said.failed = std::move(*failed);
        if (auto const* finished = std::get_if<ai::Finished>(&event)) {
            said.is_answer = finished->reason == ai::FinishReason::stop || finished->reason == ai::FinishReason::other;
        }
        bool const is_too_much = said.text.size() > said_bytes_max || thoughts_bytes > thoughts_bytes_max;
        is_over = is_too_much || said.failed || std::holds_alternative<ai::Finished>(event) || std::holds_alternative<ai::Continues>(event);
        if (is_too_much) said.is_cut = true;
    }
    tell(said, id);
    co_return said;
}

// The call has its slot. Titles have a pace of their own, so none takes a reply's turn.
asio::awaitable<bool> RoomTitles::may_begin(Said& said)
{
    if (parts_.calls_per_minute_max > 0) {
        auto const rule = ai::call_rule(parts_.calls_per_minute_max, ai::CallShare::titles);
        auto const key = "title " + parts_.model->id;
        auto const taken = co_await parts_.limiter.take(limits::RateClass::call, key, {rule.count, rule.window});
        said.retry_after = taken.retry_after;
        if (!taken.allowed) co_return false;
    }
    said.has_begun = true;
    co_return true;
}

void RoomTitles::tell(Said const& said, std::string const& request_id) const
{
    bool const was_not_called = said.failed && said.failed->kind == ai::Failed::Kind::not_called;
    if (was_not_called && !said.has_begun) return;
    bool const is_cut = was_not_called || said.is_cut;
    ai::count_call_end(parts_.model->id, is_cut ? ai::CallEnd::cut : said.failed ? ai::CallEnd::failed : ai::CallEnd::answered);
    // That one failed is not told to the breaker: it may have been cut by the short time that a title has, and replies find out themselves.
    if (!said.failed) parts_.model->breaker->ended({}, ai::CallBreaker::End::answered, Steady::now());
    if (said.failed && !was_not_called)
        ops::log(ops::Level::warning, "title_call_failed",
                 {{"request_id", request_id}, {"model", parts_.model->id}, {"detail", said.failed->detail}});
}

// What the call took, whatever it ended with, and the name, if that is one.
asio::awaitable<void> RoomTitles::keep(UserId user, RoomId room, UntitledRoom const& untitled, Said const& said)
{
    TitleCall call{.room = room, .took = {.user = user, .day = untitled.day, .model = parts_.model->id}, .from = untitled.name};
    call.took.prompt_tokens = said.usage.prompt_tokens;
    call.took.completion_tokens = said.usage.completion_tokens;
    call.took.thought_tokens = said.usage.thought_tokens;
    if (said.is_answer && !said.is_cut) call.to = title_from(said.text);
    bool const has_name = call.to.has_value();
    if (!said.failed && !has_name) count("no_name");
    if (!has_name && said.usage == ai::Usage{}) co_return;
    bool const is_renamed = co_await store_.keep(std::move(call));
    if (!has_name) co_return;
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
