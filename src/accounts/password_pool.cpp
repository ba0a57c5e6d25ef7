#include "accounts/password_pool.hpp"

#include <boost/asio/post.hpp>

#include <sodium.h>
#include <sys/resource.h>

#include <algorithm>
#include <thread>

namespace pollux::accounts {
namespace {

constexpr unsigned long long passes = 2;
constexpr std::size_t memory_bytes = 19 * 1024 * 1024;
constexpr int niceness = 10;
constexpr std::chrono::seconds retry_after{2};

// Of a password that nobody knows.
constexpr char no_hash[] = "$argon2id$v=19$m=19456,t=2,p=1$17NsiZXbmXQUMuCR1lkvTw$5faqF/yCkwXAvSvRRjxkOM1Tu2mr3Rd8cCLrv4WHyd4";

std::string hash_now(std::string const& password)
{
    std::string hash(crypto_pwhash_STRBYTES, '\0');
    int const failed =
        crypto_pwhash_str_alg(hash.data(), password.data(), password.size(), passes, memory_bytes, crypto_pwhash_ALG_ARGON2ID13);
    if (failed != 0) return {}; // No memory.
    hash.resize(hash.find('\0'));
    return hash;
}

bool matches_now(std::string const& hash, std::string const& password)
{
    return crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

std::size_t thread_count(std::size_t wanted)
{
    return wanted != 0 ? wanted : std::max(1u, std::thread::hardware_concurrency() / 2);
}

void be_nice()
{
    thread_local bool is_nice = false;
    if (is_nice) return;
    ::setpriority(PRIO_PROCESS, 0, niceness); // On Linux: of this thread alone.
    is_nice = true;
}

Error busy()
{
    return unavailable("busy", "Too many passwords are being checked; try again in a moment.", retry_after);
}

} // namespace

PasswordPool::PasswordPool(std::size_t threads, std::size_t queue_max)
    : queue_max_(queue_max), last_max_(queue_max / 2), threads_(thread_count(threads))
{}

PasswordPool::~PasswordPool()
{
    threads_.stop();
    threads_.join();
}

asio::awaitable<Result<std::string>> PasswordPool::hash(std::string password, PasswordTurn turn)
{
    auto hash = co_await run([password = std::move(password)] { return hash_now(password); }, turn);
    if (hash && hash->empty()) co_return busy();
    co_return hash;
}

asio::awaitable<Result<bool>> PasswordPool::matches(std::optional<std::string> hash, std::string password)
{
    bool const has_hash = hash.has_value();
    auto work = [hash = hash.value_or(no_hash), password = std::move(password)] {
        return std::string(matches_now(hash, password) ? "matches" : "");
    };
    auto outcome = co_await run(std::move(work), PasswordTurn::first);
    if (!outcome) co_return outcome.error();
    co_return has_hash && !outcome->empty();
}

std::size_t PasswordPool::waiting(PasswordTurn turn)
{
    std::lock_guard const lock(mutex_);
    return line_of(turn).waiting;
}

bool PasswordPool::take_place(PasswordTurn turn)
{
    std::lock_guard const lock(mutex_);
    if (first_.waiting + last_.waiting >= queue_max_) return false;
    if (turn == PasswordTurn::last && last_.waiting >= last_max_) return false;
    ++line_of(turn).waiting;
    return true;
}

asio::awaitable<Result<std::string>> PasswordPool::run(std::function<std::string()> work, PasswordTurn turn)
{
    if (!take_place(turn)) co_return busy();
    std::string result;
    co_await net::hand_over(
        [this, turn, &work, &result](net::Resumption resume) { push(turn, {std::move(work), &result, std::move(resume)}); });
    co_return result;
}

void PasswordPool::push(PasswordTurn turn, Job job)
{
    {
        std::lock_guard const lock(mutex_);
        line_of(turn).jobs.push_back(std::move(job));
    }
    asio::post(threads_, [this] { work_one(); });
}

// One call for each job, though not in the order of the jobs: who goes first is decided when a thread is free.
void PasswordPool::work_one()
{
    be_nice();
    auto job = take();
    *job.result = job.work();
    job.resume();
}

PasswordPool::Job PasswordPool::take()
{
    std::lock_guard const lock(mutex_);
    auto& line = first_.jobs.empty() ? last_ : first_;
    auto job = std::move(line.jobs.front());
    line.jobs.pop_front();
    --line.waiting;
    return job;
}

} // namespace pollux::accounts
