// Names rooms by a model, after the first reply: the task `name_room`, which the transaction of that reply's end asks for. Replies come
// first: while one waits, while the model has no slot to spare or is left alone, a title waits, ten minutes at most, and looks again the
// later the longer it has waited. No title is worth an alarm: where none comes, the room keeps the name that its first message gave it.
//
// What the call took is counted for its user, day and model like a reply's; it costs no unit.
#pragma once

#include "ai/model_list.hpp"
#include "base/clock.hpp"
#include "chat/rooms/chat_news.hpp"
#include "chat/titles/title_store.hpp"
#include "limits/rate_limiter.hpp"
#include "ops/metrics.hpp"
#include "tasks/task_kinds.hpp"

#include <atomic>

namespace pollux::chat {

class RoomTitles {
public:
    struct Parts {
        db::Database& database;
        ai::ModelEntry const* model; // Null: rooms are named after their first message.
        ChatNews news;
        Clock const& clock;
        limits::RateLimiter& limiter;
        std::size_t calls_per_minute_max = 0; // To the model, of which titles have their share (ai/call_rate.hpp); 0: no limit.
    };

    explicit RoomTitles(Parts parts);

    tasks::TaskKind kind(); // It must outlive the runner.

private:
    struct Said {
        std::string text;
        bool is_answer = false; // Neither cut nor filtered.
        std::optional<ai::Failed> failed;
        ai::Usage usage;
        bool has_begun = false;              // It has taken a slot and its turn in this minute.
        bool is_cut = false;                 // By us: it was no name, and going on.
        std::chrono::seconds retry_after{0}; // Its turn in this minute comes after so long.
    };
    asio::awaitable<tasks::TaskOutcome> name_room(tasks::TaskRun& run);
    asio::awaitable<bool> do_replies_come_first();
    asio::awaitable<Said> ask(ai::ChatRequest request);
    asio::awaitable<bool> may_begin(Said& said);
    void tell(Said const& said, std::string const& request_id) const;
    asio::awaitable<void> keep(UserId user, RoomId room, UntitledRoom const& untitled, Said const& said);
    void count(std::string const& outcome) const;

    Parts parts_;
    TitleStore store_;
    std::atomic<int> running_ = 0;
};

} // namespace pollux::chat
