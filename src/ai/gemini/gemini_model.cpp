#include "ai/gemini/gemini_model.hpp"

#include "ai/gemini/gemini_decoder.hpp"
#include "ai/gemini/gemini_error.hpp"
#include "ai/gemini/gemini_request.hpp"
#include "base/lenient_json.hpp"
#include "base/literals.hpp"
#include "net/http_client.hpp"

#include <boost/json.hpp>

#include <optional>

namespace pollux::ai {

namespace {

constexpr std::size_t answer_bytes_max = 8_MiB; // A reply's JSON is several times its text: each piece brings its own frame.
constexpr std::size_t error_bytes_max = 64_KiB;
constexpr std::chrono::seconds check_time_max{10};
// After a reason for the end has come, the rest of the stream. Not short: some servers send STOP with each piece.
constexpr std::chrono::seconds rest_silence_max{10};

std::string url_of(GeminiOptions const& options, std::string_view model)
{
    auto const end = options.base_url.find_last_not_of('/');
    return options.base_url.substr(0, end + 1) + "/" + options.api_version + "/" + model_path(model);
}

net::HttpRequest http_request(GeminiOptions const& options, std::string url)
{
    net::HttpRequest http;
    http.url = std::move(url);
    http.secret_headers = {{"x-goog-api-key", options.api_key}};
    http.connect_time_max = options.connect_time_max;
    http.silence_max = options.silence_max;
    return http;
}

net::HttpRequest stream_request(GeminiOptions const& options, ChatRequest const& request, Thoughts thoughts)
{
    auto http = http_request(options, url_of(options, request.model) + ":streamGenerateContent?alt=sse");
    http.method = "POST";
    http.headers = {{"content-type", "application/json"}, {"accept", "text/event-stream"}};
    http.body = gemini_body(request, thoughts);
    http.deadline = request.deadline;
    http.body_bytes_max = answer_bytes_max;
    return http;
}

Failed no_answer(net::HttpResult const& result)
{
    auto kind = Failed::Kind::transient;
    if (result.failure == net::HttpFailure::refused) kind = Failed::Kind::permanent;
    if (result.failure == net::HttpFailure::no_descriptors) kind = Failed::Kind::not_called;
    return {kind, {}, "gemini was not reached: " + result.detail};
}

class GeminiStream final : public ChatStream {
public:
    GeminiStream(asio::any_io_executor executor, GeminiOptions options, ChatRequest request, std::shared_ptr<ThoughtSupport> support)
        : executor_(std::move(executor)), options_(std::move(options)), request_(std::move(request)),
          decoder_(request_.model, decode_so_far(request_.continuation)), thoughts_(support->choose(request_.model)),
          support_(std::move(support))
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
    void ask() { http_.emplace(executor_, stream_request(options_, request_, thoughts_)); }

    asio::awaitable<void> take_head()
    {
        auto const head = co_await http_->head();
        if (head.status == 0) {
            decoder_.fail(no_answer(http_->result()));
        } else if (head.status != 200) {
            auto const body = co_await error_body();
            auto error = read_error_answer(head.status, body, head.header("retry-after"));
            bool const is_wrong_argument = error.status == 400 && error.word == "INVALID_ARGUMENT" && error.reason.empty();
            if (thoughts_ == Thoughts::leave || !is_wrong_argument) co_return decoder_.fail(std::move(error.failure));
            thoughts_ = Thoughts::leave;
            is_second_question_ = true;
            has_head_ = false;
            ask();
        } else {
            if (is_second_question_) support_->cannot_think(request_.model);
            request_.turns.clear(); // It is not sent again.
        }
    }

    asio::awaitable<void> take_bytes()
    {
        auto const bytes = co_await http_->read();
        if (bytes.empty() && http_->result().failure == net::HttpFailure::too_large) {
            decoder_.end_too_large();
        } else if (bytes.empty()) {
            decoder_.end(http_->result().detail);
        } else {
            decoder_.feed(bytes);
            if (decoder_.is_ending()) http_->limit_silence(rest_silence_max);
        }
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
    GeminiOptions const options_;
    ChatRequest request_;
    std::optional<net::HttpStream> http_;
    GeminiDecoder decoder_;
    Thoughts thoughts_;
    std::shared_ptr<ThoughtSupport> support_;
    bool has_head_ = false;
    bool is_second_question_ = false; // Without thoughts, where the first one was refused with them.
};

GeminiHealth health_of(GeminiError const& error)
{
    if (error.reason.starts_with("API_KEY_") || error.status == 401 || error.status == 403) return GeminiHealth::wrong_key;
    if (error.status == 404) return GeminiHealth::unknown_model;
    if (error.status == 429) return GeminiHealth::limited;
    return error.failure.kind == Failed::Kind::transient ? GeminiHealth::unreachable : GeminiHealth::refused;
}

bool describes_a_model(std::string_view body)
{
    boost::system::error_code failed;
    auto const answer = boost::json::parse(body, failed);
    auto const* object = failed ? nullptr : answer.if_object();
    return object && !text_at(*object, "name").empty();
}

} // namespace

GeminiModel::GeminiModel(GeminiOptions options) : options_(std::move(options)), support_(std::make_shared<ThoughtSupport>()) {}

std::unique_ptr<ChatStream> GeminiModel::start(asio::any_io_executor executor, ChatRequest request)
{
    return std::make_unique<GeminiStream>(std::move(executor), options_, std::move(request), support_);
}

asio::awaitable<GeminiCheck> check_gemini(GeminiOptions options, std::string model)
{
    auto http = http_request(options, url_of(options, model));
    http.deadline = Steady::now() + check_time_max;
    http.body_bytes_max = error_bytes_max;
    auto const answer = co_await net::fetch(std::move(http));
    if (answer.head.status == 0) co_return GeminiCheck{GeminiHealth::unreachable, no_answer(answer.result).detail};
    if (answer.head.status == 200 && !describes_a_model(answer.body)) {
        co_return GeminiCheck{GeminiHealth::unreachable, "something answered that is not Gemini; see GEMINI_BASE_URL"};
    }
    if (answer.head.status == 200) co_return GeminiCheck{GeminiHealth::ok, "gemini knows the key and the model"};
    auto const error = read_error_answer(answer.head.status, answer.body, {});
    co_return GeminiCheck{health_of(error), error.failure.detail};
}

} // namespace pollux::ai
