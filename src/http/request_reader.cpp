#include "http/request_reader.hpp"

#include "base/literals.hpp"
#include "http/framing.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>

namespace pollux::http {

namespace beast = boost::beast;
using ErrorCode = boost::system::error_code;

namespace {

constexpr std::size_t header_bytes_max = 16_KiB;
constexpr std::size_t header_read_bytes = 4_KiB;
constexpr std::size_t body_read_bytes = 16_KiB;
constexpr std::size_t chunk_head_bytes_max = 16_KiB;
constexpr std::size_t discarded_bytes_max = 64_KiB;
constexpr std::chrono::seconds idle_max{75};
constexpr std::chrono::seconds header_time_max{10};
constexpr std::chrono::seconds body_time_max{30};
constexpr std::chrono::seconds discard_time_max{1};
constexpr int empty_lines_max = 2;

// Reads what is there into nowhere. Not a coroutine: its array would stay in the frame for as long as the connection is waited for.
std::size_t drop_available(asio::ip::tcp::socket& socket, ErrorCode& error)
{
    std::array<char, body_read_bytes> scratch;
    return socket.read_some(asio::buffer(scratch), error);
}

// "GET /path HTTP/1.1", whatever the version.
bool is_request_line(std::string_view line)
{
    auto const version = line.substr(line.rfind(' ') + 1);
    return std::count(line.begin(), line.end(), ' ') == 2 && version.size() == 8 && version.starts_with("HTTP/") && version[6] == '.';
}

} // namespace

RequestReader::RequestReader(asio::ip::tcp::socket& socket, net::DeadlineList& deadlines)
    : socket_(socket), deadlines_(deadlines), deadline_([&socket] {
          ErrorCode ignored;
          socket.cancel(ignored);
      })
{}

asio::awaitable<bool> RequestReader::await_request()
{
    parser_.reset();
    head_ = {};
    empty_lines_ = 0;
    if (buffer_.size() == 0 && buffer_.capacity() > header_read_bytes) buffer_.shrink_to_fit();
    if (has_request_begun()) co_return true;
    is_idle_ = true;
    deadlines_.arm(deadline_, idle_max);
    bool came = true;
    while (came && !has_request_begun()) came = co_await read_some(header_read_bytes);
    is_idle_ = false;
    co_return came;
}

// Some clients end a body with a line of its own; RFC 9112, 2.2 says to ignore that.
bool RequestReader::has_request_begun()
{
    std::string_view head(static_cast<char const*>(buffer_.data().data()), buffer_.size());
    while (head.starts_with("\r\n") && empty_lines_ < empty_lines_max) {
        head.remove_prefix(2);
        buffer_.consume(2);
        ++empty_lines_;
    }
    bool const may_become_one = head == "\r" && empty_lines_ < empty_lines_max;
    return !head.empty() && !may_become_one;
}

asio::awaitable<RequestReader::Outcome> RequestReader::read_head()
{
    parser_.emplace();
    parser().eager(false);
    parser().header_limit(header_bytes_max);
    parser().body_limit(boost::none); // read_body() knows the route's limit.
    deadlines_.arm(deadline_, header_time_max);
    has_request_line_ = false;
    while (true) {
        std::string_view const head(static_cast<char const*>(buffer_.data().data()), buffer_.size());
        ErrorCode error = beast::http::error::need_more;
        std::size_t const used = has_more_to_come(head) ? 0 : parser().put(buffer_.data(), error);
        if (error && error != beast::http::error::need_more) co_return refuse_head(error);
        if (used > 0 && has_folded_line(head.substr(0, used))) {
            co_return refuse(400, "bad_framing", "A header line is folded over two lines; write it on one.");
        }
        buffer_.consume(used);
        has_request_line_ = has_request_line_ || used > 0;
        if (parser().is_header_done()) break;
        if (waits_in_vain()) co_return refuse(400, "bad_framing", "The request is not framed as RFC 9112 says.");
        bool const is_long = head.size() >= header_read_bytes;
        bool const came = co_await read_some(is_long ? header_bytes_max : header_read_bytes);
        if (came) continue;
        if (has_ended_) co_return refuse(400, "bad_framing", "The connection ended before the request's head did.");
        if (!deadline_.has_expired()) co_return Outcome::closed;
        co_return refuse(408, "header_timeout", "The request's head did not arrive within 10 seconds.");
    }
    deadline_.disarm();
    head_ = std::move(parser().get().base());
    auto bad = check_framing(head_, target());
    if (bad) co_return refuse(bad->status, bad->code, bad->detail);
    co_return Outcome::complete;
}

// A long request line of which the end is still to come: the parser would read all of it again when that is there.
bool RequestReader::has_more_to_come(std::string_view head) const
{
    if (has_request_line_ || head.size() < header_read_bytes || head.size() >= header_bytes_max) return false;
    auto const method_end = std::find_if(head.begin(), head.end(), [](char letter) { return letter < 'A' || letter > 'Z'; });
    bool const begins_well = method_end != head.begin() && std::string_view(method_end, head.end()).starts_with(" /");
    return begins_well && head.find('\n') == std::string_view::npos;
}

// The parser looks for the rest of a version on the lines that follow, and would wait for it until the time is over.
bool RequestReader::waits_in_vain() const
{
    std::string_view const head(static_cast<char const*>(buffer_.data().data()), buffer_.size());
    auto const end = head.find('\n');
    if (has_request_line_ || end == std::string_view::npos) return false;
    bool const is_ended_well = end > 0 && head[end - 1] == '\r';
    return !is_ended_well || !is_request_line(head.substr(0, end - 1));
}

// What is prepared for the next bytes: no more than can come.
std::size_t RequestReader::body_step_bytes() const
{
    auto const left = parser().content_length_remaining();
    return left ? std::clamp<std::size_t>(*left, 1, body_read_bytes) : body_read_bytes;
}

asio::awaitable<RequestReader::Outcome> RequestReader::read_body(std::size_t bytes_max, std::function<bool(std::size_t bytes)> const& grow)
{
    constexpr std::string_view no_memory = "Too many bodies are on their way just now; try again in a moment.";
    constexpr std::string_view too_large = "The body is larger than this route takes.";
    if (parser().content_length().value_or(0) > bytes_max) co_return refuse(413, "body_too_large", too_large);
    if (parser().is_done()) co_return Outcome::complete;
    if (has_body() && buffer_.size() == 0 && fields().count("Expect") > 0) {
        static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
        ErrorCode error;
        co_await asio::async_write(socket_, asio::buffer(go_on), asio::redirect_error(asio::use_awaitable, error));
    }
    parser().eager(true);
    deadlines_.arm(deadline_, body_time_max);
    std::size_t held_bytes = 0;
    while (!parser().is_done()) {
        ErrorCode error;
        std::size_t const used = parser().put(buffer_.data(), error);
        buffer_.consume(used);
        if (parser().get().body().size() > bytes_max) co_return refuse(413, "body_too_large", too_large);
        std::size_t const holds_bytes = parser().get().body().size() + buffer_.capacity();
        if (holds_bytes > held_bytes && !grow(holds_bytes - held_bytes)) co_return refuse(503, "too_many_bodies", no_memory);
        held_bytes = std::max(held_bytes, holds_bytes);
        if (error && error != beast::http::error::need_more) {
            co_return refuse(400, "bad_framing", "The chunked body is not framed as RFC 9112 says.");
        }
        // The parser waits for the end of a chunk's first line, or of the trailer, however long that becomes.
        bool const is_endless = used == 0 && buffer_.size() > chunk_head_bytes_max;
        if (is_endless) co_return refuse(400, "bad_framing", "A chunk's first line or the trailer has more than 16 KiB.");
        if (parser().is_done() || (used > 0 && buffer_.size() > 0)) continue;
        bool const came = co_await read_some(body_step_bytes());
        if (came) continue;
        if (has_ended_) co_return refuse(400, "bad_framing", "The connection ended before the request's body did.");
        if (!deadline_.has_expired()) co_return Outcome::closed;
        co_return refuse(408, "body_timeout", "The request's body did not arrive within 30 seconds.");
    }
    deadline_.disarm();
    co_return Outcome::complete;
}

asio::awaitable<void> RequestReader::discard_rest()
{
    ErrorCode error;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, error);
    if (error) co_return;
    deadlines_.arm(deadline_, discard_time_max);
    buffer_.consume(buffer_.size());
    release_memory();
    std::size_t discarded = 0;
    while (!error && discarded < discarded_bytes_max) {
        co_await socket_.async_wait(asio::ip::tcp::socket::wait_read, asio::redirect_error(asio::use_awaitable, error));
        if (!error) discarded += drop_available(socket_, error);
        if (error == asio::error::would_block) error = {};
    }
    // Closing over unread bytes would reset the connection, and the answer might be lost with it: wait for the client to go.
    if (!error) co_await socket_.async_wait(asio::ip::tcp::socket::wait_error, asio::redirect_error(asio::use_awaitable, error));
    deadline_.disarm();
}

