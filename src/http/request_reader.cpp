#include "http/request_reader.hpp"

#include "base/literals.hpp"
#include "http/framing.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>

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

} // namespace

RequestReader::RequestReader(asio::ip::tcp::socket& socket, net::DeadlineList& deadlines)
    : socket_(socket), deadlines_(deadlines), deadline_([&socket] {
          ErrorCode ignored;
          socket.cancel(ignored);
      })
{}

asio::awaitable<RequestReader::Outcome> RequestReader::read_head()
{
    if (buffer_.size() == 0) {
        is_idle_ = true;
        deadlines_.arm(deadline_, idle_max);
        bool came = co_await read_some(header_read_bytes);
        is_idle_ = false;
        if (!came) co_return Outcome::closed;
    }
    parser_.emplace();
    parser_->eager(false);
    parser_->header_limit(header_bytes_max);
    parser_->body_limit(boost::none); // read_body() knows the route's limit.
    deadlines_.arm(deadline_, header_time_max);
    has_request_line_ = false;
    while (true) {
        ErrorCode error;
        std::size_t used = parser_->put(buffer_.data(), error);
        std::string_view head(static_cast<char const*>(buffer_.data().data()), buffer_.size());
        if (error && error != beast::http::error::need_more) co_return refuse_head(error);
        if (used > 0 && has_folded_line(head.substr(0, used))) {
            co_return refuse(400, "bad_framing", "A header line is folded over two lines; write it on one.");
        }
        buffer_.consume(used);
        has_request_line_ = has_request_line_ || used > 0;
        if (parser_->is_header_done()) break;
        bool came = co_await read_some(header_read_bytes);
        if (came) continue;
        if (has_ended_) co_return refuse(400, "bad_framing", "The connection ended before the request's head did.");
        if (!deadline_.has_expired()) co_return Outcome::closed;
        co_return refuse(408, "header_timeout", "The request's head did not arrive within 10 seconds.");
    }
    deadline_.disarm();
    auto bad = check_framing(parser_->get(), target());
    if (bad) co_return refuse(bad->status, bad->code, bad->detail);
    co_return Outcome::complete;
}

asio::awaitable<RequestReader::Outcome> RequestReader::read_body(std::size_t bytes_max)
{
    constexpr std::string_view too_large = "The body is larger than this route takes.";
    if (parser_->content_length().value_or(0) > bytes_max) co_return refuse(413, "body_too_large", too_large);
    if (parser_->is_done()) co_return Outcome::complete;
    if (has_body() && buffer_.size() == 0 && fields().count("Expect") > 0) {
        static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
        ErrorCode error;
        co_await asio::async_write(socket_, asio::buffer(go_on), asio::redirect_error(asio::use_awaitable, error));
    }
    parser_->eager(true);
    deadlines_.arm(deadline_, body_time_max);
    while (!parser_->is_done()) {
        ErrorCode error;
        std::size_t used = parser_->put(buffer_.data(), error);
        buffer_.consume(used);
        if (parser_->get().body().size() > bytes_max) co_return refuse(413, "body_too_large", too_large);
        if (error && error != beast::http::error::need_more) {
            co_return refuse(400, "bad_framing", "The chunked body is not framed as RFC 9112 says.");
        }
        // The parser waits for the end of a chunk's first line, or of the trailer, however long that becomes.
        bool is_endless = used == 0 && buffer_.size() > chunk_head_bytes_max;
        if (is_endless) co_return refuse(400, "bad_framing", "A chunk's first line or the trailer has more than 16 KiB.");
        if (parser_->is_done() || (used > 0 && buffer_.size() > 0)) continue;
        bool came = co_await read_some(body_read_bytes);
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
    deadlines_.arm(deadline_, discard_time_max);
    std::size_t discarded = 0;
    bool is_open = true;
    while (is_open && discarded < discarded_bytes_max) {
        buffer_.consume(buffer_.size());
        is_open = co_await read_some(body_read_bytes);
        discarded += buffer_.size();
    }
    // Closing over unread bytes would reset the connection, and the answer might be lost with it: wait for the client to go.
    if (is_open) co_await socket_.async_wait(asio::ip::tcp::socket::wait_error, asio::redirect_error(asio::use_awaitable, error));
    deadline_.disarm();
}

std::string_view RequestReader::method() const
{
    return parser_->get().method_string();
}

std::string_view RequestReader::target() const
{
    return parser_->get().target();
}

bool RequestReader::has_body() const
{
    return parser_->chunked() || parser_->content_length().value_or(0) > 0;
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
    std::size_t count = co_await socket_.async_read_some(space, asio::redirect_error(asio::use_awaitable, error));
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
    std::string_view head(static_cast<char const*>(buffer_.data().data()), buffer_.size());
    auto line = head.substr(0, head.find("\r\n"));
    if (failure == error::header_limit && !has_request_line_ && line.size() > request_line_bytes_max) {
        return refuse(414, "uri_too_long", "The request line may have 8 KiB.");
    }
    if (failure == error::header_limit) return refuse(431, "headers_too_large", "The headers may have 16 KiB in all.");
    // "GET /path HTTP/9.9" is another version; anything else is no request line at all.
    auto version = line.substr(line.rfind(' ') + 1);
    bool is_version =
        std::count(line.begin(), line.end(), ' ') == 2 && version.size() == 8 && version.starts_with("HTTP/") && version[6] == '.';
    if (failure == error::bad_version && is_version) return refuse(505, "version_not_supported", "Speak HTTP/1.1.");
    return refuse(400, "bad_framing", "The request is not framed as RFC 9112 says.");
}

} // namespace pollux::http
