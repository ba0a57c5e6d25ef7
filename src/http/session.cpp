#include "http/session.hpp"

#include "base/reason.hpp"
#include "http/error_response.hpp"
#include "ops/log.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_suffix.hpp>

#include <array>
#include <charconv>

namespace pollux::http {

namespace beast = boost::beast;
using ErrorCode = boost::system::error_code;

namespace {

constexpr std::chrono::seconds write_time_max{30};
constexpr std::chrono::seconds heartbeat{15};
constexpr std::string_view heartbeat_comment = ": \n\n";

// RFC 9110, 6.6.1; made once a second.
std::string const& http_date()
{
    thread_local std::time_t made_at = 0;
    thread_local std::string text;
    std::time_t const now = std::time(nullptr);
    if (now != made_at) {
        std::tm parts{};
        gmtime_r(&now, &parts);
        char buffer[40];
        text.assign(buffer, std::strftime(buffer, sizeof buffer, "%a, %d %b %Y %H:%M:%S GMT", &parts));
        made_at = now;
    }
    return text;
}

void log_request(Target const& target, std::string_view method, int status, std::size_t bytes, std::chrono::microseconds duration)
{
    // The route, not the path: paths that match none may hold anything.
    std::string_view route = target.counted_as ? std::string_view(target.counted_as->path) : "-";
    ops::log(ops::Level::info, "request",
             {{"request_id", target.request.request_id},
              {"method", target.counted_as ? method : "-"},
              {"route", route},
              {"status", std::int64_t(status)},
              {"duration_us", std::int64_t(duration.count())},
              {"body_bytes", std::int64_t(bytes)},
              {"user", target.request.identity ? target.request.identity->user.value : 0},
              {"peer", target.request.peer.address}});
}

} // namespace

Session::Session(Server::Shared& shared, ServerThread& thread, asio::ip::tcp::socket socket, ConnectionCounts::Place place)
    : shared_(shared), thread_(thread), place_(std::move(place)), socket_(std::move(socket)), reader_(socket_, thread.deadlines),
      write_deadline_([this] { cut(); }), body_share_(shared.bodies)
{
    ErrorCode ignored;
    auto endpoint = socket_.remote_endpoint(ignored);
    peer_ = {endpoint.address(), peer_of(endpoint.address())};
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    socket_.non_blocking(true, ignored); // See send().
    thread_.sessions.insert(this);
}

Session::~Session()
{
    thread_.sessions.erase(this);
    thread_.waiting.leave(*this);
}

void Session::close_if_idle()
{
    if (reader_.is_idle()) cut();
}

void Session::cut()
{
    ErrorCode ignored;
    socket_.close(ignored);
}

void Session::give_up()
{
    shared_.connections.note_given_up();
    body_share_.reset(); // The memory goes when the read has ended, in a moment.
    cut();
}

asio::awaitable<void> Session::run()
{
    auto const open = shared_.meter.connection();
    Next next = Next::go_on;
    while (next == Next::go_on && !shared_.is_stopping) next = co_await serve_one();
}

asio::awaitable<Session::Next> Session::serve_one()
{
    bytes_written_ = 0;
    is_head_request_ = false;
    is_http_1_1_ = true;
    asker_.clear();
    thread_.waiting.enter(*this, Phase::idle);
    bool const came = co_await reader_.await_request();
    if (!came) co_return Next::close;
    thread_.waiting.enter(*this, Phase::head);
    auto outcome = co_await reader_.read_head();
    thread_.waiting.leave(*this);
    if (outcome == RequestReader::Outcome::closed) co_return Next::close;
    if (outcome == RequestReader::Outcome::refused) co_return co_await refuse_head();

    auto started = Steady::now();
    HeaderFields const fields(reader_.fields());
    std::string const method(reader_.method());
    is_head_request_ = method == "HEAD";
    is_http_1_1_ = reader_.version() >= 11;
    keeps_alive_ = reader_.keeps_alive();
    Target target = open_target(shared_, reader_, fields, peer_);
    if (!target.refusal) target.refusal = co_await refuse_caller(shared_, target);
    asker_ = asker_of(target.request);
    co_return co_await serve_read(target, method, started);
}

asio::awaitable<Session::Next> Session::serve_read(Target& target, std::string_view method, Steady::time_point started)
{
    Response response;
    bool const discards = target.refusal && reader_.has_body();
    if (target.refusal) {
        if (discards) keeps_alive_ = false; // The body was not read, so where the next request begins is not known.
        response = std::move(*target.refusal);
    } else {
        auto const outcome = reader_.has_body() ? co_await read_body(target) : RequestReader::Outcome::complete;
        if (outcome == RequestReader::Outcome::closed) co_return Next::close;
        if (outcome == RequestReader::Outcome::refused) {
            auto refused = refused_body(shared_, target.request, reader_.refusal());
            co_return co_await refuse(std::move(refused), target, method, started);
        }
        target.request.body = reader_.body();
        response = co_await answer(shared_, target);
        target.request.body = {};
        reader_.release_body();
        body_share_.reset();
    }
    int const status = response.status;
    auto const kind = response.events ? RequestMeter::Kind::stream : RequestMeter::Kind::answer;
    auto next = co_await write(std::move(response), target.request.request_id);
    note_request(target, method, status, kind, started);
    if (next == Next::close && discards) co_await reader_.discard_rest();
    co_return next;
}

asio::awaitable<RequestReader::Outcome> Session::read_body(Target const& target)
{
    auto const pool = body_pool(target);
    auto const phase = pool == BodyPool::open ? Phase::open_body : pool == BodyPool::raw ? Phase::raw_body : Phase::user_body;
    // Slow senders make room for the one that comes now.
    auto grow = [this, phase](std::size_t bytes) {
        return body_share_.grow(bytes) || (thread_.waiting.free_body_bytes(phase, bytes, *this) && body_share_.grow(bytes));
    };
    body_share_.begin(pool);
    thread_.waiting.enter(*this, phase);
    auto const outcome = co_await reader_.read_body(target.found.route->options.body_bytes_max, grow);
    thread_.waiting.leave(*this);
    if (outcome != RequestReader::Outcome::complete) {
        reader_.release_body();
        body_share_.reset();
    }
    co_return outcome;
}

void Session::note_request(Target const& target, std::string_view method, int status, RequestMeter::Kind kind, Steady::time_point started)
{
    auto const duration = std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - started);
    shared_.meter.count(target.counted_as, status, kind, duration);
    log_request(target, method, status, bytes_written_, duration);
}

