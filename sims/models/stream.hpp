// A reply on its way: chunk by chunk, in the pieces, at the times and up to the fault that its plan says.
#pragma once

#include "models/call.hpp"
#include "models/plan.hpp"
#include "server.hpp"

#include <random>

namespace pollux::sims {

// Writes the body of a stream as HTTP chunks: in the pieces, and up to the byte, that the plan says.
class BodyWriter {
public:
    BodyWriter(Connection& connection, ModelPlan const& plan, ModelCall& call)
        : connection_(connection), plan_(plan), call_(call), random_(plan.seed)
    {}

    // False when the client has gone or the plan's last byte was written.
    asio::awaitable<bool> write(std::string bytes);
    asio::awaitable<bool> end();

    bool was_cut() const { return was_cut_; }

private:
    std::size_t piece_end(std::string_view bytes, std::size_t begin);

    Connection& connection_;
    ModelPlan const& plan_;
    ModelCall& call_;
    std::mt19937_64 random_;
    bool was_cut_ = false;
};

// The chunks of a stream as they stand in the body, each made when it is asked for, so that a large reply costs its text and no more.
class StreamChunks {
public:
    virtual ~StreamChunks() = default;
    virtual std::size_t size() const = 0;
    virtual std::string bytes(std::size_t index) const = 0;

    // What is said before the first chunk, so often, over the time until then.
    struct Waiting {
        std::string bytes = {};
        int times = 0;
    };
    virtual Waiting waiting() const { return {}; }
};

struct StreamFault {
    enum class Kind {
        none,
        hang,  // Nothing more, until the client goes.
        cut,   // The connection is closed in mid-answer.
        reset, // The same with RST.
        say,   // `bytes`, so often, and then the end, as if it were whole.
    };

    Kind kind = Kind::none;
    std::string bytes = {};
    std::size_t times = 1;
};

// Head, chunks, fault and end. `head_lines` go into the head beside the content type. What the log is to say of it.
asio::awaitable<CallState> play_stream(ModelPlan const& plan, ModelCall& call, std::string content_type, std::string head_lines,
                                       StreamChunks const& chunks, StreamFault fault, Connection& connection);

// "data: ...", with the ends of lines that the plan wants.
std::string event_of(ModelPlan const& plan, std::string_view data, bool is_last);
std::string end_of_line(ModelPlan const& plan);

// JSON as a server prints it for people.
std::string on_lines(std::string_view json);

} // namespace pollux::sims
