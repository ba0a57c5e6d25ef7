#include "ai/openai/openai_request.hpp"

#include <gtest/gtest.h>

namespace pollux::ai {
namespace {

ChatRequest conversation()
{
    ChatRequest request;
    request.model = "llama3.2";
    request.system = "Be \"kind\".";
    request.turns = {{Role::user, "hi", {}}, {Role::assistant, "Hello\n", "a state of another provider"}, {Role::user, "é🎈", {}}};
    return request;
}

TEST(OpenAiRequest, says_what_every_server_knows)
{
    EXPECT_EQ(openai_body(conversation(), UsageWish::ask),
              R"({"model":"llama3.2","messages":[{"role":"system","content":"Be \"kind\"."},{"role":"user","content":"hi"},)"
              R"({"role":"assistant","content":"Hello\n"},{"role":"user","content":"é🎈"}],"stream":true,)"
              R"("stream_options":{"include_usage":true}})");
}

TEST(OpenAiRequest, leaves_out_what_is_not_there_or_not_wanted)
{
    auto request = conversation();
    request.system.clear();
    request.turns.resize(1);
    EXPECT_EQ(openai_body(request, UsageWish::leave), R"({"model":"llama3.2","messages":[{"role":"user","content":"hi"}],"stream":true})");
}

TEST(OpenAiRequest, finds_the_path_behind_any_base)
{
    EXPECT_EQ(openai_url("http://localhost:11434/v1", "/models"), "http://localhost:11434/v1/models");
    EXPECT_EQ(openai_url("https://openrouter.ai/api/v1//", "/chat/completions"), "https://openrouter.ai/api/v1/chat/completions");
    EXPECT_EQ(openai_url("http://localhost:8000", "/models"), "http://localhost:8000/models");
}

TEST(OpenAiRequest, counts_everything_that_is_sent)
{
    auto const whole = estimate_prompt_tokens(conversation());
    auto request = conversation();
    request.turns.pop_back();
    EXPECT_GT(whole, estimate_prompt_tokens(request));
    request.system.clear();
    EXPECT_GT(estimate_prompt_tokens(conversation()) - 3, estimate_prompt_tokens(request));
}

} // namespace
} // namespace pollux::ai