asio::awaitable<Session::Next> Session::refuse_head()
{
    // Of a head that cannot be read nothing is known but where it came from.
    Target target;
    target.request.request_id = new_request_id();
    target.request.peer = peer_.texts;
    auto const& refusal = reader_.refusal();
    auto response = problem(refusal.status, refusal.code, refusal.detail, target.request.request_id);
    co_return co_await refuse(std::move(response), target, "-", Steady::now());
}

asio::awaitable<Session::Next> Session::refuse(Response response, Target const& target, std::string_view method, Steady::time_point started)
{
    keeps_alive_ = false;
    int const status = response.status;
    co_await write(std::move(response), target.request.request_id);
    note_request(target, method, status, RequestMeter::Kind::answer, started);
    co_await reader_.discard_rest();
    co_return Next::close;
}

asio::awaitable<Session::Next> Session::write(Response response, std::string_view request_id)
{
    if (response.closes_connection || shared_.is_leaving) keeps_alive_ = false;
    if (response.events && !is_http_1_1_) keeps_alive_ = false;
    std::string head = head_of(response, request_id);
    bool is_sent = false;
    if (response.events && !is_head_request_) {
        is_sent = co_await send(asio::buffer(head));
        head = std::string();
        reader_.release_memory();
        if (is_sent) is_sent = co_await write_events(response, request_id);
    } else {
        std::string_view const body = is_head_request_ ? std::string_view() : response.bytes();
        bytes_written_ = body.size();
        // What lies in memory for everybody costs nothing while one reader takes it slowly.
        auto const holds = response.is_fixed() ? Holds::nothing : Holds::memory;
        std::array const buffers{asio::const_buffer(head.data(), head.size()), asio::const_buffer(body.data(), body.size())};
        is_sent = co_await send(buffers, holds);
    }
    co_return is_sent&& keeps_alive_ ? Next::go_on : Next::close;
}

