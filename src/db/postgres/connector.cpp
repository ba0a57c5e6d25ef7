#include "db/postgres/connector.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>

namespace pollux::db::postgres {
namespace {

constexpr std::size_t threads = 4; // That many connections are made at once.

// What stands before the URL gives way to it, what stands after it does not. The keepalives find a peer that is gone without a word.
// A server that only copies another one is none for us.
constexpr std::array<char const*, 10> keywords{"connect_timeout",      "keepalives_idle",
                                               "keepalives_interval",  "keepalives_count",
                                               "tcp_user_timeout",     "fallback_application_name",
                                               "target_session_attrs", "dbname",
                                               "client_encoding",      nullptr};

std::string prepare_pipeline(PGconn* handle)
{
    if (PQstatus(handle) != CONNECTION_OK) return last_message(handle);
    if (PQsetnonblocking(handle, 1) != 0 || PQenterPipelineMode(handle) != 1) return last_message(handle);
    return {};
}

// libpq's complaint about a URL quotes it, password and all.
void require_readable(std::string const& url)
{
    char* complaint = nullptr;
    std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> const options(PQconninfoParse(url.c_str(), &complaint), PQconninfoFree);
    PQfreemem(complaint);
    if (!options) throw Unavailable("the URL of PostgreSQL cannot be read: letters like @ / % in a password are written as %40, %2F, %25");
}

} // namespace

Handle connect_blocking(std::string const& url)
{
    require_readable(url);
    std::array<char const*, keywords.size()> const values{"2",      "10",         "3",         "3",    "5000",
                                                          "pollux", "read-write", url.c_str(), "UTF8", nullptr};
    Handle handle(PQconnectdbParams(keywords.data(), values.data(), 1));
    if (!handle) throw Unavailable("no memory for a connection to PostgreSQL");
    if (PQstatus(handle.get()) != CONNECTION_OK) throw Unavailable(last_message(handle.get()));
    // libpq would print them to standard error, where the log is.
    PQsetNoticeProcessor(handle.get(), [](void*, char const*) {}, nullptr);
    return handle;
}

Connector::Connector(std::string url) : url_(std::move(url)), threads_(threads) {}

asio::awaitable<Connector::Outcome> Connector::connect()
{
    Outcome outcome;
    auto start = [this, &outcome](auto resume) {
        asio::post(threads_, [this, &outcome, resume = std::move(resume)]() mutable {
            try {
                outcome.handle = connect_blocking(url_);
                outcome.why = prepare_pipeline(outcome.handle.get());
                if (!outcome.why.empty()) outcome.handle.reset();
            } catch (Unavailable const& failure) {
                outcome.why = failure.what();
            }
            auto executor = resume.get_executor();
            asio::post(executor, std::move(resume));
        });
    };
    co_await asio::async_initiate<asio::use_awaitable_t<> const, void()>(start, asio::use_awaitable);
    co_return outcome;
}

} // namespace pollux::db::postgres
