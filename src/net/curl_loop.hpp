// libcurl's multi interface driven by one io_context. curl's descriptors live in an epoll instance of their own and Asio waits for that
// one descriptor, so none has to be assigned to Asio and released again. Only for the thread of its io_context.
#pragma once

#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <curl/curl.h>

namespace pollux::net {

namespace asio = boost::asio;

// The object that is told when a handle's call has ended; stands in the handle's CURLOPT_PRIVATE. The handle is out of the loop by then.
class CurlListener {
public:
    virtual void call_ended(CURLcode code) = 0;

protected:
    ~CurlListener() = default;
};

class CurlLoop final : public asio::execution_context::service {
public:
    using key_type = CurlLoop;
    static asio::execution_context::id id;

    explicit CurlLoop(asio::execution_context& context); // Made by asio::use_service; the context is an io_context.
    ~CurlLoop() override;

    void add(CURL* easy);             // Throws when curl refuses it.
    void remove(CURL* easy) noexcept; // Cancels; not from within a curl callback.

private:
    void shutdown() override {}

    static int on_socket(CURL* easy, curl_socket_t socket, int what, void* self, void* of_socket);
    static int on_timer(CURLM* multi, long wait_ms, void* self);

    void wait_for_sockets();
    void take_socket_events();
    void take_timeout();
    void tell_ended();

    CURLM* multi_;
    asio::posix::stream_descriptor sockets_; // The epoll instance.
    asio::steady_timer timer_;
    int calls_ = 0;
    bool waiting_ = false; // One wait for sockets_ is under way.
};

void prepare_curl(); // curl_global_init, once.

} // namespace pollux::net
