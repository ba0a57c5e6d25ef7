// How the Gemini simulator is to answer a call: a JSON object whose every field may be left out. sims/README.md lists the fields.
#pragma once

#include <boost/json/value.hpp>

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace pollux::sims {

enum class Fault {
    none,
    hang,       // Nothing more, until the client goes.
    cut,        // The connection is closed in mid-answer.
    reset,      // The same with RST.
    end,        // The answer ends as if it were whole, without a finishReason.
    garbage,    // Bytes that are no JSON, then the end.
    error,      // An error as the data of an event, then the end.
    bare_error, // An error as bare JSON lines, then the end.
    block,      // promptFeedback.
};

enum class LineEnd { lf, crlf, cr };
enum class Pieces { whole, bytewise, split_utf8, random };

struct Plan {
    std::string name; // For the call log.

    // Which calls it is for.
    std::string match; // A part of the last user text; empty: any.
    int times = 1;     // How many calls; -1: all. For a default plan without meaning.

    // Time.
    int delay_ms = 0;       // Before the head.
    int first_delay_ms = 0; // Between the head and the first chunk.
    int chunk_delay_ms = 20;
    int duration_ms = -1; // When set: the chunks are spread over this time.

    // An answer that is no reply.
    int status = 200;
    std::string error_status; // "RESOURCE_EXHAUSTED"; empty: the usual one of the status.
    std::string reason;       // Of ErrorInfo: "API_KEY_INVALID".
    std::string message;
    std::string retry_delay; // Of RetryInfo: "34.07s".
    std::string quota_id;    // Of QuotaFailure.
    int retry_after_s = -1;  // The header.
    bool html = false;       // An HTML page instead of the error object.

    // The reply.
    std::string text;           // Empty: the echo.
    std::size_t text_bytes = 0; // When set: the text is repeated up to this size.
    std::string thoughts;
    bool signature = true; // A thoughtSignature on the last piece of text.
    bool citations = false;
    bool usage = true;
    std::string finish = "STOP";
    std::string block_reason = "SAFETY"; // For fault block.
    int hops = 1;                        // With 2, the reply comes in two calls, joined by a continuationToken.
    bool refuse_thoughts = false;        // 400 when the request asks for thoughts.

    // Its chunks.
    int chunk_characters = 0; // 0: a tenth of the reply, at least 24.
    int chunks = 0;           // When set: so many, whatever their size.
    int stamps = 0;           // When set: the reply is so many times, one a chunk, each of the moment it was sent: microseconds, a space.
    LineEnd line_end = LineEnd::lf;
    Pieces pieces = Pieces::whole;
    bool last_blank_line = true;
    std::uint64_t seed = 1;

    // What goes wrong.
    Fault fault = Fault::none;
    int after_chunks = 0;          // The fault comes after so many chunks; -1: after all.
    std::int64_t cut_at_byte = -1; // When set: the connection is closed after so many bytes of the body.
};

// Throws std::invalid_argument that names the field which is unknown or wrong.
Plan read_plan(boost::json::value const& value);

// Which plan is next.
class Plans {
public:
    // {"default": plan, "next": [plan, ...], "matching": [plan, ...], "reset": true}, all optional; an array is "next". Plans of
    // "next" and "matching" are added to those that wait. Throws as read_plan does, and then nothing has changed.
    void load(boost::json::value const& value);

    // The first of "matching" that matches, else the first of "next", else the default. Counts it as used.
    Plan take(std::string_view last_user_text);

private:
    Plan default_;
    std::vector<Plan> matching_;
    std::deque<Plan> next_;
};

} // namespace pollux::sims
