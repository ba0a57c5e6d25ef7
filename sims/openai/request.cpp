#include "openai/request.hpp"

#include "json_values.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>

namespace pollux::sims::openai {

namespace {

constexpr std::string_view fields_known =
    "messages model audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens metadata "
    "modalities moderation n parallel_tool_calls prediction presence_penalty prompt_cache_key prompt_cache_options prompt_cache_retention "
    "reasoning_effort response_format safety_identifier seed service_tier stop store stream stream_options temperature tool_choice tools "
    "top_logprobs top_p user verbosity web_search_options";

constexpr std::string_view roles_known = "developer system user assistant tool";
constexpr std::string_view message_fields_known = "role content name refusal audio tool_calls tool_call_id function_call";
constexpr std::string_view finite_numbers = "frequency_penalty presence_penalty temperature top_p";
constexpr std::string_view whole_numbers = "max_completion_tokens max_tokens n seed top_logprobs";

File read_picture(json::object const& part, std::string const& where)
{
    auto const* picture = object_in(part, "image_url");
    if (!picture || text_of(*picture, "url").empty()) throw BadRequest{"Missing required parameter: '" + where + ".image_url.url'.", where};
    auto const url = text_of(*picture, "url");
    if (!url.starts_with("data:")) return {{}, url, 0};
    auto const comma = url.find(";base64,");
    if (comma == std::string::npos) throw BadRequest{"Invalid base64 image_url.", where};
    auto const data = std::string_view(url).substr(comma + 8);
    auto const padding = data.size() - std::min(data.size(), data.find_last_not_of('=') + 1);
    return {url.substr(5, comma - 5), {}, static_cast<std::int64_t>((data.size() - padding) * 3 / 4)};
}

void read_part(json::value const& given, std::string const& where, Turn& turn)
{
    auto const* part = given.if_object();
    if (!part) throw BadRequest{"Invalid type for '" + where + "': expected an object.", where};
    auto const type = text_of(*part, "type");
    if (type == "text") {
        auto const* text = part->if_contains("text");
        if (!text || !text->is_string()) throw BadRequest{"Missing required parameter: '" + where + ".text'.", where + ".text"};
        turn.text += text->get_string();
    } else if (type == "image_url") {
        turn.files.push_back(read_picture(*part, where));
    } else if (type == "refusal") {
        turn.text += text_of(*part, "refusal");
    } else {
        throw BadRequest{"Invalid value: '" + type + "'. Supported values are: 'text', 'image_url' and 'refusal'.", where + ".type"};
    }
}

Turn read_turn(json::value const& given, std::string const& where)
{
    auto const* message = given.if_object();
    if (!message) throw BadRequest{"Invalid type for '" + where + "': expected an object.", where};
    for (auto const& field : *message) {
        if (!has_word(message_fields_known, field.key()))
            throw BadRequest{"Unknown parameter: '" + where + "." + std::string(field.key()) + "'.",
                             where + "." + std::string(field.key())};
    }
    Turn turn;
    turn.role = text_of(*message, "role");
    if (turn.role.empty() || !has_word(roles_known, turn.role))
        throw BadRequest{"Invalid value: '" + turn.role +
                             "'. Supported values are: 'system', 'assistant', 'user', 'tool', and 'developer'.",
                         where + ".role"};
    auto const* content = message->if_contains("content");
    bool const may_be_empty = turn.role == "assistant";
    if (content && content->is_string()) {
        turn.text = content->get_string();
    } else if (content && content->is_array() && !content->get_array().empty()) {
        std::size_t index = 0;
        for (auto const& part : content->get_array()) read_part(part, where + ".content[" + std::to_string(index++) + "]", turn);
    } else if (!may_be_empty || (content && !content->is_null())) {
        throw BadRequest{"Invalid value for '" + where + ".content': expected a string, got " +
                             (content && !content->is_null() ? "another type" : "null") + ".",
                         where + ".content"};
    }
    return turn;
}

void check_types(json::object const& request)
{
    for (auto const& field : request) {
        std::string const name(field.key());
        if (!has_word(fields_known, name)) throw BadRequest{"Unrecognized request argument supplied: " + name, name};
        if (field.value().is_null()) continue;
        if (has_word(finite_numbers, name) && !field.value().is_number())
            throw BadRequest{"Invalid type for '" + name + "': expected a decimal.", name};
        if (has_word(whole_numbers, name) && !field.value().is_int64())
            throw BadRequest{"Invalid type for '" + name + "': expected an integer.", name};
    }
}

bool flag_in(json::object const& object, std::string const& name)
{
    auto const* value = object.if_contains(name);
    if (!value || value->is_null()) return false;
    if (!value->is_bool()) throw BadRequest{"Invalid type for '" + name + "': expected a boolean.", name};
    return value->get_bool();
}

} // namespace

ChatQuestion read_question(std::string_view body)
{
    boost::system::error_code failed;
    auto const parsed = json::parse(body, failed);
    if (failed || !parsed.is_object()) throw BadRequest{"We could not parse the JSON body of your request.", ""};
    auto const& request = parsed.get_object();
    check_types(request);
    ChatQuestion question;
    question.model = text_of(request, "model");
    if (question.model.empty()) throw BadRequest{"you must provide a model parameter", "model"};
    question.is_streamed = flag_in(request, "stream");
    if (auto const* options = object_in(request, "stream_options")) {
        if (!question.is_streamed)
            throw BadRequest{"The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options"};
        question.wants_usage = flag_in(*options, "include_usage");
    }
    auto const* messages = array_in(request, "messages");
    if (!messages || messages->empty())
        throw BadRequest{"Invalid 'messages': empty array. Expected an array with minimum length 1.", "messages"};
    std::size_t index = 0;
    for (auto const& message : *messages) {
        auto turn = read_turn(message, "messages[" + std::to_string(index++) + "]");
        if (turn.role == "system" || turn.role == "developer") {
            question.system += turn.text;
        } else {
            question.turns.push_back(std::move(turn));
        }
    }
    if (question.turns.empty()) throw BadRequest{"Invalid 'messages': nothing was asked.", "messages"};
    return question;
}

json::array describe_turns(json::value const& request)
{
    json::array turns;
    auto const* object = request.if_object();
    auto const* messages = object ? array_in(*object, "messages") : nullptr;
    if (!messages) return turns;
    for (auto const& message : *messages) {
        try {
            auto const turn = read_turn(message, "messages");
            turns.push_back({{"role", turn.role}, {"text", turn.text}, {"files", describe_files(turn.files)}});
        } catch (BadRequest const&) {
            turns.push_back("unreadable"); // The call was refused for it.
        }
    }
    return turns;
}

} // namespace pollux::sims::openai
