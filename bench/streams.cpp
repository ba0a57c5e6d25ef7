// Reads many replies at once while they are written, and says how old each piece of text was when it came. The model is the Gemini
// simulator with a plan of `stamps`: its text is the times at which it was sent. Each stream is a send that asks for its reply's events.
// Prints one line of name=value pairs; exit code 1 when a reply did not come whole.
#include "bench_tokens.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <cstdio>

#include <sys/resource.h>

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

struct Options {
    std::vector<std::uint16_t> ports; // The streams take turns.
    std::string signing_key;
    std::size_t streams = 0;        // One a user; at most as many as there are users.
    std::size_t rooms_per_user = 0; // User 1 has the rooms 1 to `rooms_per_user`, user 2 the next ones, and so on.
    std::size_t stamps = 0;         // A reply.
    std::size_t spread_ms = 2000;   // Over which the streams begin.
};

struct Figures {
    std::vector<std::int64_t> ages_us;
    std::size_t finished = 0;
    std::size_t stamps = 0;
    std::string first_wrong;
};

std::int64_t now_us()
{
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// Lines of a stream's events: the stamps in those named delta. The head of the answer and the framing of its chunks are lines too, which
// mean nothing here; a line that a chunk's border cuts would lose its stamp and show.
class StreamReader {
public:
    explicit StreamReader(Figures& figures) : figures_(figures) {}

    void read(std::string_view bytes)
    {
        rest_ += bytes;
        std::size_t begin = 0;
        for (auto end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n', begin)) {
            read_line(std::string_view(rest_).substr(begin, end - begin));
            begin = end + 1;
        }
        rest_.erase(0, begin);
    }

    bool is_done() const { return is_done_; }
    std::size_t stamps() const { return stamps_; }

private:
    void read_line(std::string_view line)
    {
        constexpr std::string_view event = "event: ";
        if (line.starts_with(event)) {
            name_ = line.substr(event.size());
            is_done_ = is_done_ || name_.starts_with("done") || name_.starts_with("error");
        } else if (line.starts_with("data: ") && name_.starts_with("delta")) {
            read_stamps(line);
        }
    }

    void read_stamps(std::string_view line)
    {
        constexpr std::size_t digits = 16;
        auto const now = now_us();
        std::size_t run = 0;
        for (std::size_t at = 0; at < line.size(); ++at) {
            bool const is_digit = line[at] >= '0' && line[at] <= '9';
            if (!is_digit && run == digits) {
                auto const sent = std::strtoll(line.data() + at - digits, nullptr, 10);
                figures_.ages_us.push_back(now - sent);
                ++stamps_;
            }
            run = is_digit ? run + 1 : 0;
        }
    }

    Figures& figures_;
    std::string rest_;
    std::string name_;
    std::size_t stamps_ = 0;
    bool is_done_ = false;
};

std::string request_of(Options const& options, std::size_t stream, std::string const& token)
{
    constexpr std::string_view body = R"({"content":"What time is it, all the while?"})";
    auto const room = std::to_string(stream * options.rooms_per_user + 1);
    return "POST /chatroom/" + room +
           "/message/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\nContent-Type: application/json" +
           "\r\nAuthorization: Bearer " + token + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

asio::awaitable<void> follow(Options const& options, Figures& figures, std::size_t stream, std::string token)
{
    auto const executor = co_await asio::this_coro::executor;
    asio::steady_timer begin(executor, std::chrono::milliseconds(options.spread_ms * stream / options.streams));
    co_await begin.async_wait(asio::use_awaitable);
    tcp::socket socket(executor);
    tcp::endpoint const server(asio::ip::address_v4::loopback(), options.ports[stream % options.ports.size()]);
    co_await socket.async_connect(server, asio::use_awaitable);
    auto const request = request_of(options, stream, token);
    co_await asio::async_write(socket, asio::buffer(request), asio::use_awaitable);

    StreamReader reader(figures);
    std::vector<char> bytes(16384);
    std::string beginning;
    while (!reader.is_done()) {
        auto const size = co_await socket.async_read_some(asio::buffer(bytes), asio::use_awaitable);
        std::string_view const came(bytes.data(), size);
        if (beginning.size() < 1000) beginning += came;
        reader.read(came);
    }
    figures.stamps += reader.stamps();
    bool const is_whole = reader.stamps() == options.stamps;
    if (is_whole) ++figures.finished;
    if (!is_whole && figures.first_wrong.empty()) {
        figures.first_wrong = std::to_string(reader.stamps()) + " stamps; it began with:\n" + beginning;
    }
}

int run(Options const& options)
{
    asio::io_context io(1);
    Figures figures;
    figures.ages_us.reserve(options.streams * options.stamps);
    auto const tokens = bench_tokens(options.signing_key, options.streams);
    std::exception_ptr failure;
    for (std::size_t stream = 0; stream < options.streams; ++stream) {
        asio::co_spawn(io, follow(options, figures, stream, tokens[stream]), [&failure](std::exception_ptr thrown) {
            if (thrown) failure = thrown;
        });
    }
    io.run();
    if (failure) std::rethrow_exception(failure);

    auto& ages = figures.ages_us;
    std::sort(ages.begin(), ages.end());
    auto const part = [&ages](double share) {
        return ages.empty() ? 0.0
                            : static_cast<double>(ages[static_cast<std::size_t>(share * static_cast<double>(ages.size() - 1))]) / 1000;
    };
    std::printf("streams=%zu whole=%zu stamps=%zu p50_ms=%.2f p99_ms=%.2f max_ms=%.2f\n", options.streams, figures.finished, ages.size(),
                part(0.5), part(0.99), part(1));
    if (!figures.first_wrong.empty()) std::fprintf(stderr, "the first reply that was not whole: %s\n", figures.first_wrong.c_str());
    return figures.finished == options.streams ? 0 : 1;
}

} // namespace

int main(int argc, char** argv)
{
    Options options;
    CLI::App app{"Follows many replies of a Pollux server and measures how old their text is when it comes."};
    app.add_option("--port", options.ports)->required();
    app.add_option("--signing-key", options.signing_key)->required();
    app.add_option("--streams", options.streams)->required();
    app.add_option("--rooms-per-user", options.rooms_per_user)->required();
    app.add_option("--stamps", options.stamps)->required();
    app.add_option("--spread-ms", options.spread_ms);
    CLI11_PARSE(app, argc, argv);
    try {
        return run(options);
    } catch (std::exception const& failure) {
        std::fprintf(stderr, "pollux-bench-streams: %s\n", failure.what());
        return 1;
    }
}
