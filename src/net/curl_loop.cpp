#include "net/curl_loop.hpp"

#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <mutex>
#include <stdexcept>
#include <system_error>

namespace pollux::net {

namespace {

constexpr int socket_events_a_turn_max = 64;
constexpr long streams_a_connection_max = 1000;

int make_epoll()
{
    int const descriptor = epoll_create1(EPOLL_CLOEXEC);
    if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
    return descriptor;
}

} // namespace

asio::execution_context::id CurlLoop::id;

void prepare_curl()
{
    static std::once_flag once;
    std::call_once(once, [] {
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw std::runtime_error("libcurl does not start");
    });
}

CurlLoop::CurlLoop(asio::execution_context& context)
    : service(context), multi_((prepare_curl(), curl_multi_init())), sockets_(static_cast<asio::io_context&>(context), make_epoll()),
      timer_(static_cast<asio::io_context&>(context))
{
    if (!multi_) throw std::bad_alloc();
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlLoop::on_socket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlLoop::on_timer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_MAX_CONCURRENT_STREAMS, streams_a_connection_max);
}

CurlLoop::~CurlLoop()
{
    curl_multi_cleanup(multi_);
}

void CurlLoop::add(CURL* easy)
{
    auto const code = curl_multi_add_handle(multi_, easy);
    if (code != CURLM_OK) throw std::runtime_error(std::string("libcurl takes no call: ") + curl_multi_strerror(code));
    ++calls_;
    wait_for_sockets();
}

void CurlLoop::remove(CURL* easy) noexcept
{
    curl_multi_remove_handle(multi_, easy);
    if (--calls_ > 0) return;
    boost::system::error_code ignored; // So that an idle loop does not keep its io_context running.
    sockets_.cancel(ignored);
}

int CurlLoop::on_socket(CURL*, curl_socket_t socket, int what, void* self, void*)
{
    int const epoll = static_cast<CurlLoop*>(self)->sockets_.native_handle();
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(epoll, EPOLL_CTL_DEL, socket, nullptr);
        return 0;
    }
    epoll_event event{};
    event.data.fd = socket;
    event.events = ((what & CURL_POLL_IN) ? EPOLLIN : 0u) | ((what & CURL_POLL_OUT) ? EPOLLOUT : 0u);
    if (epoll_ctl(epoll, EPOLL_CTL_MOD, socket, &event) == 0) return 0;
    if (errno == ENOENT && epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event) == 0) return 0;
    return -1; // The call fails: better than to wait for a socket that nobody watches.
}

int CurlLoop::on_timer(CURLM*, long wait_ms, void* self)
{
    auto* loop = static_cast<CurlLoop*>(self);
    if (wait_ms < 0) {
        loop->timer_.cancel();
        return 0;
    }
    loop->timer_.expires_after(std::chrono::milliseconds(wait_ms));
    loop->timer_.async_wait([loop](boost::system::error_code cancelled) {
        if (!cancelled) loop->take_timeout();
    });
    return 0;
}

void CurlLoop::wait_for_sockets()
{
    if (waiting_ || calls_ == 0) return;
    waiting_ = true;
    sockets_.async_wait(asio::posix::stream_descriptor::wait_read, [this](boost::system::error_code cancelled) {
        waiting_ = false;
        if (!cancelled) take_socket_events();
        wait_for_sockets();
    });
}

void CurlLoop::take_socket_events()
{
    std::array<epoll_event, socket_events_a_turn_max> events;
    int const count = epoll_wait(sockets_.native_handle(), events.data(), socket_events_a_turn_max, 0);
    for (int index = 0; index < count; ++index) {
        auto const& event = events[static_cast<std::size_t>(index)];
        int action = 0;
        if (event.events & EPOLLIN) action |= CURL_CSELECT_IN;
        if (event.events & EPOLLOUT) action |= CURL_CSELECT_OUT;
        if (event.events & (EPOLLERR | EPOLLHUP)) action |= CURL_CSELECT_ERR;
        int running = 0;
        curl_multi_socket_action(multi_, event.data.fd, action, &running);
    }
    tell_ended();
}

void CurlLoop::take_timeout()
{
    int running = 0;
    curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
    tell_ended();
}

void CurlLoop::tell_ended()
{
    int left = 0;
    while (auto* message = curl_multi_info_read(multi_, &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        CURL* const easy = message->easy_handle; // The message dies with the removal.
        CURLcode const code = message->data.result;
        CurlListener* listener = nullptr;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, reinterpret_cast<char**>(&listener));
        remove(easy);
        listener->call_ended(code);
    }
}

} // namespace pollux::net
