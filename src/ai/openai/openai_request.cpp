#include "ai/openai/openai_request.hpp"

#include "ai/tokens.hpp"

#include <boost/json.hpp>

namespace pollux::ai {

namespace json = boost::json;

namespace {

json::object message(std::string_view role, std::string_view text)
{
    return {{"role", role}, {"content", text}};
}

} // namespace

std::string openai_body(ChatRequest const& request, UsageWish usage)
{
    json::array messages;
    if (!request.system.empty()) messages.push_back(message("system", request.system));
    for (auto const& turn : request.turns) messages.push_back(message(turn.role == Role::user ? "user" : "assistant", turn.text));

    json::object body{{"model", request.model}, {"messages", std::move(messages)}, {"stream", true}};
    if (usage == UsageWish::ask) body["stream_options"] = {{"include_usage", true}};
    return json::serialize(body);
}

std::string openai_url(std::string_view base_url, std::string_view path)
{
    auto const end = base_url.find_last_not_of('/');
    return std::string(base_url.substr(0, end == std::string_view::npos ? 0 : end + 1)).append(path);
}

std::int64_t estimate_prompt_tokens(ChatRequest const& request)
{
    auto tokens = estimate_tokens(request.system);
    for (auto const& turn : request.turns) tokens += estimate_tokens(turn.text);
    return tokens;
}

} // namespace pollux::ai
