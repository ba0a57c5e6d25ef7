#include "openai/openai_sim.hpp"

#include "openai/chunks.hpp"
#include "openai/request.hpp"
#include "random.hpp"

#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace pollux::sims {

using openai::Fault;
using openai::Plan;
using openai::Server;
using std::chrono::milliseconds;

namespace {

constexpr char json_type[] = "application/json";
constexpr char html_page[] = "<!DOCTYPE html>\n<html><title>502 Bad Gateway</title><body>{not json}</body></html>\n";

// Where the servers have their API: OpenRouter and Google have a path of their own.
constexpr auto roots = std::to_array<std::string_view>({"/v1beta/openai", "/api/v1", "/v1"});

// A model for each server's ways.
std::vector<std::pair<std::string, Server>> models_at_first()
{
    return {{"llama3.2", Server::ollama},
            {"qwen3-8b.gguf", Server::llamacpp},
            {"Qwen/Qwen3-8B", Server::vllm},
            {"openai/gpt-4o-mini", Server::openrouter},
            {"gemini-3.8-flash", Server::gemini}};
}

Server server_named(std::string const& word)
{
    auto const found = openai::server_of(word);
    if (!found) throw std::runtime_error("no server is called '" + word + "': write ollama, llamacpp, vllm, openrouter or gemini");
    return *found;
}

std::string_view bearer_of(Request const& request)
{
    auto header = request.header("authorization");
    if (!header.starts_with("Bearer ")) return {};
    return header.substr(7);
}

asio::awaitable<After> send_json(Connection& connection, int status, std::string body, std::string more_headers = {})
{
    more_headers += "X-Request-Id: req_" + random_letters(20) + "\r\n";
    bool const sent = co_await answer(connection, status, json_type, std::move(body), std::move(more_headers));
    co_return sent ? After::keep : After::close;
}

asio::awaitable<After> refuse(Connection& connection, Server server, int status, std::string message, std::string param = {})
{
    Plan plan;
    plan.message = std::move(message);
    return send_json(connection, status, openai::error_answer(server, plan, status, param));
}

json::object describe_openai_call(ModelCall const& call)
{
    boost::system::error_code failed;
    auto request = json::parse(call.request, failed);
    auto described = describe_call(call);
    described["turns"] = openai::describe_turns(request);
    if (auto* object = request.if_object()) object->erase("messages");
    described["request"] = std::move(request); // All of it but the messages.
    return described;
}

std::string headers_of(Plan const& plan)
{
    std::string headers;
    if (plan.retry_after_s >= 0) headers += "Retry-After: " + std::to_string(plan.retry_after_s) + "\r\n";
    if (plan.retry_after_ms >= 0) headers += "Retry-After-Ms: " + std::to_string(plan.retry_after_ms) + "\r\n";
    return headers;
}

asio::awaitable<CallState> play_whole(openai::Reply const& reply, Plan const& plan, openai::ChatQuestion const& question, std::string text,
                                      Connection& connection)
{
    if (!co_await connection.sleep(milliseconds(std::max(plan.duration_ms, 0)))) co_return CallState::aborted;
    auto const type = plan.content_type.empty() ? std::string(json_type) : plan.content_type;
    switch (plan.fault) {
    case Fault::none: break;
    case Fault::hang: co_await connection.hang(); co_return CallState::aborted;
    case Fault::reset: connection.reset(); co_return CallState::broken;
    case Fault::cut: co_await connection.write(head(200, type, "Content-Length: 1000\r\n") + "{\"choi"); co_return CallState::broken;
    case Fault::end:
    case Fault::garbage:
    case Fault::bad_utf8:
    case Fault::long_line: co_await answer(connection, 200, "text/html", html_page); co_return CallState::finished;
    case Fault::error:
    case Fault::error_event:
    case Fault::bare_error:
        co_await answer(connection, 200, type, openai::error_in_stream(reply, plan)); // A 200 that holds an error.
        co_return CallState::finished;
    case Fault::old_error: co_await answer(connection, 200, type, openai::old_error(plan)); co_return CallState::finished;
    }
    co_await answer(connection, 200, type, json::serialize(openai::whole_answer(reply, plan, question, text)));
    co_return CallState::finished;
}

} // namespace