// The status has gone out: a stream that fails can only be cut. Its reader comes back with its last id.
asio::awaitable<std::optional<std::string>> Session::next_events(EventStream& events, std::string_view request_id, bool& is_cut)
{
    try {
        co_return co_await events.next(Steady::now() + heartbeat);
    } catch (std::exception const& failure) {
        ops::log(ops::Level::error, "stream_failed", {{"request_id", request_id}, {"reason", reason_of(failure)}});
    }
    is_cut = true;
    co_return std::nullopt;
}

asio::awaitable<bool> Session::write_events(Response& response, std::string_view request_id)
{
    auto const open = shared_.meter.stream();
    bool is_cut = false;
    while (true) {
        auto bytes = co_await next_events(*response.events, request_id, is_cut);
        if (!bytes) break;
        bool const is_sent = co_await write_piece(bytes->empty() ? heartbeat_comment : std::string_view(*bytes));
        if (!is_sent) co_return false;
    }
    response.events.reset();
    if (is_cut) co_return false;
    static constexpr std::string_view last_chunk = "0\r\n\r\n";
    if (!is_http_1_1_) co_return true;
    co_return co_await send(asio::buffer(last_chunk));
}

asio::awaitable<bool> Session::write_piece(std::string_view bytes)
{
    bytes_written_ += bytes.size();
    if (!is_http_1_1_) co_return co_await send(asio::buffer(bytes));
    std::string size(20, '\0');
    auto [end, error] = std::to_chars(size.data(), size.data() + size.size(), bytes.size(), 16);
    size.resize(static_cast<std::size_t>(end - size.data()));
    size += "\r\n";
    co_return co_await send(std::array{asio::const_buffer(size.data(), size.size()), asio::const_buffer(bytes.data(), bytes.size()),
                                       asio::const_buffer("\r\n", 2)});
}

template <class Buffers>
asio::awaitable<bool> Session::send(Buffers buffers, Holds holds)
{
    // Most answers fit into the socket's buffer: then nothing waits, and nothing need be guarded or scheduled.
    ErrorCode error;
    std::size_t const sent = socket_.write_some(buffers, error);
    if (error && error != asio::error::would_block) co_return false;
    if (sent == asio::buffer_size(buffers)) co_return true;

    std::optional<AnswerBudget::Waiting> waiting;
    if (holds == Holds::memory) waiting.emplace(shared_.answers, asker_, asio::buffer_size(buffers) - sent);
    beast::buffers_suffix<Buffers> rest(buffers);
    rest.consume(sent);
    thread_.deadlines.arm(write_deadline_, write_time_max);
    co_await asio::async_write(socket_, rest, asio::redirect_error(asio::use_awaitable, error));
    write_deadline_.disarm();
    co_return !error;
}

std::string Session::head_of(Response const& response, std::string_view request_id)
{
    std::string head;
    head.reserve(512);
    char number[24];
    auto append_number = [&](std::size_t value) {
        auto [end, error] = std::to_chars(number, number + sizeof number, value);
        head.append(number, end);
    };
    head += "HTTP/1.1 ";
    append_number(static_cast<std::size_t>(response.status));
    head.append(" ").append(reason_phrase(response.status)).append("\r\nDate: ").append(http_date());
    if (!response.content_type.empty()) head.append("\r\nContent-Type: ").append(response.content_type);
    if (response.events) {
        head += "\r\nCache-Control: no-cache, no-transform\r\nX-Accel-Buffering: no";
        if (is_http_1_1_) head += "\r\nTransfer-Encoding: chunked";
    } else {
        if (!response.cache_control.empty()) {
            head.append("\r\nCache-Control: ").append(response.cache_control);
        } else if (response.max_age.count() == 0) {
            head += "\r\nCache-Control: no-store";
        } else {
            head += "\r\nCache-Control: public, max-age=";
            append_number(static_cast<std::size_t>(response.max_age.count()));
        }
        if (response.status != 204 && response.status != 304) {
            head += "\r\nContent-Length: ";
            append_number(response.bytes().size());
        }
    }
    head += "\r\nX-Content-Type-Options: nosniff";
    if (!request_id.empty()) head.append("\r\nX-Request-ID: ").append(request_id);
    head += response.fixed_head;
    for (auto const& [name, value] : response.headers) head.append("\r\n").append(name).append(": ").append(value);
    if (!keeps_alive_) head += "\r\nConnection: close";
    head += is_http_1_1_ || !keeps_alive_ ? "\r\n\r\n" : "\r\nConnection: keep-alive\r\n\r\n";
    return head;
}

} // namespace pollux::http
