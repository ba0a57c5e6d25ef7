#include "accounts/ended_sessions.hpp"

#include "db/columns.hpp"

#include <algorithm>
#include <mutex>

namespace pollux::accounts {
namespace {

// Between the clocks of two nodes, and from a row's ended_at to its COMMIT: a poll looks so far back behind the last one.
constexpr std::chrono::seconds overlap{30};

#define POLLUX_ENDED_COLUMNS "session_id, ended_at"
namespace column {
enum : std::size_t { session_id, ended_at, count };
}
static_assert(db::columns_in(POLLUX_ENDED_COLUMNS) == column::count);

constexpr db::Sql ended_scan_sql = "select " POLLUX_ENDED_COLUMNS " from ended_sessions where ended_at > $1";

} // namespace

EndedSessions::EndedSessions(db::Database& database, std::chrono::seconds memory) : database_(database), memory_(memory + 2 * overlap) {}

bool EndedSessions::contains(SessionId session) const
{
    if (size_.load(std::memory_order_acquire) == 0) return false;
    std::shared_lock const lock(mutex_);
    return ended_at_.contains(session);
}

void EndedSessions::add(std::span<SessionId const> sessions, Time ended_at)
{
    std::lock_guard const lock(mutex_);
    for (auto session : sessions) ended_at_.emplace(session, ended_at);
    size_.store(ended_at_.size(), std::memory_order_release);
}

asio::awaitable<void> EndedSessions::poll(Time now)
{
    // After the clock was set back everything is read again: what was forgotten may matter once more.
    auto const since = now < polled_at_ ? now - memory_ : std::max(polled_at_ - overlap, now - memory_);
    auto const rows = co_await database_.read(ended_scan_sql, since);
    for (std::size_t index = 0; index < rows.size(); ++index) {
        auto const session = rows[index].id<SessionId>(column::session_id);
        add({&session, 1}, rows[index].time(column::ended_at));
    }
    polled_at_ = now;
    forget(now - memory_);
}

void EndedSessions::forget(Time before)
{
    std::lock_guard const lock(mutex_);
    std::erase_if(ended_at_, [&](auto const& entry) { return entry.second < before; });
    size_.store(ended_at_.size(), std::memory_order_release);
}

} // namespace pollux::accounts
