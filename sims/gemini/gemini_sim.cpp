#include "gemini/gemini_sim.hpp"

#include "gemini/call.hpp"
#include "gemini/plan.hpp"
#include "gemini/reply.hpp"
#include "models/stream.hpp"
#include "server.hpp"

#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>

#include <algorithm>
#include <map>
#include <stdexcept>

namespace pollux::sims {

namespace json = boost::json;
using std::chrono::milliseconds;

namespace {

constexpr char json_type[] = "application/json; charset=UTF-8";
constexpr char html_page[] = "<!DOCTYPE html>\n<html><title>502 Bad Gateway</title><body>{not json}</body></html>\n";

// As an event each, or as the elements of one array.
class BodyChunks final : public StreamChunks {
public:
    BodyChunks(Plan const& plan, ReplyChunks const& chunks, bool sse) : plan_(plan), chunks_(chunks), sse_(sse) {}

    std::size_t size() const override { return chunks_.size(); }

    std::string bytes(std::size_t index) const override
    {
        auto const json = chunks_.json(index);
        bool const is_last = index + 1 == size();
        if (sse_) return event_of(plan_, json, is_last);
        return (index == 0 ? "[" : ",\r\n") + json + (is_last ? "]" : "");
    }

private:
    Plan const& plan_;
    ReplyChunks const& chunks_;
    bool sse_;
};

class GeminiSim {
public:
    explicit GeminiSim(GeminiSimOptions const& options)
        : key_(options.key), models_{"gemini-flash-latest", "gemini-pro-latest", "gemini-3.8-flash", "gemma-4-31b-it"}, plans_(&read_plan),
          log_(options.calls_max)
    {
        models_.insert(models_.end(), options.models.begin(), options.models.end());
        for (auto const& plans : read_plan_files(options.plan_files)) plans_.load(plans);
    }

    asio::awaitable<After> handle(Request request, std::shared_ptr<Connection> connection)
    {
        if (request.path.starts_with("/_sim/")) co_return co_await control(std::move(request), *connection);
        auto const second = request.path.find('/', 1);
        auto const version = request.path.substr(1, second == std::string::npos ? second : second - 1);
        auto const rest = second == std::string::npos ? std::string() : request.path.substr(second + 1);
        bool const known = (version == "v1" || version == "v1beta") && (rest == "models" || rest.starts_with("models/"));
        if (!known) co_return co_await refuse(*connection, 404, "NOT_FOUND", "no such path");

        auto const key =
            std::string(request.header("x-goog-api-key").empty() ? request.parameter("key") : request.header("x-goog-api-key"));
        if (key.empty()) co_return co_await refuse(*connection, 403, "PERMISSION_DENIED", "Method doesn't allow unregistered callers.");
        if (!key_.empty() && key != key_)
            co_return co_await refuse(*connection, 400, "INVALID_ARGUMENT", "API key not valid.", "API_KEY_INVALID");

        auto const name = rest.size() > 7 ? rest.substr(7) : std::string();
        if (request.method == "GET") co_return co_await models(name, *connection);
        auto const colon = name.rfind(':');
        GeminiCall call;
        call.version = version;
        call.model = name.substr(0, colon);
        call.method = colon == std::string::npos ? std::string() : name.substr(colon + 1);
        call.key = key;
        co_return co_await generate(std::move(call), std::move(request), *connection);
    }

private:
    bool is_model(std::string_view name) const { return std::ranges::find(models_, name) != models_.end(); }

    static json::object describe_model(std::string const& name)
    {
        return {{"name", "models/" + name},
                {"version", "001"},
                {"displayName", name},
                {"inputTokenLimit", 1048576},
                {"outputTokenLimit", 65536},
                {"supportedGenerationMethods", {"generateContent", "countTokens"}},
                {"thinking", name.starts_with("gemini-")}};
    }

    static asio::awaitable<After> send_json(Connection& connection, int status, std::string body, std::string more_headers = {})
    {
        bool const sent = co_await answer(connection, status, json_type, std::move(body), std::move(more_headers));
        co_return sent ? After::keep : After::close;
    }

    static asio::awaitable<After> refuse(Connection& connection, int status, std::string word, std::string message, std::string reason = {})
    {
        Plan plan;
        plan.error_status = std::move(word);
        plan.message = std::move(message);
        plan.reason = std::move(reason);
        return send_json(connection, status, error_answer(plan, status));
    }

