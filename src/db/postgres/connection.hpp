// One connection to PostgreSQL in pipeline mode: statements are sent without waiting for the answers of those before them, each with a
// Sync of its own, so that an error stays with its statement. Statements are prepared when they first come by. Everything here
// happens on the thread of one io_context.
//
// A connection that breaks tells its owner first, who must not choose it again, and then everybody who waits for an answer of it. It is
// never repaired.
#pragma once

#include "base/clock.hpp"
#include "db/postgres/libpq.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

namespace pollux::db::postgres {

class Connection : public std::enable_shared_from_this<Connection> {
public:
    // The handle is in pipeline mode. `on_end` is called once, when the connection breaks or is ended.
    Connection(asio::io_context& context, Handle handle, std::function<void()> on_end);
    ~Connection();

    void start(); // Begins to read.

    enum class Form { prepared, plain }; // Plain ones have no values, and their text does not have to be a literal.
    struct Statement {
        std::string_view sql; // A literal, if it is prepared: its address is the key.
        Params params = {};
        Form form = Form::prepared;
    };

    // All of them in one round trip, one after the other. After one that fails, none of the rest is carried out.
    struct Question {
        std::vector<Statement> statements; // Not empty.
        std::size_t wanted = 0;            // Whose rows are the answer.
        Steady::time_point deadline;       // Afterwards its owner ends the connection, see has_overdue().
    };

    // Throws ConnectionLost when the connection breaks before the answer is here, Unavailable, Conflict and StatementError as PostgreSQL
    // has it: then nothing of the question has happened.
    asio::awaitable<Rows> ask(Question question);

    // A statement whose answer nobody needs.
    void tell(std::string_view sql, Steady::time_point deadline);

    void end(std::string const& why);

    // What others NOTIFY on the channels that this connection LISTENs to; called from the loop.
    using OnNotification = std::function<void(std::string_view channel, std::string_view payload)>;
    void on_notification(OnNotification tell) { on_notification_ = std::move(tell); }

    bool is_open() const { return handle_ != nullptr; }
    std::size_t in_flight() const { return in_flight_.size(); }
    bool has_overdue(Steady::time_point now) const;
    Steady::time_point last_heard() const { return last_heard_; }

private:
    struct Key {
        char const* address;
        std::size_t length;
        std::uint64_t signature;
        bool operator==(Key const&) const = default;
    };
    struct Hash {
        std::size_t operator()(Key const& key) const noexcept;
    };
    struct Request;

    void post(std::shared_ptr<Request> const& request, Question const& question);
    bool send(Request& request, Statement const& statement);
    bool send_prepared(Request& request, Statement const& statement);
    void push_out();
    static asio::awaitable<void> write_rest(std::shared_ptr<Connection> self);
    static asio::awaitable<void> read_answers(std::shared_ptr<Connection> self);
    void take_results();
    void take_notifications();
    void take_result(Request& request, PgResult result);
    static std::exception_ptr failure_in(Request const& request, PGresult const* result);
    void finish_first();
    static void answer(Request& request);

    Handle handle_;
    asio::posix::stream_descriptor socket_; // libpq's: let go of before libpq closes it.
    std::function<void()> on_end_;
    OnNotification on_notification_;
    std::deque<std::shared_ptr<Request>> in_flight_;
    std::unordered_map<Key, std::string, Hash> prepared_; // By name.
    std::size_t names_ = 0;
    bool is_writing_ = false;
    Steady::time_point last_heard_ = Steady::now();
};

} // namespace pollux::db::postgres
