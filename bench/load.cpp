// Sends messages to a running server, over many users and rooms as bench/run laid them out, and says how fast they were answered.
// Prints one line of name=value pairs; exit code 1 when an answer was not what it should be.
//
// It makes access tokens itself, with the server's JWT_SIGNING_KEY. Each connection sends its next message when the last one is
// answered, so the number of connections is the number of sends under way.
#include "bench_tokens.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <cstdio>

#include <sys/resource.h>

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Steady = std::chrono::steady_clock;

constexpr std::string_view content =
    "How do I keep a promise that I gave to somebody who is asleep? Please answer in a few sentences, and say what you are unsure of.";

struct Options {
    std::uint16_t port = 0;
    std::string signing_key;
    std::size_t users = 0;          // With the ids 1 to `users`.
    std::size_t rooms_per_user = 0; // User 1 has the rooms 1 to `rooms_per_user`, user 2 the next ones, and so on.
    std::size_t count = 0;
    std::size_t connections = 0;
    std::size_t wait_s = 0; // Not 0: each answer must come with the completed reply.
    double seconds_max = 60;
};

struct Load {
    Options options;
    std::vector<std::string> tokens; // By user.
    std::string key_prefix;
    std::size_t next = 0;
    std::size_t wrong = 0;
    std::string first_wrong;
    std::vector<double> took_ms;
    Steady::time_point end;
};

// Neighbours in time are different users; each room comes round once in users * rooms_per_user sends.
std::string request_of(Load const& load, std::size_t number)
{
    auto const& options = load.options;
    std::size_t pair = number % (options.users * options.rooms_per_user);
    std::size_t user = pair % options.users;
    std::size_t room = user * options.rooms_per_user + pair / options.users + 1;
    std::string body = R"({"content":")" + std::string(content) + "\"}";
    std::string request = "POST /chatroom/" + std::to_string(room) + "/message/";
    if (options.wait_s > 0) request += "?wait=" + std::to_string(options.wait_s);
    request += " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAuthorization: Bearer " + load.tokens[user] +
               "\r\nIdempotency-Key: " + load.key_prefix + std::to_string(number) + "\r\nContent-Length: " + std::to_string(body.size()) +
               "\r\n\r\n" + body;
    return request;
}

bool is_as_wanted(Load const& load, std::string_view answer)
{
    if (!answer.starts_with("HTTP/1.1 201 ")) return false;
    if (load.options.wait_s == 0) return true;
    // The message is completed in any case, the reply only if it was waited for.
    constexpr std::string_view completed = R"("status":"completed")";
    auto first = answer.find(completed);
    return first != std::string_view::npos && answer.find(completed, first + completed.size()) != std::string_view::npos;
}

std::size_t content_length(std::string_view head)
{
    constexpr std::string_view name = "\r\nContent-Length: ";
    auto at = head.find(name);
    if (at == std::string_view::npos) throw std::runtime_error("an answer without Content-Length");
    return std::strtoull(head.data() + at + name.size(), nullptr, 10);
}

asio::awaitable<void> send_messages(Load& load, tcp::socket socket)
{
    std::string answer;
    while (load.next < load.options.count && Steady::now() < load.end) {
        std::string request = request_of(load, load.next++);
        auto began = Steady::now();
        co_await asio::async_write(socket, asio::buffer(request), asio::use_awaitable);
        answer.clear();
        std::size_t head_bytes = co_await asio::async_read_until(socket, asio::dynamic_buffer(answer), "\r\n\r\n", asio::use_awaitable);
        std::size_t bytes = head_bytes + content_length(std::string_view(answer).substr(0, head_bytes));
        std::size_t came = answer.size();
        if (came < bytes) {
            answer.resize(bytes);
            auto rest = asio::buffer(answer.data() + came, bytes - came);
            co_await asio::async_read(socket, rest, asio::use_awaitable);
        }
        load.took_ms.push_back(std::chrono::duration<double, std::milli>(Steady::now() - began).count());
        if (is_as_wanted(load, answer)) continue;
        if (load.wrong++ == 0) load.first_wrong = answer;
    }
}

double cpu_seconds()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    auto seconds = [](timeval const& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6; };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

int run(Options options)
{
    asio::io_context io(1);
    Load load{.options = options, .tokens = bench_tokens(options.signing_key, options.users), .key_prefix = "bench-"};
    load.took_ms.reserve(options.count);
    std::vector<tcp::socket> sockets;
    for (std::size_t index = 0; index < options.connections; ++index) {
        tcp::socket socket(io);
        socket.connect({asio::ip::address_v4::loopback(), options.port});
        socket.set_option(tcp::no_delay(true));
        sockets.push_back(std::move(socket));
    }
    std::exception_ptr failure;
    auto began = Steady::now();
    double cpu_before = cpu_seconds();
    load.end = began + std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double>(options.seconds_max));
    for (auto& socket : sockets) {
        asio::co_spawn(io, send_messages(load, std::move(socket)), [&failure](std::exception_ptr thrown) {
            if (thrown) failure = thrown;
        });
    }
    io.run();
    double seconds = std::chrono::duration<double>(Steady::now() - began).count();
    double cpu = cpu_seconds() - cpu_before;
    if (failure) std::rethrow_exception(failure);

    std::sort(load.took_ms.begin(), load.took_ms.end());
    auto count = load.took_ms.size();
    auto part = [&](double share) {
        return count == 0 ? 0.0 : load.took_ms[static_cast<std::size_t>(share * static_cast<double>(count - 1))];
    };
    std::printf("sent=%zu wrong=%zu seconds=%.3f rate=%.0f p50_ms=%.2f p99_ms=%.2f cpu_percent=%.0f\n", count, load.wrong, seconds,
                static_cast<double>(count) / seconds, part(0.5), part(0.99), 100 * cpu / seconds);
    if (load.wrong > 0) std::fprintf(stderr, "the first wrong answer:\n%s\n", load.first_wrong.c_str());
    return load.wrong > 0 ? 1 : 0;
}

} // namespace

int main(int argc, char** argv)
{
    Options options;
    CLI::App app{"Sends messages to a Pollux server and measures the answers."};
    app.add_option("--signing-key", options.signing_key)->required();
    app.add_option("--users", options.users)->required();
    app.add_option("--port", options.port);
    app.add_option("--rooms-per-user", options.rooms_per_user);
    app.add_option("--count", options.count);
    app.add_option("--connections", options.connections);
    app.add_option("--wait", options.wait_s, "Seconds to wait for each reply");
    app.add_option("--seconds-max", options.seconds_max);
    bool prints_token = false;
    app.add_flag("--token", prints_token, "Prints the last user's access token and ends");
    CLI11_PARSE(app, argc, argv);
    if (prints_token) {
        std::puts(bench_tokens(options.signing_key, options.users).back().c_str());
        return 0;
    }
    try {
        return run(std::move(options));
    } catch (std::exception const& failure) {
        std::fprintf(stderr, "pollux-load: %s\n", failure.what());
        return 1;
    }
}