    asio::awaitable<After> models(std::string name, Connection& connection)
    {
        if (name.empty()) {
            json::array all;
            for (auto const& one : models_) all.push_back(describe_model(one));
            return send_json(connection, 200, json::serialize(json::object{{"models", std::move(all)}}));
        }
        if (is_model(name)) return send_json(connection, 200, json::serialize(describe_model(name)));
        return refuse(connection, 404, "NOT_FOUND", "models/" + name + " is not found for API version v1beta");
    }

    asio::awaitable<After> control(Request request, Connection& connection)
    {
        if (request.path == "/_sim/health") return send_json(connection, 200, R"({"status":"ok"})");
        if (request.path == "/_sim/calls" && request.method == "DELETE") {
            log_.clear();
            return send_json(connection, 200, "{}");
        }
        if (request.path == "/_sim/calls") {
            auto const after = request.parameter("after");
            return send_json(
                connection, 200,
                json::serialize(log_.describe(after.empty() ? 0 : std::atoll(std::string(after).c_str()), &describe_gemini_call)));
        }
        if (request.path == "/_sim/plan" && request.method == "POST") {
            try {
                plans_.load(json::parse(request.body));
            } catch (std::exception const& wrong) {
                return refuse(connection, 400, "INVALID_ARGUMENT", wrong.what());
            }
            return send_json(connection, 200, "{}");
        }
        return refuse(connection, 404, "NOT_FOUND", "write health, calls or plan");
    }

    asio::awaitable<After> generate(GeminiCall asked, Request request, Connection& connection)
    {
        GeminiQuestion question;
        std::string wrong;
        try {
            question = asked.method == "countTokens" ? count_question(request.body) : read_question(request.body);
        } catch (std::exception const& failure) {
            wrong = failure.what();
        }
        asked.request = std::move(request.body);
        bool const stream = asked.method == "streamGenerateContent";
        auto& call = log_.begin(std::move(asked));
        auto after = After::keep;
        if (!wrong.empty()) {
            call.status = 400;
            after = co_await refuse(connection, 400, "INVALID_ARGUMENT", wrong);
        } else if (!is_model(call.model)) {
            call.status = 404;
            after = co_await refuse(connection, 404, "NOT_FOUND", "models/" + call.model + " is not found for API version " + call.version);
        } else if (call.method == "countTokens") {
            call.status = 200;
            after = co_await send_json(connection, 200, R"({"totalTokens":)" + std::to_string(count_tokens(question)) + "}");
        } else if (stream || call.method == "generateContent") {
            co_return co_await play(call, question, stream, request.parameter("alt") == "sse", connection);
        } else {
            call.status = 404;
            after = co_await refuse(connection, 404, "NOT_FOUND", "no such method");
        }
        log_.end(call, after == After::keep ? CallState::finished : CallState::aborted);
        co_return after;
    }

    static GeminiQuestion count_question(std::string const& body)
    {
        boost::system::error_code none;
        auto const value = json::parse(body);
        auto const* inner = value.find_pointer("/generateContentRequest", none);
        if (!inner || !inner->is_object()) return read_question(body);
        auto copy = inner->get_object();
        copy.erase("model");
        return read_question(json::serialize(copy));
    }

    Plan take(GeminiQuestion const& question)
    {
        auto const going_on = going_on_.find(question.continuation_token);
        if (going_on == going_on_.end()) return take_plan(plans_, question);
        return going_on->second.plan;
    }

    // The part of the text that this call is to send, and the token for the next call where there is one.
    std::string hop_text(Plan const& plan, GeminiQuestion const& question, GeminiCall const& call, std::string& token)
    {
        auto text = reply_text(plan, question);
        if (plan.hops <= 1) return text;
        auto const going_on = going_on_.find(question.continuation_token);
        int const hop = going_on == going_on_.end() ? 0 : going_on->second.hop;
        auto const border = [&](int number) {
            auto at = text.size() * static_cast<std::size_t>(number) / static_cast<std::size_t>(plan.hops);
            while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) ++at;
            return at;
        };
        if (hop + 1 < plan.hops) {
            token = "aG9w" + std::to_string(call.id);
            going_on_[token] = {plan, hop + 1};
        }
        return text.substr(border(hop), border(hop + 1) - border(hop));
    }

