#include "db/postgres/connector.hpp"

#include "base/reason.hpp"
#include "db/postgres/unusable.hpp"
#include "db/postgres/url.hpp"
#include "net/hand_over.hpp"

#include <boost/asio/post.hpp>

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

// What is kept must come back as it was, whatever language it is in.
void require_utf8(PGconn* handle)
{
    auto const* encoding = PQparameterStatus(handle, "server_encoding");
    std::string const name = encoding == nullptr ? "unknown" : encoding;
    if (name == "UTF8") return;
    throw UnusableDatabase("the database " + std::string(PQdb(handle)) + " keeps text as " + name +
                           ", and Pollux needs UTF8: make another one with `create database ... encoding 'UTF8' template template0`");
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
    require_utf8(handle.get());
    return handle;
}

Connector::Connector(std::string url) : url_(std::move(url)), threads_(threads) {}

asio::awaitable<Connector::Outcome> Connector::connect()
{
    Outcome outcome;
    co_await net::hand_over([this, &outcome](net::Resumption resume) {
        asio::post(threads_, [this, &outcome, resume = std::move(resume)]() mutable {
            try {
                outcome.handle = connect_blocking(url_);
                outcome.why = prepare_pipeline(outcome.handle.get());
                if (!outcome.why.empty()) outcome.handle.reset();
            } catch (std::exception const& failure) {
                outcome.why = reason_of(failure);
            }
            resume();
        });
    });
    co_return outcome;
}

} // namespace pollux::db::postgres