bool RequestReader::has_body() const
{
    return parser().chunked() || parser().content_length().value_or(0) > 0;
}

void RequestReader::release_body()
{
    std::string().swap(parser().get().body());
}

void RequestReader::release_memory()
{
    if (buffer_.size() == 0) buffer_.shrink_to_fit();
    parser_.reset();
}

asio::awaitable<bool> RequestReader::read_some(std::size_t bytes_max)
{
    ErrorCode error;
    auto space = buffer_.prepare(bytes_max);
    std::size_t const count = co_await socket_.async_read_some(space, asio::redirect_error(asio::use_awaitable, error));
    buffer_.commit(count);
    has_ended_ = error == asio::error::eof;
    co_return !error && count > 0;
}

RequestReader::Outcome RequestReader::refuse(int status, std::string_view code, std::string_view detail)
{
    deadline_.disarm();
    refusal_ = {status, code, detail};
    return Outcome::refused;
}

RequestReader::Outcome RequestReader::refuse_head(ErrorCode failure)
{
    using beast::http::error;
    std::string_view const head(static_cast<char const*>(buffer_.data().data()), buffer_.size());
    auto line = head.substr(0, head.find("\r\n"));
    if (failure == error::header_limit && !has_request_line_ && line.size() > request_line_bytes_max) {
        return refuse(414, "uri_too_long", "The request line may have 8 KiB.");
    }
    if (failure == error::header_limit) return refuse(431, "headers_too_large", "The headers may have 16 KiB in all.");
    // "GET /path HTTP/9.9" is another version; anything else is no request line at all.
    if (failure == error::bad_version && is_request_line(line)) return refuse(505, "version_not_supported", "Speak HTTP/1.1.");
    return refuse(400, "bad_framing", "The request is not framed as RFC 9112 says.");
}

} // namespace pollux::http
