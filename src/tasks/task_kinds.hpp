// The kinds of work that this process knows, registered in app/ like routes. It claims no others: an older process beside a newer one
// leaves the newer one's kinds alone.
#pragma once

#include "tasks/task.hpp"
#include "tasks/task_outcome.hpp"
#include "tasks/task_verdict.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pollux::tasks {

namespace asio = boost::asio;

class TaskRun;

// Each has hands of its own, so that none starves another, nor the replies.
enum class Lane {
    sms,
    stripe, // Waits for the payment provider.
    plans,  // What follows here from what was paid: waits for nobody.
    heavy,
    light,
};

std::string_view to_text(Lane lane);
std::size_t hands_of(Lane lane);

// Whether a dead one may be forgotten after a while. An obligation never is: an operator must attend to it.
enum class Duty { usual, obligation };

struct TaskKind {
    std::string name;
    Lane lane = Lane::light;
    std::chrono::seconds time_max{30}; // Of one run, which must watch it: see TaskRun.
    TaskLimits limits{};
    Duty duty = Duty::usual;
    std::optional<std::chrono::seconds> every{}; // Asked for by the clock, once a period over all processes.

    // May run twice, also at the same time as itself after a lost lease; its comment says why that does no harm. The run outlives it.
    std::function<asio::awaitable<TaskOutcome>(TaskRun&)> work;
};

class TaskKinds {
public:
    void add(TaskKind kind); // Before the runner starts. Throws std::logic_error for a name that is taken.

    TaskKind const* find(std::string_view name) const;
    std::vector<TaskKind> const& all() const { return kinds_; }

    // Names as a JSON array, for statements.
    std::string names_json(std::function<bool(TaskKind const&)> const& is_wanted) const;

private:
    std::vector<TaskKind> kinds_;
};

} // namespace pollux::tasks
