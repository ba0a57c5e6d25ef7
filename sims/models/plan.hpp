// How a model is to answer a call: the fields that every simulator of models knows. sims/README.md lists them.
#pragma once

#include "models/question.hpp"
#include "plans.hpp"

namespace pollux::sims {

enum class LineEnd { lf, crlf, cr };
enum class Pieces { whole, bytewise, split_utf8, random };

struct ModelPlan {
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
    std::string message;
    int retry_after_s = -1; // The header.
    bool html = false;      // An HTML page instead of the error object.

    // The reply.
    std::string text;           // Empty: the echo.
    std::size_t text_bytes = 0; // When set: the text is repeated up to this size.
    std::string thoughts;

    // Its chunks.
    int chunk_characters = 0; // 0: a tenth of the reply, at least 24.
    int chunks = 0;           // When set: so many, whatever their size.
    int stamps = 0;           // When set: the reply is so many times, one a chunk, each of the moment it was sent: microseconds, a space.
    LineEnd line_end = LineEnd::lf;
    Pieces pieces = Pieces::whole;
    bool last_blank_line = true;
    std::uint64_t seed = 1;

    // What goes wrong.
    int after_chunks = 0;          // The fault comes after so many chunks; -1: after all.
    std::int64_t cut_at_byte = -1; // When set: the connection is closed after so many bytes of the body.
};

// These fields, for a plan that adds its own.
template <class Plan>
PlanFields<Plan> model_plan_fields()
{
    return {
        {"name", text_field(&ModelPlan::name)},
        {"match", text_field(&ModelPlan::match)},
        {"times", number_field(&ModelPlan::times)},
        {"delay_ms", number_field(&ModelPlan::delay_ms)},
        {"first_delay_ms", number_field(&ModelPlan::first_delay_ms)},
        {"chunk_delay_ms", number_field(&ModelPlan::chunk_delay_ms)},
        {"duration_ms", number_field(&ModelPlan::duration_ms)},
        {"status", number_field(&ModelPlan::status)},
        {"message", text_field(&ModelPlan::message)},
        {"retry_after_s", number_field(&ModelPlan::retry_after_s)},
        {"html", flag_field(&ModelPlan::html)},
        {"text", text_field(&ModelPlan::text)},
        {"text_bytes", number_field(&ModelPlan::text_bytes)},
        {"thoughts", text_field(&ModelPlan::thoughts)},
        {"chunk_characters", number_field(&ModelPlan::chunk_characters)},
        {"chunks", number_field(&ModelPlan::chunks)},
        {"stamps", number_field(&ModelPlan::stamps)},
        {"line_end", word_field(&ModelPlan::line_end, {{"lf", LineEnd::lf}, {"crlf", LineEnd::crlf}, {"cr", LineEnd::cr}})},
        {"pieces",
         word_field(
             &ModelPlan::pieces,
             {{"whole", Pieces::whole}, {"bytewise", Pieces::bytewise}, {"split_utf8", Pieces::split_utf8}, {"random", Pieces::random}})},
        {"last_blank_line", flag_field(&ModelPlan::last_blank_line)},
        {"seed", number_field(&ModelPlan::seed)},
        {"after_chunks", number_field(&ModelPlan::after_chunks)},
        {"cut_at_byte", number_field(&ModelPlan::cut_at_byte)},
    };
}

// The first plan of "matching" whose `match` stands in the last user text, else the first of "next", else the default.
template <class Plan>
Plan take_plan(PlanQueue<Plan>& plans, Question const& question)
{
    auto const text = question.last_user_text();
    return plans.take([&](Plan const& plan) { return text.find(plan.match) != std::string_view::npos; }, [](Plan const&) { return true; });
}

// The whole text of a reply by this plan.
std::string reply_text(ModelPlan const& plan, Question const& question);

// A text cut into the chunks that the plan asks for; at least one.
std::vector<std::string_view> chunks_of(std::string_view text, ModelPlan const& plan);
std::vector<std::string_view> cut_text(std::string_view text, std::size_t characters);

std::string stamp(); // What stands in a chunk of `stamps`: microseconds since 1970, and a space.

} // namespace pollux::sims
