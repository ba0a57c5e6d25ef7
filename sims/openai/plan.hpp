// How the simulator of OpenAI-compatible servers is to answer a call; sims/README.md lists the fields.
#pragma once

#include "models/plan.hpp"

#include <optional>

namespace pollux::sims::openai {

// Whose ways are followed where servers differ.
enum class Server { ollama, llamacpp, vllm, openrouter, gemini };

std::optional<Server> server_of(std::string_view word);
std::string_view word_of(Server server);

enum class Fault {
    none,
    hang,        // Nothing more, until the client goes.
    cut,         // The connection is closed in mid-answer.
    reset,       // The same with RST.
    end,         // The answer ends as if it were whole, without finish_reason, usage and [DONE].
    garbage,     // Bytes that are no JSON, then the end.
    error,       // An error as the server words it inside a stream, then [DONE] where the server sends it, and the end.
    error_event, // The same as an event of the name "error".
    bare_error,  // The same as JSON lines that are no event.
    old_error,   // As vLLM had it: {"object":"error",...}, then [DONE].
    bad_utf8,    // A chunk whose text holds bytes that are no UTF-8, then the end.
    long_line,   // A line of `line_bytes` without an end.
};

enum class UsageWhen {
    asked, // With stream_options.include_usage, as the server does it.
    never,
    always,
    each, // In every chunk; the last one counts.
};

struct Plan : ModelPlan {
    std::optional<Server> server; // Empty: that of the model.

    // An answer that is no reply.
    std::string error_type;   // Empty: the usual one.
    std::string error_code;   // A word or a number; empty: the usual one.
    int retry_after_ms = -1;  // The header.
    std::string refuse_field; // 400 when the request has this field: "stream_options".

    // The reply.
    std::string thoughts_as;     // "reasoning_content" or "reasoning"; empty: as the server does.
    std::string refusal;         // Said in the field of that name, instead of a text.
    std::string tool_call;       // The name of a function that is called at the end.
    std::string finish = "stop"; // Empty: none.
    UsageWhen usage = UsageWhen::asked;
    bool done = true;            // "[DONE]" at the end.
    bool ignores_stream = false; // A whole answer where a stream was asked for.
    std::string content_type;    // Empty: the right one.

    // Lines that begin with a colon.
    int comments = -1;             // Before the first chunk, spread over first_delay_ms; -1: as the server does.
    bool comments_between = false; // One after every chunk, too.

    Fault fault = Fault::none;
    std::size_t line_bytes = 64 * 1024 * 1024; // Of the fault long_line.
};

// Throws std::invalid_argument that names the field which is unknown or wrong.
Plan read_plan(json::value const& value);

} // namespace pollux::sims::openai