OpenAiSim::OpenAiSim(OpenAiSimOptions const& options)
    : key_(options.key), models_(models_at_first()), plans_(&openai::read_plan), log_(options.calls_max)
{
    if (!options.server.empty()) server_ = server_named(options.server);
    for (auto const& one : options.models) {
        auto const equals = one.rfind('=');
        if (equals == std::string::npos)
            models_.emplace_back(one, Server::ollama);
        else
            models_.emplace_back(one.substr(0, equals), server_named(one.substr(equals + 1)));
    }
    for (auto const& plans : read_plan_files(options.plan_files)) plans_.load(plans);
}

Server OpenAiSim::server_of_model(std::string_view name) const
{
    if (server_) return *server_;
    if (name.starts_with("models/")) name.remove_prefix(7); // As Google's list has them.
    auto const found = std::ranges::find(models_, name, &std::pair<std::string, Server>::first);
    return found == models_.end() ? Server::ollama : found->second;
}

bool OpenAiSim::is_let_in(Server server, std::string_view key) const
{
    if (!key_.empty()) return key == key_;
    return !key.empty() || (server != Server::openrouter && server != Server::gemini);
}

asio::awaitable<After> OpenAiSim::handle(Request request, std::shared_ptr<Connection> connection)
{
    if (request.path.starts_with("/_sim/")) co_return co_await control(std::move(request), *connection);
    if (request.path == "/health") co_return co_await send_json(*connection, 200, R"({"status":"ok"})");
    auto const root = std::ranges::find_if(roots, [&](auto one) { return request.path.starts_with(std::string(one) + "/"); });
    auto const rest = root == roots.end() ? std::string() : request.path.substr(root->size());
    if (rest == "/chat/completions" && request.method == "POST") co_return co_await complete(std::move(request), *connection);
    bool const is_models = rest == "/models" || rest.starts_with("/models/");
    if (!is_models || request.method != "GET")
        co_return co_await answer(*connection, 404, "text/plain", "404 page not found") ? After::keep : After::close;
    auto const server = server_.value_or(Server::ollama);
    if (!is_let_in(server, bearer_of(request))) co_return co_await refuse(*connection, server, 401, {});
    co_return co_await models(rest.size() > 8 ? rest.substr(8) : std::string(), *connection);
}

asio::awaitable<After> OpenAiSim::models(std::string name, Connection& connection)
{
    if (name.empty()) {
        json::array all;
        for (auto const& [one, server] : models_) all.push_back(openai::describe_model(server_.value_or(server), one));
        return send_json(connection, 200, json::serialize(openai::list_of_models(server_.value_or(Server::ollama), std::move(all))));
    }
    auto const server = server_of_model(name);
    if (name.starts_with("models/")) name = name.substr(7);
    bool const is_listed = std::ranges::any_of(models_, [&](auto const& one) { return one.first == name; });
    if (!is_listed) return refuse(connection, server, 404, "The model `" + name + "` does not exist.", "model");
    return send_json(connection, 200, json::serialize(openai::describe_model(server, name)));
}

asio::awaitable<After> OpenAiSim::control(Request request, Connection& connection)
{
    int status = 200;
    json::object made;
    try {
        if (request.path == "/_sim/health") {
            made = json::object{{"status", "ok"}};
        } else if (request.path == "/_sim/calls" && request.method == "DELETE") {
            log_.clear();
        } else if (request.path == "/_sim/calls") {
            made = log_.describe(std::atoll(std::string(request.parameter("after")).c_str()), &describe_openai_call);
        } else if (request.path == "/_sim/plan" && request.method == "POST") {
            plans_.load(json::parse(request.body));
        } else {
            throw std::invalid_argument("write health, calls or plan");
        }
    } catch (std::exception const& wrong) {
        status = 400;
        made = json::object{{"error", wrong.what()}};
    }
    return send_json(connection, status, json::serialize(made));
}

