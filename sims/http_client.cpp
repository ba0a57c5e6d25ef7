#include "http_client.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <memory>

namespace pollux::sims {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

asio::awaitable<Posted> post(std::string url, std::vector<std::pair<std::string, std::string>> headers, std::string body,
                             std::chrono::milliseconds limit)
{
    Posted posted;
    auto const place = boost::urls::parse_uri(url);
    if (!place || place->scheme() != "http") {
        posted.error = "only http:// can be reached from here";
        co_return posted;
    }
    auto const executor = co_await asio::this_coro::executor;
    auto const socket = std::make_shared<tcp::socket>(executor);
    asio::steady_timer timer(executor, limit);
    auto const is_over = std::make_shared<bool>(false);
    timer.async_wait([socket, is_over](boost::system::error_code cancelled) {
        if (cancelled) return;
        *is_over = true;
        boost::system::error_code ignored;
        socket->close(ignored);
    });

    boost::system::error_code failed;
    tcp::resolver resolver(executor);
    std::string const host(place->host_address());
    std::string const port(place->has_port() ? std::string(place->port()) : std::string("80"));
    auto const found = co_await resolver.async_resolve(host, port, asio::redirect_error(asio::use_awaitable, failed));
    if (!failed) co_await asio::async_connect(*socket, found, asio::redirect_error(asio::use_awaitable, failed));

    http::request<http::string_body> request(http::verb::post, std::string(place->encoded_target()), 11);
    if (request.target().empty()) request.target("/");
    request.set(http::field::host, std::string(place->encoded_host_and_port()));
    request.set(http::field::connection, "close");
    for (auto const& [name, value] : headers) request.set(name, value);
    request.body() = std::move(body);
    request.prepare_payload();
    http::response_parser<http::string_body> parser;
    parser.body_limit(1024 * 1024);
    boost::beast::flat_buffer buffer;
    if (!failed) co_await http::async_write(*socket, request, asio::redirect_error(asio::use_awaitable, failed));
    if (!failed) co_await http::async_read(*socket, buffer, parser, asio::redirect_error(asio::use_awaitable, failed));
    timer.cancel();
    if (failed) {
        posted.error = *is_over ? "timed out" : failed.message();
        co_return posted;
    }
    posted.status = static_cast<int>(parser.get().result_int());
    posted.body = parser.get().body();
    co_return posted;
}

} // namespace pollux::sims
