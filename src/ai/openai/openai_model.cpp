#include "ai/openai/openai_model.hpp"

#include "ai/openai/openai_decoder.hpp"
#include "ai/openai/openai_request.hpp"
#include "base/lenient_json.hpp"
#include "base/literals.hpp"
#include "net/http_client.hpp"
#include "ops/log.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace pollux::ai {
namespace {

constexpr std::size_t answer_bytes_max = 8_MiB; // A reply's JSON is several times its text: each piece brings its own frame.
constexpr std::size_t error_bytes_max = 64_KiB;
constexpr std::size_t list_bytes_max = 8_MiB; // OpenRouter's names hundreds of models, at length.
constexpr std::chrono::seconds check_time_max{10};
constexpr std::chrono::seconds rest_silence_max{10}; // After a reason for the end, for the figures.

net::HttpRequest http_request(OpenAiOptions const& options, std::string_view path)
{
    net::HttpRequest http;
    http.url = openai_url(options.base_url, path);
    if (!options.api_key.empty()) http.secret_headers = {{"authorization", "Bearer " + options.api_key}};
    http.connect_time_max = options.connect_time_max;
    http.silence_max = options.first_text_max;
    return http;
}

net::HttpRequest stream_request(OpenAiOptions const& options, ChatRequest const& request, UsageWish usage)
{
    auto http = http_request(options, "/chat/completions");
    http.method = "POST";
    http.headers = {{"content-type", "application/json"}, {"accept", "text/event-stream"}};
    http.body = openai_body(request, usage);
    http.deadline = request.deadline;
    http.body_bytes_max = answer_bytes_max;
    return http;
}

Failed no_answer(net::HttpResult const& result)
{
    auto kind = Failed::Kind::transient;
    if (result.failure == net::HttpFailure::refused) kind = Failed::Kind::permanent;
    if (result.failure == net::HttpFailure::no_descriptors) kind = Failed::Kind::not_called;
    return {kind, {}, "the server was not reached: " + result.detail};
}

class OpenAiStream final : public ChatStream {
public:
    OpenAiStream(asio::any_io_executor executor, OpenAiOptions options, ChatRequest request, UsageWish usage,
                 std::shared_ptr<std::atomic<bool>> refuses_usage)
        : executor_(std::move(executor)), options_(std::move(options)), request_(std::move(request)),
          decoder_(estimate_prompt_tokens(request_)), usage_(usage), first_text_until_(Steady::now() + options_.first_text_max),
          refuses_usage_(std::move(refuses_usage))
    {
        ask();
    }

    asio::awaitable<ModelEvent> next() override
    {
        for (;;) {
            if (auto event = decoder_.next()) co_return std::move(*event);
            if (!has_head_) {
                has_head_ = true;
                co_await take_head();
            } else {
                co_await take_bytes();
            }
        }
    }

private:
    void ask() { http_.emplace(executor_, stream_request(options_, request_, usage_)); }

    asio::awaitable<void> take_head()
    {
        auto const head = co_await http_->head();
        if (head.status == 0) {
            decoder_.fail(no_answer(http_->result()));
        } else if (head.status != 200) {
            auto const body = co_await error_body();
            auto refusal = read_openai_refusal(head.status, body, {head.header("retry-after"), head.header("retry-after-ms")});
            // An old server refuses the question for figures by its name: it is asked once more, without that.
            bool const is_wrong_argument = refusal.status == 400 || refusal.status == 422;
            bool const may_be_usage = usage_ == UsageWish::ask && is_wrong_argument && is_about_argument(body, "stream_options");
            if (!may_be_usage) co_return decoder_.fail(std::move(refusal.failure));
            usage_ = UsageWish::leave;
            is_second_question_ = true;
            has_head_ = false;
            ask();
        } else {
            request_.turns.clear(); // It is not sent again.
            limit_wait();
        }
    }

    // Only what is answered without the question was refused for it: something else may be wrong with a request, in the same words.
    void learn()
    {
        if (!std::exchange(is_second_question_, false) || refuses_usage_->exchange(true)) return;
        ops::log(ops::Level::info, "model_counts_no_tokens", {{"model", request_.model}, {"refused", "stream_options"}});
    }

    asio::awaitable<void> take_bytes()
    {
        auto const bytes = co_await http_->read();
        if (bytes.empty() && http_->result().failure == net::HttpFailure::too_large) {
            decoder_.end_too_large();
        } else if (bytes.empty()) {
            bool const is_late = !decoder_.has_said_anything() && !decoder_.is_ending() && Steady::now() >= first_text_until_;
            decoder_.end(is_late ? "no text came in time" : http_->result().detail);
        } else {
            decoder_.feed(bytes);
            if (decoder_.has_said_anything()) learn();
            limit_wait();
        }
    }