asio::awaitable<After> OpenAiSim::complete(Request request, Connection& connection)
{
    ModelCall asked;
    asked.method = "chat/completions";
    asked.key = bearer_of(request);
    asked.request = request.body;
    openai::ChatQuestion question;
    std::optional<openai::BadRequest> wrong;
    try {
        question = openai::read_question(request.body);
    } catch (openai::BadRequest const& refusal) {
        wrong = refusal;
    }
    asked.model = question.model;
    auto const server = server_of_model(question.model);
    auto name = question.model;
    if (name.starts_with("models/")) name = name.substr(7);
    bool const is_listed = std::ranges::any_of(models_, [&](auto const& one) { return one.first == name; });
    auto& call = log_.begin(std::move(asked));
    After after = After::keep;
    if (!is_let_in(server, call.key)) {
        call.status = 401;
        after = co_await refuse(connection, server, 401, {});
    } else if (wrong) {
        call.status = 400;
        after = co_await refuse(connection, server, 400, wrong->message, wrong->param);
    } else if (!is_listed && server != Server::llamacpp) { // llama.cpp has one model, whatever it is called.
        call.status = 404;
        after = co_await refuse(connection, server, 404, "The model `" + question.model + "` does not exist.", "model");
    } else {
        auto plan = take_plan(plans_, question);
        auto const state = co_await play(call, std::move(plan), std::move(request.body), connection);
        log_.end(call, state);
        co_return state == CallState::finished ? After::keep : After::close;
    }
    log_.end(call, after == After::keep ? CallState::finished : CallState::aborted);
    co_return after;
}

asio::awaitable<CallState> OpenAiSim::play(ModelCall& call, Plan plan, std::string body, Connection& connection)
{
    auto const question = openai::read_question(body);
    auto const server = plan.server.value_or(server_of_model(question.model));
    auto const reply = openai::make_reply(server, question.model);
    boost::system::error_code none;
    bool const is_refused = !plan.refuse_field.empty() && json::parse(body, none).as_object().contains(plan.refuse_field);
    call.plan = plan.name;
    call.status = is_refused ? 400 : plan.status;
    auto state = CallState::finished;
    if (!co_await connection.sleep(milliseconds(plan.delay_ms))) {
        state = CallState::aborted;
    } else if (is_refused) {
        co_await refuse(connection, server, 400, "Unrecognized request argument supplied: " + plan.refuse_field, plan.refuse_field);
    } else if (plan.status != 200) {
        auto error = plan.html ? std::string(html_page) : openai::error_answer(server, plan, plan.status, "");
        auto const type = plan.html ? std::string("text/html") : plan.content_type.empty() ? std::string(json_type) : plan.content_type;
        co_await answer(connection, plan.status, type, std::move(error), headers_of(plan));
    } else if (plan.fault == Fault::hang && plan.after_chunks < 0) { // Before the head.
        co_await connection.hang();
    } else if (!question.is_streamed || plan.ignores_stream) {
        state = co_await play_whole(reply, plan, question, reply_text(plan, question), connection);
    } else {
        auto const text = reply_text(plan, question);
        openai::ReplyChunks const chunks(reply, plan, question, text);
        auto fault = openai::fault_of(reply, plan);
        auto type = plan.content_type.empty() ? std::string("text/event-stream; charset=utf-8") : plan.content_type;
        auto lines = "Cache-Control: no-cache\r\nX-Request-Id: req_" + random_letters(20) + "\r\n";
        if (server == Server::openrouter) lines += "X-Generation-Id: " + reply.id + "\r\n";
        state = co_await play_stream(plan, call, std::move(type), std::move(lines), chunks, std::move(fault), connection);
    }
    if (connection.is_gone() && state != CallState::broken) state = CallState::aborted;
    co_return state;
}

int run_openai_sim(OpenAiSimOptions const& options)
{
    OpenAiSim sim(options);
    return serve(options.listen, [&sim](Request request, std::shared_ptr<Connection> connection) {
        return sim.handle(std::move(request), std::move(connection));
    });
}

} // namespace pollux::sims
