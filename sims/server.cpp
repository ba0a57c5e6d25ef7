#include "server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/parse_query.hpp>
#include <boost/url/url_view.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <cstdio>
#include <optional>

namespace pollux::sims {

namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace {

constexpr std::uint64_t body_bytes_max = 64 * 1024 * 1024;

std::string small(std::string_view text)
{
    std::string copy(text);
    std::ranges::transform(copy, copy.begin(), [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    return copy;
}

Request take_request(http::request<http::string_body> message)
{
    Request request;
    request.method = std::string(message.method_string());
    if (auto const target = boost::urls::parse_origin_form(message.target())) {
        request.path = target->encoded_path();
        request.query = target->encoded_query();
    } else if (message.target().starts_with('/')) { // Stripe's clients leave the brackets of a[b]=c as they are.
        std::string_view const raw(message.target().data(), message.target().size());
        auto const mark = std::min(raw.find('?'), raw.size());
        request.path = raw.substr(0, mark);
        request.query = raw.substr(std::min(mark + 1, raw.size()));
    }
    for (auto const& field : message) request.headers.emplace_back(small(field.name_string()), std::string(field.value()));
    request.body = std::move(message.body());
    return request;
}

// Nothing at the client's end or when what came is no HTTP.
asio::awaitable<std::optional<Request>> read_request(tcp::socket& socket, beast::flat_buffer& buffer)
{
    http::request_parser<http::string_body> parser;
    parser.body_limit(body_bytes_max);
    boost::system::error_code failed;
    co_await http::async_read(socket, buffer, parser, asio::redirect_error(asio::use_awaitable, failed));
    if (failed) co_return std::nullopt;
    co_return take_request(parser.release());
}

asio::awaitable<void> serve_connection(std::shared_ptr<Connection> connection, Handler const& handler)
{
    beast::flat_buffer buffer;
    for (;;) {
        auto request = co_await read_request(connection->socket(), buffer);
        if (!request) co_return;
        bool const last = small(request->header("connection")) == "close";
        connection->watch();
        auto const after = co_await handler(std::move(*request), connection);
        connection->unwatch();
        if (after == After::close || last || connection->is_gone()) co_return;
    }
}

asio::awaitable<void> accept_all(tcp::acceptor& acceptor, Handler const& handler)
{
    for (;;) {
        boost::system::error_code failed;
        auto socket = co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, failed));
        if (failed == asio::error::operation_aborted) co_return;
        if (failed) { // Out of descriptors, most likely: let some go.
            asio::steady_timer pause(acceptor.get_executor(), std::chrono::milliseconds(10));
            co_await pause.async_wait(asio::use_awaitable);
            continue;
        }
        socket.set_option(tcp::no_delay(true), failed);
        asio::co_spawn(acceptor.get_executor(), serve_connection(std::make_shared<Connection>(std::move(socket)), handler), must_not_fail);
    }
}

std::string_view reason_of(int status)
{
    switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 303: return "See Other";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 402: return "Payment Required";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 409: return "Conflict";
    case 415: return "Unsupported Media Type";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    default: return "Status";
    }
}

} // namespace

std::string_view Request::header(std::string_view small_letters) const
{
    auto const found = std::ranges::find(headers, small_letters, &std::pair<std::string, std::string>::first);
    return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

std::string_view Request::parameter(std::string_view name) const
{
    auto const parameters = boost::urls::parse_query(query);
    if (!parameters) return {};
    auto const found = parameters->find(name);
    return found == parameters->end() ? std::string_view() : std::string_view((*found).value);
}

asio::awaitable<bool> Connection::write(std::string bytes)
{
    if (gone_) co_return false;
    boost::system::error_code failed;
    co_await asio::async_write(socket_, asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, failed));
    if (failed) gone_ = true;
    co_return !gone_;
}

asio::awaitable<bool> Connection::sleep(std::chrono::microseconds time)
{
    if (gone_ || time.count() <= 0) co_return !gone_;
    timer_.expires_after(time);
    boost::system::error_code cancelled;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    co_return !gone_;
}

asio::awaitable<void> Connection::hang()
{
    while (co_await sleep(std::chrono::hours(1))) {
    }
}

void Connection::reset()
{
    boost::system::error_code ignored;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
}

void Connection::watch()
{
    watching_ = true;
    socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](boost::system::error_code failed) {
        if (failed || !self->watching_) return;
        char byte = 0;
        auto const count = recv(self->socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        if (count > 0) return; // The next request, early.
        self->gone_ = true;
        self->timer_.cancel();
    });
}

void Connection::unwatch()
{
    watching_ = false;
    boost::system::error_code ignored;
    if (socket_.is_open()) socket_.cancel(ignored);
}

void must_not_fail(std::exception_ptr failure)
{
    if (failure) std::rethrow_exception(failure);
}

std::string head(int status, std::string_view content_type, std::string_view more_headers)
{
    std::string text = "HTTP/1.1 " + std::to_string(status) + " " + std::string(reason_of(status)) + "\r\nContent-Type: ";
    text += content_type;
    text += "\r\n";
    text += more_headers;
    return text + "\r\n";
}

asio::awaitable<bool> answer(Connection& connection, int status, std::string content_type, std::string body, std::string more_headers)
{
    more_headers += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    auto bytes = head(status, content_type, more_headers) + body;
    co_return co_await connection.write(std::move(bytes));
}

int serve(std::string const& listen, Handler handler)
{
    std::vector<Site> sites{{listen, std::move(handler)}};
    return serve_all(std::move(sites), [](std::vector<std::string> const& places) {
        std::printf("listening on %s\n", places.front().c_str());
        std::fflush(stdout);
    });
}

int serve_all(std::vector<Site> sites, std::function<void(std::vector<std::string> const&)> const& ready)
{
    asio::io_context io(1);
    std::vector<tcp::acceptor> acceptors;
    std::vector<std::string> places;
    for (auto const& site : sites) {
        auto const place = boost::urls::parse_authority(site.listen);
        if (!place || !place->has_port() || place->has_userinfo()) {
            std::fprintf(stderr, "--listen: write ADDRESS:PORT, for example 127.0.0.1:9100\n");
            return 2;
        }
        boost::system::error_code failed;
        auto const address = asio::ip::make_address(place->host_address(), failed);
        tcp::endpoint const endpoint(address, place->port_number());
        auto& acceptor = acceptors.emplace_back(io);
        if (!failed) acceptor.open(endpoint.protocol(), failed);
        if (!failed) acceptor.set_option(asio::socket_base::reuse_address(true), failed);
        if (!failed) acceptor.bind(endpoint, failed);
        if (!failed) acceptor.listen(4096, failed);
        if (failed) {
            std::fprintf(stderr, "cannot listen on %s: %s\n", site.listen.c_str(), failed.message().c_str());
            return 1;
        }
        places.push_back(std::string(place->encoded_host()) + ":" + std::to_string(acceptor.local_endpoint().port()));
    }
    ready(places);

    asio::signal_set signals(io, SIGTERM, SIGINT);
    signals.async_wait([&io](boost::system::error_code, int) { io.stop(); });
    for (std::size_t i = 0; i < sites.size(); ++i) asio::co_spawn(io, accept_all(acceptors[i], sites[i].handler), must_not_fail);
    io.run();
    return 0;
}

} // namespace pollux::sims
