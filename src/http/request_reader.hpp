// Reads requests from one connection, one after the other, within the limits of http/server.hpp. Included by http/*.cpp only.
#pragma once

#include "base/required.hpp"
#include "http/header_fields.hpp"
#include "net/deadlines.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace pollux::http {

namespace asio = boost::asio;

// Why a request is not served, and its answer; the connection is closed after it.
struct Refusal {
    int status = 400;
    std::string_view code;
    std::string_view detail;
};

class RequestReader {
public:
    RequestReader(asio::ip::tcp::socket& socket, net::DeadlineList& deadlines);

    enum class Outcome { complete, closed, refused };

    // Waits for the first byte of the next request; what was held of the one before is gone. False: none comes.
    asio::awaitable<bool> await_request();
    // Then reads its head.
    asio::awaitable<Outcome> read_head();
    // Then its body; one over `bytes_max` is refused, and so is one for which `grow` gives no memory (503). Sends 100 (Continue) if the
    // client waits for that.
    asio::awaitable<Outcome> read_body(std::size_t bytes_max, std::function<bool(std::size_t bytes)> const& grow);

    // Lets a refused client go on sending for a moment, so that it gets to see the answer; little of that is read.
    asio::awaitable<void> discard_rest();

    // A connection that waits for its first byte holds nothing a client would miss.
    bool is_idle() const { return is_idle_; }

    Refusal const& refusal() const { return refusal_; }
    boost::beast::http::fields const& fields() const { return head_; }
    std::string_view method() const { return head_.method_string(); }
    std::string_view target() const { return head_.target(); }
    unsigned version() const { return head_.version(); } // 10 or 11
    bool keeps_alive() const { return parser().keep_alive(); }
    bool has_body() const;
    std::string_view body() const { return parser().get().body(); }
    void release_body();
    void release_memory(); // Before a wait of unknown length.

private:
    using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

    Parser& parser() { return required(parser_); } // Between read_head() and the next await_request().
    Parser const& parser() const { return required(parser_); }
    asio::awaitable<bool> read_some(std::size_t bytes_max); // false at the end of the connection or the deadline.
    bool has_request_begun();                               // Something but empty lines has come.
    bool has_more_to_come(std::string_view head) const;
    bool waits_in_vain() const; // For the rest of a request line that has ended.
    std::size_t body_step_bytes() const;
    Outcome refuse(int status, std::string_view code, std::string_view detail);
    Outcome refuse_head(boost::system::error_code error);

    asio::ip::tcp::socket& socket_;
    net::DeadlineList& deadlines_;
    net::DeadlineList::Entry deadline_;
    boost::beast::flat_buffer buffer_;
    std::optional<Parser> parser_;
    // Taken out of the parser before the body is read: what a chunked body's trailer holds would stand among the headers otherwise, and
    // a proxy that judges headers has never seen it (RFC 9110, 6.5.1).
    boost::beast::http::request_header<> head_;
    Refusal refusal_;
    int empty_lines_ = 0; // Skipped before the request.
    bool is_idle_ = false;
    bool has_ended_ = false;        // The client sends no more.
    bool has_request_line_ = false; // Of the head being read, for the choice between 414 and 431.
};

} // namespace pollux::http
