#include "db/postgres/connection.hpp"

#include "base/text.hpp"
#include "db/postgres/values.hpp"
#include "net/hand_over.hpp"
#include "ops/failure.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/container_hash/hash.hpp>

#include <algorithm>
#include <optional>

namespace pollux::db::postgres {
// Everything that goes out before one Sync, and what came back so far. Each step is answered once, and once more before that if it is
// prepared first.
struct Connection::Request {
    struct Step {
        std::string_view sql;
        Key key{};
        bool prepares = false;
    };
    std::vector<Step> steps;
    std::size_t wanted = 0;
    std::size_t answered = 0; // Steps.
    Steady::time_point deadline;
    Rows rows;
    std::exception_ptr failure;
    std::optional<net::Resumption> waiting;
};

std::size_t Connection::Hash::operator()(Key const& key) const noexcept
{
    std::size_t hash = 0;
    boost::hash_combine(hash, static_cast<void const*>(key.address));
    boost::hash_combine(hash, key.length);
    boost::hash_combine(hash, key.signature);
    return hash;
}

Connection::Connection(asio::io_context& context, Handle handle, std::function<void()> on_end)
    : handle_(std::move(handle)), socket_(context, PQsocket(handle_.get())), on_end_(std::move(on_end))
{}

Connection::~Connection()
{
    if (socket_.is_open()) socket_.release();
}

bool Connection::has_overdue(Steady::time_point now) const
{
    return !in_flight_.empty() && in_flight_.front()->deadline < now;
}

void Connection::start()
{
    asio::co_spawn(socket_.get_executor(), read_answers(shared_from_this()), ops::must_not_fail);
}

asio::awaitable<Rows> Connection::ask(Question question)
{
    if (!is_open()) throw Unavailable("the connection to PostgreSQL is closed");
    auto request = std::make_shared<Request>();
    post(request, question);
    // Answers come by way of the loop: none can be here before the handler is.
    co_await net::hand_over([&request](net::Resumption resume) {
        if (request->failure) return resume();
        request->waiting.emplace(std::move(resume));
    });
    if (request->failure) std::rethrow_exception(request->failure);
    co_return std::move(request->rows);
}

void Connection::tell(std::string_view sql, Steady::time_point deadline)
{
    if (is_open()) post(std::make_shared<Request>(), {.statements = {{.sql = sql}}, .deadline = deadline});
}

void Connection::post(std::shared_ptr<Request> const& request, Question const& question)
{
    for (auto const& statement : question.statements) require_bindable(statement.params); // Before anything of it was sent.
    request->wanted = question.wanted;
    request->deadline = question.deadline;
    request->steps.reserve(question.statements.size());
    in_flight_.push_back(request);
    bool is_sent = true;
    for (auto const& statement : question.statements) is_sent = is_sent && send(*request, statement);
    is_sent = is_sent && PQpipelineSync(handle_.get()) == 1;
    if (is_sent) {
        push_out();
    } else {
        end(last_message(handle_.get()));
    }
}

bool Connection::send(Request& request, Statement const& statement)
{
    request.steps.push_back({.sql = statement.sql});
    if (statement.form == Form::prepared) return send_prepared(request, statement);
    std::string const text(statement.sql);
    return PQsendQueryParams(handle_.get(), text.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0) == 1;
}

bool Connection::send_prepared(Request& request, Statement const& statement)
{
    auto* handle = handle_.get();
    auto& step = request.steps.back();
    Bound const bound(statement.params);
    step.key = {statement.sql.data(), statement.sql.size(), signature_of(statement.params)};
    auto& name = prepared_[step.key];
    if (name.empty()) {
        name = "s" + std::to_string(++names_);
        step.prepares = true;
        auto const types = types_of(statement.params);
        std::string const text(statement.sql);
        if (PQsendPrepare(handle, name.c_str(), text.c_str(), bound.count(), types.data()) != 1) return false;
    }
    return PQsendQueryPrepared(handle, name.c_str(), bound.count(), bound.values(), bound.lengths(), bound.formats(), 0) == 1;
}

// PQpipelineSync has written what the socket took.
void Connection::push_out()
{
    if (is_writing_) return;
    auto const rest = PQflush(handle_.get());
    if (rest < 0) return end(last_message(handle_.get()));
    if (rest == 0) return;
    is_writing_ = true;
    asio::co_spawn(socket_.get_executor(), write_rest(shared_from_this()), ops::must_not_fail);
}

// Answers are read meanwhile, or both sides could wait for each other.
asio::awaitable<void> Connection::write_rest(std::shared_ptr<Connection> self)
{
    boost::system::error_code failed;
    while (self->is_open()) {
        co_await self->socket_.async_wait(asio::posix::stream_descriptor::wait_write, asio::redirect_error(asio::use_awaitable, failed));
        if (!self->is_open()) co_return;
        auto const rest = failed ? -1 : PQflush(self->handle_.get());
        if (rest < 0) self->end(last_message(self->handle_.get()));
        if (rest <= 0) break;
    }
    self->is_writing_ = false;
}

asio::awaitable<void> Connection::read_answers(std::shared_ptr<Connection> self)
{
    boost::system::error_code failed;
    while (self->is_open()) {
        co_await self->socket_.async_wait(asio::posix::stream_descriptor::wait_read, asio::redirect_error(asio::use_awaitable, failed));
        if (!self->is_open()) co_return;
        bool const is_read = !failed && PQconsumeInput(self->handle_.get()) == 1;
        auto const why = is_read ? std::string() : last_message(self->handle_.get());
        if (is_read) self->last_heard_ = Steady::now();
        self->take_results();
        self->take_notifications();
        // What PostgreSQL says at its end belongs to the question in front only if there is one; the connection is over in any case.
        bool const is_over = self->is_open() && (!is_read || PQstatus(self->handle_.get()) == CONNECTION_BAD);
        if (is_over) self->end(why.empty() ? last_message(self->handle_.get()) : why);
    }
}

// Results of a question end with NULL, its Sync is a result of its own, and only with it the question is done: a write that stands
// alone commits at its Sync.
void Connection::take_results()
{
    int nothings = 0;
    while (is_open() && !in_flight_.empty() && PQisBusy(handle_.get()) == 0) {
        PgResult result(PQgetResult(handle_.get()));
        if (!result) {
            if (++nothings > 2) return;
            continue;
        }
        nothings = 0;
        if (PQresultStatus(result.get()) == PGRES_PIPELINE_SYNC) {
            finish_first();
        } else {
            take_result(*in_flight_.front(), std::move(result));
        }
    }
}

void Connection::take_notifications()
{
    while (is_open()) {
        std::unique_ptr<PGnotify, void (*)(void*)> const notification(PQnotifies(handle_.get()), PQfreemem);
        if (!notification) return;
        if (on_notification_) on_notification_(notification->relname, notification->extra);
    }
}

// A statement that fails keeps those behind it from being carried out. But who ends, or is lost, during the last one may have carried
// that one out and not said so.
std::exception_ptr Connection::failure_in(Request const& request, PGresult const* result)
{
    auto const& step = request.steps[std::min(request.answered, request.steps.size() - 1)];
    bool const is_last = request.answered + 1 >= request.steps.size();
    auto const ending = connection_end_of(result);
    bool const is_in_doubt = ending == ConnectionEnd::lost || (ending == ConnectionEnd::told && is_last);
    if (!is_in_doubt) return failure_of(result, step.sql);
    return std::make_exception_ptr(
        ConnectionLost("the connection to PostgreSQL ended: " + std::string(trim(PQresultErrorMessage(result)))));
}

void Connection::take_result(Request& request, PgResult result)
{
    auto const status = PQresultStatus(result.get());
    bool const is_good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (request.answered == request.steps.size()) { // Outside of BEGIN and COMMIT, the Sync commits, and that may fail.
        if (!is_good && !request.failure) request.failure = failure_in(request, result.get());
        return;
    }
    auto& step = request.steps[request.answered];
    bool const is_of_preparation = std::exchange(step.prepares, false);
    if (is_of_preparation && !is_good) prepared_.erase(step.key);
    if (!is_good && status != PGRES_PIPELINE_ABORTED && !request.failure) request.failure = failure_in(request, result.get());
    if (is_of_preparation) return;
    if (is_good && request.answered == request.wanted) request.rows = read_rows(result.get());
    ++request.answered;
}

void Connection::finish_first()
{
    auto request = std::move(in_flight_.front());
    in_flight_.pop_front();
    answer(*request);
}

void Connection::answer(Request& request)
{
    if (!request.waiting) return;
    auto resume = std::move(*request.waiting);
    request.waiting.reset();
    resume();
}

void Connection::end(std::string const& why)
{
    if (!is_open()) return;
    auto const self = shared_from_this();
    socket_.release();
    handle_.reset();
    std::exchange(on_end_, {})();
    auto const failure = std::make_exception_ptr(ConnectionLost("the connection to PostgreSQL ended: " + why));
    for (auto& request : std::exchange(in_flight_, {})) {
        if (!request->failure) request->failure = failure;
        answer(*request);
    }
}

} // namespace pollux::db::postgres