    // A server that loads its model is silent for long; one that sends signs of life while nothing answers behind it never is.
    void limit_wait()
    {
        if (decoder_.is_ending()) return http_->limit_silence(rest_silence_max);
        if (decoder_.has_said_anything()) return http_->limit_silence(options_.silence_max);
        auto const left = std::chrono::ceil<std::chrono::milliseconds>(first_text_until_ - Steady::now());
        if (left.count() <= 0) return decoder_.fail({Failed::Kind::transient, {}, "no text came in time, only signs of life"});
        http_->limit_silence(left);
    }

    asio::awaitable<std::string> error_body()
    {
        std::string body;
        while (body.size() < error_bytes_max) {
            auto const bytes = co_await http_->read();
            if (bytes.empty()) break;
            body += bytes;
        }
        co_return body;
    }

    asio::any_io_executor executor_;
    OpenAiOptions const options_;
    ChatRequest request_;
    std::optional<net::HttpStream> http_;
    OpenAiDecoder decoder_;
    UsageWish usage_;
    Steady::time_point const first_text_until_;
    std::shared_ptr<std::atomic<bool>> refuses_usage_;
    bool has_head_ = false;
    bool is_second_question_ = false; // Without figures, where the first one was refused with them.
};

OpenAiHealth health_of(OpenAiError const& error)
{
    if (error.status == 401 || error.status == 403) return OpenAiHealth::wrong_key;
    if (error.status == 404 || error.status == 405 || error.status == 501) return OpenAiHealth::lists_nothing;
    if (error.status == 402 || error.status == 429) return OpenAiHealth::limited;
    return error.failure.kind == Failed::Kind::transient ? OpenAiHealth::unreachable : OpenAiHealth::refused;
}

// llama.cpp serves the one model that it was started with, under any name; Ollama's names may lack their tag, Google's begin with models/.
bool serves(boost::json::object const& listed, std::string_view model)
{
    if (text_at(listed, "owned_by") == "llamacpp") return true;
    auto id = text_at(listed, "id");
    if (id.starts_with("models/") && !model.starts_with("models/")) id.remove_prefix(std::string_view("models/").size());
    return id == model || id == std::string(model) + ":latest";
}

OpenAiCheck judge_list(std::string_view body, std::string_view model)
{
    boost::system::error_code failed;
    auto const answer = boost::json::parse(body, failed);
    auto const* object = failed ? nullptr : answer.if_object();
    auto const* list = object ? array_at(*object, "data") : nullptr;
    if (!list) return {OpenAiHealth::unreachable, "something answered that lists no models; see AI_BASE_URL, which mostly ends in /v1"};
    bool const is_listed = std::ranges::any_of(*list, [model](auto const& value) {
        auto const* listed = value.if_object();
        return listed && serves(*listed, model);
    });
    if (!is_listed) return {OpenAiHealth::unknown_model, "it is not among the " + std::to_string(list->size()) + " that are listed"};
    return {OpenAiHealth::ok, "the server lists the model"};
}

} // namespace

OpenAiModel::OpenAiModel(OpenAiOptions options) : options_(std::move(options)), refuses_usage_(std::make_shared<std::atomic<bool>>(false))
{}

std::unique_ptr<ChatStream> OpenAiModel::start(asio::any_io_executor executor, ChatRequest request)
{
    auto const usage = refuses_usage_->load() ? UsageWish::leave : UsageWish::ask;
    return std::make_unique<OpenAiStream>(std::move(executor), options_, std::move(request), usage, refuses_usage_);
}

asio::awaitable<OpenAiCheck> check_openai(OpenAiOptions options, std::string model)
{
    auto http = http_request(options, "/models");
    http.deadline = Steady::now() + check_time_max;
    http.body_bytes_max = list_bytes_max;
    auto const answer = co_await net::fetch(std::move(http));
    if (answer.head.status == 0) co_return OpenAiCheck{OpenAiHealth::unreachable, no_answer(answer.result).detail};
    if (answer.head.status == 200) co_return judge_list(answer.body, model);
    auto const error = read_openai_refusal(answer.head.status, answer.body, {});
    co_return OpenAiCheck{health_of(error), error.failure.detail};
}

} // namespace pollux::ai
