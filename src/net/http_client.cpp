#include "net/http_client.hpp"

#include "base/literals.hpp"
#include "base/text.hpp"
#include "net/curl_loop.hpp"
#include "net/curl_request.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace pollux::net {

namespace {

constexpr std::chrono::seconds call_time_usual{60};
constexpr std::size_t head_bytes_max = 64_KiB;

HttpFailure failure_of(CURLcode code)
{
    switch (code) {
    case CURLE_OK: return HttpFailure::none;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT: return HttpFailure::unreachable;
    case CURLE_OPERATION_TIMEDOUT: return HttpFailure::timed_out;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR: return HttpFailure::tls;
    default: return HttpFailure::cut;
    }
}

bool lacks_descriptors(int error)
{
    return error == EMFILE || error == ENFILE;
}

// Name servers are asked in a thread of curl's, which only says that it found no address.
bool can_open_nothing()
{
    int const descriptor = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (descriptor >= 0) ::close(descriptor);
    return descriptor < 0 && lacks_descriptors(errno);
}

} // namespace

std::string_view HttpHead::header(std::string_view small_letters) const
{
    auto const found = std::ranges::find(headers, small_letters, &HttpHeader::name);
    return found == headers.end() ? std::string_view() : std::string_view(found->value);
}

// What curl's callbacks write and the reading coroutine takes; both on one thread. Callbacks wake the reader by cancelling the timer
// that it waits for: that posts, so nothing of the reader's ever runs inside curl.
class HttpStream::Transfer final : public CurlListener {
public:
    Transfer(asio::any_io_executor const& executor, HttpRequest request)
        : loop_(asio::use_service<CurlLoop>(asio::query(executor, asio::execution::context))), changed_(executor),
          request_(std::move(request)), silence_max_(request_.silence_max)
    {
        deadline_ = request_.deadline == Steady::time_point() ? Steady::now() + call_time_usual : request_.deadline;
        std::string why;
        curl_ = prepare_request(request_, why);
        if (!curl_.easy) {
            end({HttpFailure::refused, std::move(why)});
            return;
        }
        curl_easy_setopt(curl_.easy.get(), CURLOPT_PRIVATE, static_cast<CurlListener*>(this));
        curl_easy_setopt(curl_.easy.get(), CURLOPT_HEADERFUNCTION, &Transfer::on_header);
        curl_easy_setopt(curl_.easy.get(), CURLOPT_HEADERDATA, this);
        curl_easy_setopt(curl_.easy.get(), CURLOPT_WRITEFUNCTION, &Transfer::on_body);
        curl_easy_setopt(curl_.easy.get(), CURLOPT_WRITEDATA, this);
        curl_easy_setopt(curl_.easy.get(), CURLOPT_OPENSOCKETFUNCTION, &Transfer::open_socket);
        curl_easy_setopt(curl_.easy.get(), CURLOPT_OPENSOCKETDATA, this);
        loop_.add(curl_.easy.get());
        running_ = true;
    }
    ~Transfer()
    {
        if (running_) loop_.remove(curl_.easy.get());
    }
    Transfer(Transfer const&) = delete;

    bool has_head() const { return head_complete_ || ended_; }
    bool has_body() const { return !received_.empty() || ended_; }
    HttpResult const& result() const { return result_; }

    HttpHead take_head() { return head_complete_ ? std::move(head_) : HttpHead(); }
    std::string take_body() { return std::exchange(received_, {}); }

    void limit_silence(std::chrono::milliseconds silence_max) { silence_max_ = silence_max; }

    // Until something has come, or until the time is over, which ends the call.
    asio::awaitable<void> wait_for_change()
    {
        auto const until = std::min(deadline_, Steady::now() + silence_max_);
        came_ = false;
        changed_.expires_at(until);
        boost::system::error_code cancelled;
        co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
        if (cancelled || came_) co_return; // came_: in the moment between the timer's end and here.

        auto const failure = never_connected() ? HttpFailure::unreachable : HttpFailure::timed_out;
        if (running_) loop_.remove(curl_.easy.get());
        running_ = false;
        end({failure, until == deadline_ ? "the time for the call was over" : "no byte came for too long"});
    }

private:
    void call_ended(CURLcode code) override
    {
        running_ = false;
        if (over_limit_) return end({HttpFailure::too_large, "the answer is larger than is taken"});
        if (code == CURLE_OK && !head_complete_) return end({HttpFailure::cut, "the answer ended in its head"});
        bool const is_ours = lacks_descriptors_ || (code == CURLE_COULDNT_RESOLVE_HOST && can_open_nothing());
        if (code != CURLE_OK && !head_complete_ && is_ours) {
            return end({HttpFailure::no_descriptors, "this process can open no more sockets; raise its limit (ulimit -n)"});
        }
        auto failure = failure_of(code);
        if (failure == HttpFailure::timed_out && never_connected()) failure = HttpFailure::unreachable;
        end({failure, failure == HttpFailure::none ? "" : curl_easy_strerror(code)});
    }

