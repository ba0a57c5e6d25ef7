#include "redis/link.hpp"

#include "base/required.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <openssl/ssl.h>

#include <algorithm>

namespace pollux::redis {
namespace {

constexpr std::size_t read_bytes = 16_KiB;

constexpr std::int64_t alive_kept_ms = 10'000;

std::string version_of(std::string_view info)
{
    constexpr std::string_view name = "redis_version:";
    auto const at = info.find(name);
    if (at == std::string_view::npos) return "unknown";
    auto const begin = at + name.size();
    return std::string(info.substr(begin, info.find_first_of("\r\n", begin) - begin));
}

} // namespace

bool is_refusal(Reply const& reply)
{
    // What is wrong with one command, and says nothing of the next one.
    static constexpr std::string_view of_the_command[] = {"ERR", "NOSCRIPT", "WRONGTYPE", "EXECABORT", "NOPERM"};
    if (!reply.is_error()) return false;
    std::string_view const text = reply.text;
    auto const word = text.substr(0, text.find(' '));
    return std::ranges::find(of_the_command, word) == std::end(of_the_command);
}

Server::Server(Url url) : url_(std::move(url)) {}

std::string probe_command()
{
    return command({"EVAL", "return redis.call('SET', KEYS[1], '1', 'PX', ARGV[1])", "1", "pollux:alive", std::to_string(alive_kept_ms)});
}

asio::ssl::context& Server::tls()
{
    std::call_once(prepared_, [this] {
        tls_.emplace(asio::ssl::context::tls_client);
        tls_->set_default_verify_paths();
        tls_->set_verify_mode(asio::ssl::verify_peer);
    });
    return required(tls_);
}

Link::Link(asio::any_io_executor executor, Server& server)
    : server_(server), resolver_(executor), socket_(executor), timer_(executor), in_(read_bytes)
{}

void Link::close(std::string reason)
{
    if (is_closed_) return;
    is_closed_ = true;
    is_open_ = false;
    failure_ = std::move(reason);
    boost::system::error_code ignored;
    resolver_.cancel();
    socket_.close(ignored);
    timer_.cancel();
}

asio::awaitable<bool> Link::open(std::chrono::milliseconds limit)
{
    timer_.expires_after(limit);
    timer_.async_wait([weak = weak_from_this()](boost::system::error_code cancelled) {
        auto const self = weak.lock();
        if (!cancelled && self) self->close("no answer in time");
    });
    bool const is_connected = co_await connect();
    is_open_ = is_connected && co_await greet();
    timer_.cancel();
    co_return is_open_;
}

asio::awaitable<bool> Link::connect()
{
    auto const& url = server_.url();
    boost::system::error_code failed;
    auto const found =
        co_await resolver_.async_resolve(url.host, std::to_string(url.port), asio::redirect_error(asio::use_awaitable, failed));
    if (!failed && !is_closed_) co_await asio::async_connect(socket_, found, asio::redirect_error(asio::use_awaitable, failed));
    if (!failed && !is_closed_) socket_.set_option(asio::ip::tcp::no_delay(true), failed);
    if (!failed && !is_closed_ && url.transport == Transport::tls) {
        tls_.emplace(socket_, server_.tls());
        tls_->set_verify_callback(asio::ssl::host_name_verification(url.host));
        SSL_set_tlsext_host_name(tls_->native_handle(), url.host.c_str());
        co_await tls_->async_handshake(asio::ssl::stream_base::client, asio::redirect_error(asio::use_awaitable, failed));
    }
    if (failed) close(failed.message());
    co_return !is_closed_;
}

asio::awaitable<bool> Link::greet()
{
    auto const& url = server_.url();
    std::vector<std::string_view> steps;
    if (!url.password.empty()) {
        steps.emplace_back("login");
        write(url.user.empty() ? command({"AUTH", url.password}) : command({"AUTH", url.user, url.password}));
    }
    if (url.database != 0) {
        steps.emplace_back("database");
        write(command({"SELECT", url.database}));
    }
    steps.emplace_back("version");
    write(command({"INFO", "server"}));
    steps.emplace_back("writing");
    write(probe_command());
    steps.emplace_back("publishing");
    write(command({"PUBLISH", "pollux:alive", "1"}));
    for (auto step : steps) {
        auto const reply = co_await read();
        if (!reply || !take_greeting(step, *reply)) co_return false;
    }
    co_return true;
}

bool Link::take_greeting(std::string_view step, Reply const& reply)
{
    if (!reply.is_error()) {
        if (step == "version") version_ = version_of(reply.text);
        return true;
    }
    // An operator's account may be forbidden to ask for the version; that alone is no failure.
    if (step == "version" && reply.text.starts_with("NOPERM")) {
        version_ = "unknown";
        return true;
    }
    close(std::string(step) + ": " + reply.text);
    return false;
}

asio::awaitable<std::optional<Reply>> Link::read()
{
    for (;;) {
        auto reply = reader_.next();
        if (reply) co_return reply;
        if (!reader_.failure().empty()) close(reader_.failure());
        if (is_closed_) co_return std::nullopt;
        auto const size = co_await read_some();
        reader_.feed({in_.data(), size});
    }
}

// 0 when the link has ended.
asio::awaitable<std::size_t> Link::read_some()
{
    boost::system::error_code failed;
    auto const space = asio::buffer(in_);
    std::size_t size = 0;
    if (tls_) {
        size = co_await tls_->async_read_some(space, asio::redirect_error(asio::use_awaitable, failed));
    } else {
        size = co_await socket_.async_read_some(space, asio::redirect_error(asio::use_awaitable, failed));
    }
    if (failed) close(failed == asio::error::eof ? "Redis closed the connection" : failed.message());
    co_return failed ? 0 : size;
}

void Link::write(std::string_view commands)
{
    if (is_closed_) return;
    out_ += commands;
    if (is_flush_due_) return;
    is_flush_due_ = true;
    asio::post(socket_.get_executor(), [self = shared_from_this()] { self->flush(); });
}

void Link::flush()
{
    if (is_closed_) return;
    std::swap(out_, going_out_);
    auto const done = [self = shared_from_this()](boost::system::error_code failed, std::size_t) { self->written(failed); };
    auto const bytes = asio::buffer(going_out_);
    if (tls_) {
        asio::async_write(*tls_, bytes, done);
    } else {
        asio::async_write(socket_, bytes, done);
    }
}

void Link::written(boost::system::error_code failed)
{
    constexpr std::size_t kept_bytes = 256_KiB; // Of a buffer that was once large.
    if (failed) close(failed.message());
    going_out_.clear();
    if (going_out_.capacity() > kept_bytes) going_out_ = {};
    is_flush_due_ = !out_.empty() && !is_closed_;
    if (is_flush_due_) flush();
}

} // namespace pollux::redis
