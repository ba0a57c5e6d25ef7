#include "openai/shapes.hpp"

#include "call_log.hpp"
#include "random.hpp"

#include <boost/json/serialize.hpp>

#include <charconv>

namespace pollux::sims::openai {

namespace {

std::string usual_message(int status)
{
    switch (status) {
    case 401: return "Incorrect API key provided.";
    case 402: return "Insufficient credits.";
    case 403: return "Your request was flagged.";
    case 404: return "The model was not found.";
    case 429: return "Rate limit reached for requests.";
    case 503: return "The server is overloaded or not ready yet.";
    default: return "simulated";
    }
}

std::string_view google_word(int status)
{
    switch (status) {
    case 400: return "INVALID_ARGUMENT";
    case 401: return "UNAUTHENTICATED";
    case 403: return "PERMISSION_DENIED";
    case 404: return "NOT_FOUND";
    case 429: return "RESOURCE_EXHAUSTED";
    case 503: return "UNAVAILABLE";
    default: return status >= 500 ? "INTERNAL" : "UNKNOWN";
    }
}

std::string_view usual_type(Server server, int status)
{
    switch (server) {
    case Server::ollama: return status == 404 ? "not_found_error" : status < 500 ? "invalid_request_error" : "api_error";
    case Server::llamacpp:
        return status == 401   ? "authentication_error"
               : status == 404 ? "not_found_error"
               : status == 503 ? "unavailable_error"
               : status < 500  ? "invalid_request_error"
                               : "server_error";
    case Server::vllm:
        return status == 404   ? "NotFoundError"
               : status == 429 ? "RateLimitError"
               : status < 500  ? "BadRequestError"
                               : "InternalServerError";
    case Server::openrouter:
    case Server::gemini: break;
    }
    return "";
}

// "429" is a number, "rate_limit_exceeded" a word.
json::value code_value(std::string const& code)
{
    std::int64_t number = 0;
    auto const [end, failed] = std::from_chars(code.data(), code.data() + code.size(), number);
    if (failed == std::errc() && end == code.data() + code.size()) return number;
    return json::value(code);
}

// The error itself, without what it is wrapped in.
json::object error_of(Server server, Plan const& plan, int status, std::string const& param)
{
    auto const message = plan.message.empty() ? usual_message(status) : plan.message;
    auto const type = plan.error_type.empty() ? std::string(usual_type(server, status)) : plan.error_type;
    json::object error{{"message", message}};
    switch (server) {
    case Server::ollama:
        error["type"] = type;
        error["param"] = text_or_null(param);
        error["code"] = nullptr;
        break;
    case Server::llamacpp:
        error["code"] = status;
        error["type"] = type;
        break;
    case Server::vllm:
        error["type"] = type;
        error["param"] = text_or_null(param);
        error["code"] = status;
        break;
    case Server::openrouter: error["code"] = status; break;
    case Server::gemini:
        error["code"] = status;
        error["status"] = google_word(status);
        break;
    }
    if (!plan.error_type.empty()) error["type"] = plan.error_type;
    if (!plan.error_code.empty()) error["code"] = code_value(plan.error_code);
    return error;
}

std::string_view fingerprint(Server server)
{
    switch (server) {
    case Server::ollama: return "fp_ollama";
    case Server::llamacpp: return "b9554-d403f00ec";
    case Server::openrouter: return "fp_72ed7ab54c";
    case Server::vllm:
    case Server::gemini: break;
    }
    return "";
}

json::object frame(Reply const& reply, std::string_view object)
{
    json::object made{{"id", reply.id}, {"object", object}, {"created", reply.created}, {"model", reply.model}};
    auto const print = fingerprint(reply.server);
    if (!print.empty()) made["system_fingerprint"] = print;
    if (reply.server == Server::openrouter) made["provider"] = "Simulated";
    return made;
}

std::string_view thoughts_field(Server server, std::string const& thoughts_as)
{
    if (!thoughts_as.empty()) return thoughts_as;
    return server == Server::llamacpp || server == Server::vllm ? "reasoning_content" : "reasoning";
}

json::object choice_of(Server server, std::string const& finish)
{
    json::object choice{{"index", 0}};
    if (server != Server::gemini || !finish.empty()) choice["finish_reason"] = text_or_null(finish);
    if (server == Server::vllm || server == Server::openrouter) choice["logprobs"] = nullptr;
    if (server == Server::openrouter) choice["native_finish_reason"] = text_or_null(finish);
    if (server == Server::vllm && !finish.empty()) choice["stop_reason"] = nullptr;
    return choice;
}

} // namespace

json::object tool_call_of(Plan const& plan)
{
    return {{"id", "call_1"}, {"type", "function"}, {"function", json::object{{"name", plan.tool_call}, {"arguments", "{}"}}}};
}

Reply make_reply(Server server, std::string model)
{
    Reply reply;
    reply.server = server;
    reply.model = std::move(model);
    reply.created = static_cast<std::int64_t>(seconds_since_1970());
    switch (server) {
    // A number below a thousand there; of three digits here, so that two streams of one plan are equally long, to be cut at the same byte.
    case Server::ollama: reply.id = "chatcmpl-" + std::to_string(random_number(100, 999)); break;
    case Server::llamacpp:
    case Server::vllm: reply.id = "chatcmpl-" + random_letters(32); break;
    case Server::openrouter: reply.id = "gen-" + std::to_string(reply.created) + "-" + random_letters(20); break;
    case Server::gemini: reply.id = random_letters(22); break;
    }
    return reply;
}

json::object chunk(Reply const& reply, json::object delta, std::string const& finish)
{
    auto made = frame(reply, "chat.completion.chunk");
    auto choice = choice_of(reply.server, finish);
    choice["delta"] = std::move(delta);
    made["choices"] = json::array{std::move(choice)};
    return made;
}

json::object text_delta(Server server, std::string_view piece)
{
    json::object delta{{"content", piece}};
    if (server != Server::llamacpp && server != Server::vllm) delta["role"] = "assistant";
    return delta;
}

json::object thought_delta(Server server, std::string const& thoughts_as, std::string_view piece)
{
    json::object delta;
    if (server == Server::ollama || server == Server::openrouter) {
        delta["role"] = "assistant";
        delta["content"] = "";
    }
    delta[thoughts_field(server, thoughts_as)] = piece;
    return delta;
}

json::object first_delta(Server server)
{
    if (server == Server::llamacpp) return {{"role", "assistant"}, {"content", nullptr}};
    if (server == Server::vllm) return {{"role", "assistant"}, {"content", ""}};
    return {};
}

json::object last_delta(Server server)
{
    if (server == Server::llamacpp) return {};
    if (server == Server::vllm) return {{"content", ""}};
    return {{"role", "assistant"}, {"content", ""}};
}

bool ends_with_text(Server server)
{
    return server == Server::gemini;
}

json::object usage_of(Server server, ChatQuestion const& question, std::string_view text, std::string_view thoughts)
{
    auto const prompt = count_tokens(question);
    auto const reasoning = count_tokens(thoughts);
    auto const completion = count_tokens(text) + reasoning;
    json::object usage{{"prompt_tokens", prompt}, {"completion_tokens", completion}, {"total_tokens", prompt + completion}};
    if (server == Server::openrouter) {
        usage["cost"] = 0.000071;
        usage["is_byok"] = false;
    }
    if (server == Server::vllm || server == Server::openrouter) usage["prompt_tokens_details"] = json::object{{"cached_tokens", 0}};
    if (server == Server::openrouter || (reasoning > 0 && server == Server::vllm))
        usage["completion_tokens_details"] = json::object{{"reasoning_tokens", reasoning}};
    return usage;
}

json::object usage_chunk(Reply const& reply, json::object usage)
{
    auto made = frame(reply, "chat.completion.chunk");
    made["choices"] = json::array();
    if (reply.server == Server::openrouter || reply.server == Server::gemini)
        made = chunk(reply, {{"role", "assistant"}, {"content", ""}}, "");
    made["usage"] = std::move(usage);
    return made;
}

void add_extras(Reply const& reply, json::object& answer, std::string_view text)
{
    if (reply.server != Server::llamacpp) return;
    answer["timings"] = json::object{{"cache_n", 0},
                                     {"prompt_n", 7},
                                     {"prompt_ms", 30.958},
                                     {"predicted_n", count_tokens(text)},
                                     {"predicted_ms", 661.064},
                                     {"predicted_per_second", 52.94494935437416}};
}

json::object whole_answer(Reply const& reply, Plan const& plan, ChatQuestion const& question, std::string const& text)
{
    auto made = frame(reply, "chat.completion");
    json::object message{{"role", "assistant"}, {"content", text_or_null(plan.refusal.empty() ? text : std::string())}};
    if (!plan.refusal.empty()) message["refusal"] = plan.refusal;
    if (plan.refusal.empty() && (reply.server == Server::vllm || reply.server == Server::openrouter)) message["refusal"] = nullptr;
    if (!plan.thoughts.empty()) message[thoughts_field(reply.server, plan.thoughts_as)] = plan.thoughts;
    if (!plan.tool_call.empty()) message["tool_calls"] = json::array{tool_call_of(plan)};
    auto choice = choice_of(reply.server, plan.tool_call.empty() ? plan.finish : "tool_calls");
    choice["message"] = std::move(message);
    made["choices"] = json::array{std::move(choice)};
    if (plan.usage != UsageWhen::never) made["usage"] = usage_of(reply.server, question, text, plan.thoughts);
    add_extras(reply, made, text);
    return made;
}

std::string error_answer(Server server, Plan const& plan, int status, std::string const& param)
{
    json::object body{{"error", error_of(server, plan, status, param)}};
    if (server == Server::openrouter) body["user_id"] = "user_simulated";
    if (server == Server::vllm && status == 401 && plan.message.empty()) body = json::object{{"error", "Unauthorized"}};
    if (server == Server::gemini) return json::serialize(json::array{std::move(body)});
    return json::serialize(body);
}

std::string error_in_stream(Reply const& reply, Plan const& plan)
{
    auto const status = reply.server == Server::openrouter ? 502 : reply.server == Server::gemini ? 503 : 500;
    json::object data{{"error", error_of(reply.server, plan, status, "")}};
    if (reply.server == Server::openrouter) {
        auto made = chunk(reply, {{"content", ""}}, "error");
        made["error"] = data["error"];
        data = std::move(made);
    }
    return json::serialize(data);
}

std::string old_error(Plan const& plan)
{
    return json::serialize(json::object{{"object", "error"},
                                        {"message", plan.message.empty() ? "simulated" : plan.message},
                                        {"type", plan.error_type.empty() ? "InternalServerError" : plan.error_type},
                                        {"param", nullptr},
                                        {"code", plan.error_code.empty() ? json::value(500) : code_value(plan.error_code)}});
}

bool says_done_after_error(Server server)
{
    return server == Server::vllm || server == Server::openrouter;
}

std::string_view comment_of(Server server)
{
    return server == Server::openrouter ? ": OPENROUTER PROCESSING" : ": keep-alive";
}

int comments_of(Server server)
{
    return server == Server::openrouter ? 2 : 0;
}

json::object describe_model(Server server, std::string const& name)
{
    json::object model{{"id", name}, {"object", "model"}, {"created", 1'700'000'000}, {"owned_by", "library"}};
    switch (server) {
    case Server::ollama: break;
    case Server::llamacpp:
        model["owned_by"] = "llamacpp";
        model["meta"] = json::object{{"n_ctx_train", 131072}, {"n_params", 8030261312}};
        break;
    case Server::vllm:
        model["owned_by"] = "vllm";
        model["root"] = name;
        model["parent"] = nullptr;
        model["max_model_len"] = 40960;
        break;
    case Server::openrouter: // It has no word for the kind and the owner.
        model = {{"id", name}, {"name", name}, {"created", 1'700'000'000}, {"context_length", 128000}};
        break;
    case Server::gemini: // Its names have a prefix, and no time.
        model = {{"id", "models/" + name}, {"object", "model"}, {"owned_by", "google"}};
        break;
    }
    return model;
}

json::object list_of_models(Server server, json::array models)
{
    json::object list{{"data", std::move(models)}};
    if (server != Server::openrouter) list["object"] = "list";
    return list;
}

} // namespace pollux::sims::openai
