#include "openai/plan.hpp"

namespace pollux::sims::openai {

namespace {

std::map<std::string_view, Server> const servers = {{"ollama", Server::ollama},
                                                    {"llamacpp", Server::llamacpp},
                                                    {"vllm", Server::vllm},
                                                    {"openrouter", Server::openrouter},
                                                    {"gemini", Server::gemini}};

PlanFields<Plan> make_fields()
{
    auto fields = model_plan_fields<Plan>();
    fields.merge(PlanFields<Plan>{
        {"server", [](Plan& plan, json::value const& value) { plan.server = servers.at(value.as_string()); }},
        {"error_type", text_field(&Plan::error_type)},
        {"error_code", text_field(&Plan::error_code)},
        {"retry_after_ms", number_field(&Plan::retry_after_ms)},
        {"refuse_field", text_field(&Plan::refuse_field)},
        {"thoughts_as", word_field(&Plan::thoughts_as, {{"reasoning_content", "reasoning_content"}, {"reasoning", "reasoning"}})},
        {"refusal", text_field(&Plan::refusal)},
        {"tool_call", text_field(&Plan::tool_call)},
        {"finish", text_field(&Plan::finish)},
        {"usage",
         word_field(&Plan::usage,
                    {{"asked", UsageWhen::asked}, {"never", UsageWhen::never}, {"always", UsageWhen::always}, {"each", UsageWhen::each}})},
        {"done", flag_field(&Plan::done)},
        {"ignores_stream", flag_field(&Plan::ignores_stream)},
        {"content_type", text_field(&Plan::content_type)},
        {"comments", number_field(&Plan::comments)},
        {"comments_between", flag_field(&Plan::comments_between)},
        {"fault", word_field(&Plan::fault, {{"none", Fault::none},
                                            {"hang", Fault::hang},
                                            {"cut", Fault::cut},
                                            {"reset", Fault::reset},
                                            {"end", Fault::end},
                                            {"garbage", Fault::garbage},
                                            {"error", Fault::error},
                                            {"error_event", Fault::error_event},
                                            {"bare_error", Fault::bare_error},
                                            {"old_error", Fault::old_error},
                                            {"bad_utf8", Fault::bad_utf8},
                                            {"long_line", Fault::long_line}})},
        {"line_bytes", number_field(&Plan::line_bytes)},
    });
    return fields;
}

} // namespace

std::optional<Server> server_of(std::string_view word)
{
    auto const found = servers.find(word);
    if (found == servers.end()) return std::nullopt;
    return found->second;
}

std::string_view word_of(Server server)
{
    for (auto const& [word, one] : servers) {
        if (one == server) return word;
    }
    return "";
}

Plan read_plan(json::value const& value)
{
    static auto const fields = make_fields();
    return read_fields(value, fields);
}

} // namespace pollux::sims::openai
