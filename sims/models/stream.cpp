#include "models/stream.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cstdio>

namespace pollux::sims {

using std::chrono::milliseconds;

namespace {

std::string http_chunk(std::string_view bytes)
{
    char size[20];
    std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
    std::string chunk = size;
    chunk += bytes;
    return chunk + "\r\n";
}

// What the log is to say of it.
asio::awaitable<CallState> break_stream(StreamFault fault, BodyWriter& body, Connection& connection)
{
    switch (fault.kind) {
    case StreamFault::Kind::none: break;
    case StreamFault::Kind::hang: co_await connection.hang(); co_return CallState::aborted;
    case StreamFault::Kind::cut: co_return CallState::broken;
    case StreamFault::Kind::reset: connection.reset(); co_return CallState::broken;
    case StreamFault::Kind::say:
        for (std::size_t time = 0; time < fault.times; ++time) {
            auto bytes = fault.bytes;
            if (!co_await body.write(std::move(bytes))) co_return body.was_cut() ? CallState::broken : CallState::aborted;
        }
        break;
    }
    co_await body.end();
    co_return CallState::finished;
}

} // namespace

asio::awaitable<bool> BodyWriter::write(std::string bytes)
{
    if (plan_.cut_at_byte >= 0) {
        auto const left = std::max<std::int64_t>(0, plan_.cut_at_byte - call_.bytes_sent);
        if (static_cast<std::int64_t>(bytes.size()) > left) {
            bytes.resize(static_cast<std::size_t>(left));
            was_cut_ = true;
        }
    }
    for (std::size_t begin = 0; begin < bytes.size();) {
        auto const end = piece_end(bytes, begin);
        if (begin > 0 && plan_.pieces != Pieces::bytewise && !co_await connection_.sleep(milliseconds(1))) co_return false;
        auto chunk = http_chunk(std::string_view(bytes).substr(begin, end - begin));
        if (!co_await connection_.write(std::move(chunk))) co_return false;
        call_.bytes_sent += static_cast<std::int64_t>(end - begin);
        begin = end;
    }
    co_return !was_cut_;
}

asio::awaitable<bool> BodyWriter::end()
{
    return connection_.write("0\r\n\r\n");
}

std::size_t BodyWriter::piece_end(std::string_view bytes, std::size_t begin)
{
    switch (plan_.pieces) {
    case Pieces::whole: return bytes.size();
    case Pieces::bytewise: return begin + 1;
    case Pieces::random: return std::min(bytes.size(), begin + 1 + random_() % 64);
    case Pieces::split_utf8: break;
    }
    for (std::size_t at = begin; at < bytes.size(); ++at) {
        if (static_cast<unsigned char>(bytes[at]) >= 0xc0) return at + 1; // After the first byte of the next character.
    }
    return bytes.size();
}

asio::awaitable<CallState> play_stream(ModelPlan const& plan, ModelCall& call, std::string content_type, std::string head_lines,
                                       StreamChunks const& chunks, StreamFault fault, Connection& connection)
{
    auto const count = chunks.size();
    auto const fault_at = fault.kind == StreamFault::Kind::none ? count + 1
                          : plan.after_chunks < 0               ? count
                                                                : std::min(count, static_cast<std::size_t>(plan.after_chunks));
    auto const pause = plan.duration_ms >= 0 ? std::chrono::microseconds(milliseconds(plan.duration_ms)) / static_cast<int>(count)
                                             : std::chrono::microseconds(milliseconds(plan.chunk_delay_ms));

    auto begin = head(200, content_type, head_lines + "Transfer-Encoding: chunked\r\n");
    if (!co_await connection.write(std::move(begin))) co_return CallState::aborted;
    BodyWriter body(connection, plan, call);
    auto const waiting = chunks.waiting();
    auto const silence = std::chrono::microseconds(milliseconds(plan.first_delay_ms)) / (waiting.times + 1);
    if (!co_await connection.sleep(silence)) co_return CallState::aborted;
    for (int time = 0; time < waiting.times; ++time) {
        auto bytes = waiting.bytes;
        if (!co_await body.write(std::move(bytes))) co_return body.was_cut() ? CallState::broken : CallState::aborted;
        if (!co_await connection.sleep(silence)) co_return CallState::aborted;
    }

    for (std::size_t index = 0; index <= count; ++index) {
        if (index == fault_at) co_return co_await break_stream(std::move(fault), body, connection);
        if (index == count) break;
        if (index > 0 && !co_await connection.sleep(pause)) co_return CallState::aborted;
        auto bytes = chunks.bytes(index);
        if (!co_await body.write(std::move(bytes))) co_return body.was_cut() ? CallState::broken : CallState::aborted;
        ++call.chunks_sent;
    }
    co_await body.end();
    co_return CallState::finished;
}

std::string end_of_line(ModelPlan const& plan)
{
    return plan.line_end == LineEnd::lf ? "\n" : plan.line_end == LineEnd::crlf ? "\r\n" : "\r";
}

std::string event_of(ModelPlan const& plan, std::string_view data, bool is_last)
{
    auto const end = end_of_line(plan);
    return "data: " + std::string(data) + end + (is_last && !plan.last_blank_line ? "" : end);
}

std::string on_lines(std::string_view json)
{
    std::string lines;
    for (char const letter : json) {
        lines += letter;
        if (letter == '{' || letter == ',' || letter == '[') lines += "\n  ";
    }
    return lines + "\n";
}

} // namespace pollux::sims
