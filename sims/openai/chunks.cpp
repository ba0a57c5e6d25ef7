#include "openai/chunks.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>

namespace pollux::sims::openai {

namespace {

constexpr std::size_t thought_characters = 40;
constexpr std::size_t line_piece_bytes = 64 * 1024;

} // namespace

ReplyChunks::ReplyChunks(Reply const& reply, Plan const& plan, ChatQuestion const& question, std::string const& text)
    : reply_(reply), plan_(plan), question_(question), text_(text)
{
    if (!first_delta(reply.server).empty()) steps_.push_back({Kind::first});
    if (!plan.thoughts.empty()) {
        for (auto const piece : cut_text(plan.thoughts, thought_characters)) steps_.push_back({Kind::thought, piece});
    }
    bool const is_refusal = !plan.refusal.empty();
    for (auto const piece : is_refusal ? cut_text(plan.refusal, thought_characters) : chunks_of(text_, plan))
        steps_.push_back({is_refusal ? Kind::refusal : Kind::text, piece});
    last_text_ = steps_.size() - 1;
    if (!plan.tool_call.empty()) steps_.push_back({Kind::tool_call});
    bool const is_ended = !plan.finish.empty() || !plan.tool_call.empty();
    if (is_ended && (!ends_with_text(reply.server) || !plan.tool_call.empty())) steps_.push_back({Kind::last});
    if (sends_usage()) steps_.push_back({Kind::usage});
    if (plan.done) steps_.push_back({Kind::done});
}

bool ReplyChunks::sends_usage() const
{
    switch (plan_.usage) {
    case UsageWhen::asked: return question_.wants_usage || reply_.server == Server::openrouter;
    case UsageWhen::never: return false;
    case UsageWhen::always: return true;
    case UsageWhen::each: return false; // It stands in the others.
    }
    return false;
}

json::object ReplyChunks::make(Step const& step, bool is_last_text) const
{
    auto const server = reply_.server;
    auto const finish = plan_.tool_call.empty() ? plan_.finish : std::string("tool_calls");
    bool const ends_here = is_last_text && ends_with_text(server) && plan_.tool_call.empty();
    switch (step.kind) {
    case Kind::first: return chunk(reply_, first_delta(server), "");
    case Kind::thought: return chunk(reply_, thought_delta(server, plan_.thoughts_as, step.piece), "");
    case Kind::text: return chunk(reply_, text_delta(server, plan_.stamps > 0 ? stamp() : step.piece), ends_here ? finish : "");
    case Kind::refusal: return chunk(reply_, json::object{{"refusal", step.piece}}, ends_here ? finish : "");
    case Kind::tool_call: {
        auto call = tool_call_of(plan_);
        call["index"] = 0;
        return chunk(reply_, json::object{{"tool_calls", json::array{std::move(call)}}}, "");
    }
    case Kind::last: return chunk(reply_, last_delta(server), finish);
    case Kind::usage: {
        auto made = usage_chunk(reply_, usage_of(server, question_, text_, plan_.thoughts));
        add_extras(reply_, made, text_);
        return made;
    }
    case Kind::done: break;
    }
    return {};
}

StreamChunks::Waiting ReplyChunks::waiting() const
{
    auto const times = plan_.comments < 0 ? comments_of(reply_.server) : plan_.comments;
    return {std::string(comment_of(reply_.server)) + end_of_line(plan_) + end_of_line(plan_), times};
}

std::string ReplyChunks::bytes(std::size_t index) const
{
    auto const& step = steps_[index];
    bool const is_last = index + 1 == steps_.size();
    if (step.kind == Kind::done) return event_of(plan_, "[DONE]", is_last);
    auto made = make(step, index == last_text_);
    bool const is_running_total = plan_.usage == UsageWhen::each;
    if (is_running_total) {
        auto const said = static_cast<std::size_t>(step.kind == Kind::text ? step.piece.data() + step.piece.size() - text_.data() : 0);
        bool const is_whole = step.kind == Kind::last || step.kind == Kind::tool_call;
        made["usage"] =
            usage_of(reply_.server, question_, std::string_view(text_).substr(0, is_whole ? text_.size() : said), plan_.thoughts);
    } else if (question_.wants_usage && reply_.server == Server::vllm && step.kind != Kind::usage) {
        made["usage"] = nullptr;
    }
    auto event = event_of(plan_, json::serialize(made), is_last);
    if (plan_.comments_between) event += std::string(comment_of(reply_.server)) + end_of_line(plan_) + end_of_line(plan_);
    return event;
}

StreamFault fault_of(Reply const& reply, Plan const& plan)
{
    using Kind = StreamFault::Kind;
    auto const done = says_done_after_error(reply.server) ? event_of(plan, "[DONE]", false) : std::string();
    switch (plan.fault) {
    case Fault::none: return {};
    case Fault::hang: return {Kind::hang};
    case Fault::cut: return {Kind::cut};
    case Fault::reset: return {Kind::reset};
    case Fault::end: return {Kind::say};
    case Fault::garbage: return {Kind::say, "data: {\"choices\": [{\"delta\": \xff\xfe oops\n\n\n<html>"};
    case Fault::error: return {Kind::say, event_of(plan, error_in_stream(reply, plan), done.empty()) + done};
    case Fault::error_event: return {Kind::say, "event: error" + end_of_line(plan) + event_of(plan, error_in_stream(reply, plan), true)};
    case Fault::bare_error: return {Kind::say, on_lines(error_in_stream(reply, plan))};
    case Fault::old_error: return {Kind::say, event_of(plan, old_error(plan), false) + event_of(plan, "[DONE]", true)};
    case Fault::bad_utf8: {
        auto broken = json::serialize(chunk(reply, text_delta(reply.server, "BROKEN"), ""));
        broken.replace(broken.find("BROKEN"), 6, "\xff\xc3(\xed\xa0\x80");
        return {Kind::say,
                event_of(plan, broken, false) + event_of(plan, json::serialize(chunk(reply, last_delta(reply.server), "stop")), true)};
    }
    case Fault::long_line:
        return {Kind::say, "data: " + std::string(line_piece_bytes, 'x'), std::max<std::size_t>(1, plan.line_bytes / line_piece_bytes)};
    }
    return {};
}

} // namespace pollux::sims::openai
