#include "ai/gemini/gemini_request.hpp"

#include "ai/gemini/gemini_state.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace pollux::ai {
namespace {

namespace json = boost::json;

TEST(GeminiRequest, puts_the_system_beside_the_turns)
{
    ChatRequest request;
    request.model = "gemini-x";
    request.system = "Be short.";
    request.turns = {{Role::user, "a \"quoted\" 世界", {}}, {Role::assistant, "b", {}}, {Role::user, "c", {}}};
    EXPECT_EQ(json::parse(gemini_body(request, Thoughts::leave)), json::parse(R"({
        "contents": [{"role":"user","parts":[{"text":"a \"quoted\" 世界"}]}, {"role":"model","parts":[{"text":"b"}]}, {"role":"user","parts":[{"text":"c"}]}],
        "systemInstruction": {"parts":[{"text":"Be short."}]}})"));

    request.system.clear();
    request.turns.resize(1);
    request.continuation = encode_so_far({"T1", 3, {}, {}});
    EXPECT_EQ(json::parse(gemini_body(request, Thoughts::ask)), json::parse(R"({
        "contents": [{"role":"user","parts":[{"text":"a \"quoted\" 世界"}]}],
        "generationConfig": {"thinkingConfig":{"includeThoughts":true}}, "continuationToken": "T1"})"));
}

TEST(GeminiRequest, sends_signatures_back_where_they_stood)
{
    ChatRequest request;
    request.model = "gemini-x";
    auto const state = encode_state({"gemini-x", {{1, 3, "S1"}, {4, 4, "S2"}}});
    request.turns = {{Role::user, "q", {}}, {Role::assistant, "abcd", state}, {Role::user, "r", {}}};
    auto const sent = json::parse(gemini_body(request, Thoughts::leave));
    EXPECT_EQ(sent.at("contents").at(1).at("parts"),
              json::parse(R"([{"text":"a"},{"text":"bc","thoughtSignature":"S1"},{"text":"d"},{"text":"","thoughtSignature":"S2"}])"));

    request.model = "gemini-y"; // Another model's signatures mean nothing.
    auto const to_other = json::parse(gemini_body(request, Thoughts::leave));
    EXPECT_EQ(to_other.at("contents").at(1).at("parts"), json::parse(R"([{"text":"abcd"}])"));
}

TEST(GeminiRequest, guesses_who_thinks)
{
    for (auto name : {"gemini-flash-latest", "gemini-2.5-flash", "gemini-3.8-flash", "models/gemini-pro-latest"})
        EXPECT_EQ(thoughts_for(name), Thoughts::ask) << name;
    for (auto name : {"gemma-4-31b-it", "gemini-2.0-flash", "gemini-3.1-flash-image", "gemini-embedding-001"})
        EXPECT_EQ(thoughts_for(name), Thoughts::leave) << name;
}

TEST(GeminiRequest, makes_model_names_fit_for_paths)
{
    EXPECT_EQ(model_path("gemini-3.8-flash"), "models/gemini-3.8-flash");
    EXPECT_EQ(model_path("tunedModels/x"), "tunedModels/x");
    EXPECT_EQ(model_path("a b?c#d\r\n:x"), "models/a%20b%3Fc%23d%0D%0A%3Ax");
}

} // namespace
} // namespace pollux::ai
