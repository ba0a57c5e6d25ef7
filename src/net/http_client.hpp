// Calls to other servers: http and https, on libcurl. Each io_context has its own connections (made on first use, shared by all
// streams on it; HTTP/2 over TLS), so a stream is made, read and destroyed on the thread of one io_context, and dies before it.
// No redirects, no proxies, no compressed answers; certificates are always verified against the system's (SSL_CERT_FILE holds).
#pragma once

#include "base/clock.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pollux::net {

namespace asio = boost::asio;

struct HttpHeader {
    std::string name; // Of an answer: in small letters.
    std::string value;
};

// Where another request's connection would do, libcurl sends a request once more when such a connection ends without an answer: whoever
// can bear no second one asks for a connection of its own.
enum class HttpConnection { shared, own };

struct HttpRequest {
    std::string method = "GET";
    std::string url;
    std::vector<HttpHeader> headers;
    std::vector<HttpHeader> secret_headers; // Keys: such a request is refused over plain http, except to this machine (loopback).
    std::string body;
    Steady::time_point deadline; // Of the whole call; unset: 60 s from the start.
    std::chrono::milliseconds connect_time_max{10'000};
    std::chrono::milliseconds silence_max{60'000}; // The reader waits no longer than this for the head or for more bytes.
    std::size_t body_bytes_max = 4 * 1024 * 1024;  // Of the answer; more ends the call.
    HttpConnection connection = HttpConnection::shared;
};

struct HttpHead {
    int status = 0; // 0: no answer came, see result().
    std::vector<HttpHeader> headers;

    std::string_view header(std::string_view small_letters) const; // The first of this name; empty when there is none.
};

enum class HttpFailure {
    none,
    refused,        // By us: a wrong URL, a forbidden scheme, a key over plain http.
    unreachable,    // No address, no connection.
    no_descriptors, // This process, or this machine, can open no more sockets: says nothing of the other server.
    tls,
    timed_out,
    cut, // The answer ended before its end, or was no HTTP.
    too_large,
};

struct HttpResult {
    HttpFailure failure = HttpFailure::none;
    std::string detail; // For operators; holds no header, no body and of the URL at most the host.
};

// One call. It starts at once; the destructor cancels it at once.
class HttpStream {
public:
    HttpStream(asio::any_io_executor executor, HttpRequest request);
    ~HttpStream();
    HttpStream(HttpStream const&) = delete;

    // Status and headers, once. At the latest when the time is over.
    asio::awaitable<HttpHead> head();

    // What has come of the body since the last read(); waits for at least one byte. Empty at the end: then see result().
    asio::awaitable<std::string> read();

    // Meaningful after head() gave no status, or read() nothing.
    HttpResult const& result() const;

    void limit_silence(std::chrono::milliseconds silence_max); // From the next head() or read() on.

private:
    class Transfer;

    std::unique_ptr<Transfer> transfer_;
};

struct HttpAnswer {
    HttpHead head;
    std::string body;
    HttpResult result; // failure is none only when the body is whole.
};

// A whole call on the caller's executor.
asio::awaitable<HttpAnswer> fetch(HttpRequest request);

// What libcurl and OpenSSL prepare once a process (a few ms); else the first call does it.
void prepare_http_client();

// Reads the system's certificates (up to 30 ms, some MB), which else the first https call does on its I/O thread. For a thread of its
// own after the start, where https will be called. Safe to call from any thread.
void preload_certificates();

} // namespace pollux::net
