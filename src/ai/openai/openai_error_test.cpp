#include "ai/openai/openai_error.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace pollux::ai {
namespace {

using namespace std::chrono_literals;
using Kind = Failed::Kind;

struct Case {
    int status;
    std::string body;
    Kind kind;
    std::string detail;
};

TEST(OpenAiError, knows_what_is_worth_another_call)
{
    for (auto const& one : {
             Case{401,
                  R"({"error":{"message":"Incorrect API key: sk-1","type":"invalid_request_error","param":null,"code":"invalid_api_key"}})",
                  Kind::permanent, "the server answered 401 invalid_api_key"},
             Case{404, R"({"error":{"message":"The model x does not exist","type":"invalid_request_error","code":"model_not_found"}})",
                  Kind::permanent, "the server answered 404 model_not_found"},
             Case{404, R"({"error":{"message":"model \"x\" not found, try pulling it first","type":"api_error","param":null,"code":null}})",
                  Kind::permanent, "the server answered 404 api_error"}, // Ollama
             Case{404, R"({"object":"error","message":"The model x does not exist.","type":"NotFoundError","param":null,"code":404})",
                  Kind::permanent, "the server answered 404 NotFoundError"}, // vLLM
             Case{503, R"({"error":{"code":503,"message":"Loading model","type":"unavailable_error"}})", Kind::transient,
                  "the server answered 503 unavailable_error"}, // llama.cpp
             Case{402, R"({"error":{"message":"Insufficient credits","code":402}})", Kind::permanent, "the server answered 402"},
             Case{403, R"({"error":{"message":"flagged","code":403,"metadata":{"reasons":["x"]}}})", Kind::permanent,
                  "the server answered 403"},
             Case{408, "", Kind::transient, "the server answered 408"},
             Case{409, "{}", Kind::transient, "the server answered 409"},
             Case{429, R"({"error":{"type":"rate_limit_error","code":null}})", Kind::transient, "the server answered 429 rate_limit_error"},
             Case{429, R"({"error":{"type":"insufficient_quota","code":"insufficient_quota"}})", Kind::permanent,
                  "the server answered 429 insufficient_quota"},
             Case{502, "<html>Bad Gateway</html>", Kind::transient, "the server answered 502"},
             Case{422, R"({"detail":[{"loc":["body","model"],"msg":"x"}]})", Kind::permanent, "the server answered 422"},
             Case{400, R"({"error":"json: cannot unmarshal"})", Kind::permanent, "the server answered 400"},
             Case{400,
                  R"([{"error":{"code":400,"message":"API key not valid","status":"INVALID_ARGUMENT","details":[)"
                  R"({"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}}])",
                  Kind::permanent, "gemini answered 400 INVALID_ARGUMENT API_KEY_INVALID"},
         }) {
        auto const read = read_openai_refusal(one.status, one.body, {});
        EXPECT_EQ(read.failure.kind, one.kind) << one.body;
        EXPECT_EQ(read.failure.detail, one.detail) << one.body;
        EXPECT_EQ(read.status, one.status);
        EXPECT_EQ(read.failure.reason, one.status == 429 ? Failed::Reason::rate_limited : Failed::Reason::unanswered);
    }
}

TEST(OpenAiError, obeys_who_says_when_to_come_again)
{
    auto const after = [](RetryHeaders headers, std::string_view body = "") {
        return read_openai_refusal(429, body, headers).failure.retry_after;
    };
    EXPECT_EQ(after({"3", ""}), 3s);
    EXPECT_EQ(after({"3", "250"}), 250ms) << "OpenAI's client reads milliseconds first";
    EXPECT_EQ(after({"Fri, 31 Dec 1999 23:59:59 GMT", "x"}), std::nullopt);
    EXPECT_EQ(after({"-1", "-1"}), std::nullopt);
    EXPECT_EQ(after({"999999999", "9999999999999"}), std::nullopt);
    EXPECT_EQ(after({"3", ""}, R"({"error":{"status":"RESOURCE_EXHAUSTED","details":[)"
                               R"({"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.07s"}]}})"),
              34'070ms);
}

TEST(OpenAiError, tells_errors_from_chunks)
{
    auto const found = [](std::string_view json) { return openai_error_in(boost::json::parse(json)); };
    for (auto const* chunk : {"{}", "[]", "7", "\"error\"", R"({"error":null})", R"({"error":{}, "object":"x"})",
                              R"({"object":"chat.completion.chunk","choices":[]})", R"([7])"}) {
        bool const is_error = std::string_view(chunk).find("\"error\":{}") != std::string_view::npos;
        EXPECT_EQ(found(chunk).has_value(), is_error) << chunk;
    }
    EXPECT_EQ(found(R"({"error":{"code":"429"}})")->status, 429);
    EXPECT_EQ(found(R"({"error":{"code":429}})")->failure.reason, Failed::Reason::rate_limited);
    EXPECT_EQ(found(R"({"error":{"code":7}})")->status, 0);
    EXPECT_EQ(found(R"({"error":{"type":"overloaded_error"}})")->status, 503);
}

} // namespace
} // namespace pollux::ai
