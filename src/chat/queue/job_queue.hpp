// Which jobs may run. At most so many of a user's are ready or running at any time (the plan's replies_at_once), and in each room only
// the oldest unfinished one, so that replies keep the order of their questions. All others wait. The transaction that ends, stops or puts
// back a job also lets the next ones step forward; a job that steps forward goes to the end of the line of ready jobs, so
// users take turns. A claim then is nothing but the head of that line.
#pragma once

#include "base/ids.hpp"
#include "db/database.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace pollux::chat {

namespace asio = boost::asio;

enum class JobState { waiting, ready, running };

std::string to_text(JobState state);
JobState read_job_state(std::string const& text);

// One unfinished job of a user, as the choice sees it.
struct OpenJob {
    JobId id;
    RoomId room;
    JobState state = JobState::waiting;
    bool is_due = true; // Was not put back, or its time has come.
};

// The jobs that may step forward. `jobs` are all open ones of one user, oldest first.
std::vector<JobId> choose_ready(std::span<OpenJob const> jobs, std::int64_t replies_at_once);

// Lets the user's next jobs step forward; returns how many did.
asio::awaitable<int> promote_jobs(db::Transaction& transaction, UserId user);

// Users who have a job that was put back and is due now; at most 200.
asio::awaitable<std::vector<UserId>> users_with_due_jobs(db::Database& database);

// Open jobs of all users, counted up to `count_max`. Not for the path of a request.
asio::awaitable<std::int64_t> count_jobs(db::Database& database, std::int64_t count_max);

} // namespace pollux::chat