    // Then no byte of the request has left. Only known of a connection of its own: a shared one may be older than the request.
    bool never_connected() const
    {
        if (request_.connection != HttpConnection::own) return false;
        curl_off_t connected_after = 0;
        auto const what = request_.url.starts_with("https:") ? CURLINFO_APPCONNECT_TIME_T : CURLINFO_CONNECT_TIME_T;
        return curl_easy_getinfo(curl_.easy.get(), what, &connected_after) == CURLE_OK && connected_after == 0;
    }

    void end(HttpResult result)
    {
        ended_ = true;
        result_ = std::move(result);
        wake();
    }

    void wake()
    {
        came_ = true;
        changed_.cancel();
    }

    static curl_socket_t open_socket(void* self, curlsocktype, curl_sockaddr* address)
    {
        int const socket = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
        if (socket >= 0) return socket;
        if (lacks_descriptors(errno)) static_cast<Transfer*>(self)->lacks_descriptors_ = true;
        return CURL_SOCKET_BAD;
    }

    static std::size_t on_header(char* bytes, std::size_t one, std::size_t count, void* self)
    {
        return static_cast<Transfer*>(self)->take_header({bytes, one * count}) ? one * count : 0;
    }

    static std::size_t on_body(char* bytes, std::size_t one, std::size_t count, void* self)
    {
        return static_cast<Transfer*>(self)->take_piece({bytes, one * count}) ? one * count : 0;
    }

    bool take_header(std::string_view line)
    {
        head_bytes_ += line.size();
        over_limit_ = head_bytes_ > head_bytes_max;
        if (over_limit_) return false;
        if (head_complete_) return true; // A trailer.

        auto const text = trim(line);
        if (text.starts_with("HTTP/")) {
            head_ = {}; // Also after an interim answer such as 103.
        } else if (text.empty()) {
            long status = 0;
            curl_easy_getinfo(curl_.easy.get(), CURLINFO_RESPONSE_CODE, &status);
            head_.status = static_cast<int>(status);
            head_complete_ = status >= 200;
            if (head_complete_) wake();
        } else if (auto const colon = text.find(':'); colon != std::string_view::npos) {
            head_.headers.push_back({lower_ascii(text.substr(0, colon)), std::string(trim(text.substr(colon + 1)))});
        }
        return true;
    }

    bool take_piece(std::string_view bytes)
    {
        body_bytes_ += bytes.size();
        over_limit_ = body_bytes_ > request_.body_bytes_max;
        if (over_limit_) return false; // Cut, never paused: a paused HTTP/2 stream would pile up inside curl.
        received_ += bytes;
        wake();
        return true;
    }

    CurlLoop& loop_;
    asio::steady_timer changed_;
    HttpRequest request_; // curl_ points to its body.
    CurlRequest curl_;
    Steady::time_point deadline_;
    std::chrono::milliseconds silence_max_;
    HttpHead head_;
    std::string received_;
    std::size_t head_bytes_ = 0;
    std::size_t body_bytes_ = 0;
    HttpResult result_;
    bool running_ = false; // The handle is in the loop.
    bool head_complete_ = false;
    bool over_limit_ = false;
    bool lacks_descriptors_ = false;
    bool ended_ = false;
    bool came_ = false; // Something, since the reader began to wait.
};

HttpStream::HttpStream(asio::any_io_executor executor, HttpRequest request)
    : transfer_(std::make_unique<Transfer>(executor, std::move(request)))
{}

HttpStream::~HttpStream() = default;

asio::awaitable<HttpHead> HttpStream::head()
{
    while (!transfer_->has_head()) co_await transfer_->wait_for_change();
    co_return transfer_->take_head();
}

asio::awaitable<std::string> HttpStream::read()
{
    while (!transfer_->has_body()) co_await transfer_->wait_for_change();
    co_return transfer_->take_body();
}

HttpResult const& HttpStream::result() const
{
    return transfer_->result();
}

void HttpStream::limit_silence(std::chrono::milliseconds silence_max)
{
    transfer_->limit_silence(silence_max);
}

asio::awaitable<HttpAnswer> fetch(HttpRequest request)
{
    HttpStream stream(co_await asio::this_coro::executor, std::move(request));
    HttpAnswer answer;
    answer.head = co_await stream.head();
    for (;;) {
        auto bytes = co_await stream.read();
        if (bytes.empty()) break;
        answer.body += bytes;
    }
    answer.result = stream.result();
    co_return answer;
}

void prepare_http_client()
{
    prepare_curl();
}

} // namespace pollux::net