    asio::awaitable<After> play(GeminiCall& call, GeminiQuestion const& question, bool stream, bool sse, Connection& connection)
    {
        auto const plan = take(question);
        call.plan = plan.name;
        call.status = plan.status;
        auto state = CallState::finished;
        if (!co_await connection.sleep(milliseconds(plan.delay_ms))) {
            state = CallState::aborted;
        } else if (plan.refuse_thoughts && question.asks_for_thoughts) {
            call.status = 400;
            co_await refuse(connection, 400, "INVALID_ARGUMENT", "Thinking is not enabled for this model");
        } else if (plan.status != 200) {
            auto const retry = plan.retry_after_s < 0 ? std::string() : "Retry-After: " + std::to_string(plan.retry_after_s) + "\r\n";
            bool const array = stream && !sse;
            auto const error = error_answer(plan, plan.status);
            co_await answer(connection, plan.status, plan.html ? "text/html" : json_type,
                            plan.html ? html_page
                            : array   ? "[" + error + "]"
                                      : error,
                            retry);
        } else if (plan.fault == Fault::hang && plan.after_chunks < 0) { // Before the head.
            co_await connection.hang();
        } else {
            std::string token;
            auto const text = hop_text(plan, question, call, token);
            ReplyShape const shape{call.model, token};
            state = stream ? co_await play_chunks(plan, call, question, text, shape, sse, connection)
                           : co_await play_whole(plan, question, text, shape, connection);
        }
        if (connection.is_gone() && state != CallState::broken) state = CallState::aborted;
        log_.end(call, state);
        co_return state == CallState::finished ? After::keep : After::close;
    }

    asio::awaitable<CallState> play_whole(Plan const& plan, Question const& question, std::string text, ReplyShape shape,
                                          Connection& connection)
    {
        if (!co_await connection.sleep(milliseconds(std::max(plan.duration_ms, 0)))) co_return CallState::aborted;
        switch (plan.fault) {
        case Fault::none: break;
        case Fault::hang: co_await connection.hang(); co_return CallState::aborted;
        case Fault::reset: connection.reset(); co_return CallState::broken;
        case Fault::cut:
            co_await connection.write(head(200, json_type, "Content-Length: 1000\r\n") + "{\"candi");
            co_return CallState::broken;
        case Fault::end:
        case Fault::garbage: co_await answer(connection, 200, "text/html", html_page); co_return CallState::finished;
        case Fault::error:
        case Fault::bare_error: co_await send_json(connection, 503, error_answer(plan, 503)); co_return CallState::finished;
        case Fault::block: co_await send_json(connection, 200, blocked_answer(plan, shape)); co_return CallState::finished;
        }
        co_await send_json(connection, 200, whole_answer(plan, question, text, shape));
        co_return CallState::finished;
    }

    asio::awaitable<CallState> play_chunks(Plan const& plan, GeminiCall& call, Question const& question, std::string text, ReplyShape shape,
                                           bool sse, Connection& connection)
    {
        ReplyChunks const chunks(plan, question, text, shape);
        BodyChunks const body(plan, chunks, sse);
        auto fault = fault_of(plan, shape);
        co_return co_await play_stream(plan, call, sse ? "text/event-stream" : json_type, {}, body, std::move(fault), connection);
    }

    static StreamFault fault_of(Plan const& plan, ReplyShape const& shape)
    {
        using Kind = StreamFault::Kind;
        switch (plan.fault) {
        case Fault::none: return {};
        case Fault::hang: return {Kind::hang};
        case Fault::cut: return {Kind::cut};
        case Fault::reset: return {Kind::reset};
        case Fault::end: return {Kind::say};
        case Fault::garbage: return {Kind::say, "data: {\"candidates\": [{\"content\": \xff\xfe oops\n\n\n<html>"};
        case Fault::error: return {Kind::say, event_of(plan, error_answer(plan, 503), true)};
        case Fault::bare_error: return {Kind::say, on_lines(error_answer(plan, 503))};
        case Fault::block: return {Kind::say, event_of(plan, blocked_answer(plan, shape), true)};
        }
        return {};
    }

    struct GoingOn {
        Plan plan;
        int hop = 0;
    };

    std::string key_;
    std::vector<std::string> models_; // Any other name is 404, as at Google.
    PlanQueue<Plan> plans_;
    CallLog<GeminiCall> log_;
    std::map<std::string, GoingOn, std::less<>> going_on_; // By continuation token.
};

} // namespace

Handler make_gemini_sim(GeminiSimOptions const& options)
{
    auto const sim = std::make_shared<GeminiSim>(options);
    return
        [sim](Request request, std::shared_ptr<Connection> connection) { return sim->handle(std::move(request), std::move(connection)); };
}

int run_gemini_sim(GeminiSimOptions const& options)
{
    return serve(options.listen, make_gemini_sim(options));
}

} // namespace pollux::sims
