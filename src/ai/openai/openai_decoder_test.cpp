#include "ai/openai/openai_decoder.hpp"

#include "base/text.hpp"

#include <gtest/gtest.h>

#include <ostream>

namespace pollux::ai {
namespace {

// All that a decoder gave, put together.
struct Outcome {
    std::string text;
    std::string thoughts;
    std::string usage; // "prompt/completion/thought", the last one; "~" in front of what is estimated.
    std::string end;   // "stop", "length", "blocked", "other", "transient", "permanent".

    bool operator==(Outcome const&) const = default;
};

void PrintTo(Outcome const& outcome, std::ostream* out)
{
    *out << "{" << outcome.text << "|" << outcome.thoughts << "|" << outcome.usage << "|" << outcome.end << "}";
}

struct Folded {
    Outcome outcome;
    Failed failed;
    int ends = 0;
};

std::string end_of(FinishReason reason)
{
    switch (reason) {
    case FinishReason::stop: return "stop";
    case FinishReason::length: return "length";
    case FinishReason::blocked: return "blocked";
    case FinishReason::other: return "other";
    }
    return "";
}

void fold(Folded& into, ModelEvent const& event)
{
    EXPECT_EQ(into.ends, 0) << "an event after the last one";
    if (auto const* delta = std::get_if<TextDelta>(&event)) {
        EXPECT_TRUE(is_utf8(delta->text) && !delta->text.empty());
        into.outcome.text += delta->text;
    } else if (auto const* thought = std::get_if<ThoughtDelta>(&event)) {
        EXPECT_TRUE(is_utf8(thought->text) && !thought->text.empty());
        into.outcome.thoughts += thought->text;
    } else if (auto const* so_far = std::get_if<UsageSoFar>(&event)) {
        auto const& usage = so_far->usage;
        into.outcome.usage = (usage.is_estimated ? "~" : "") + std::to_string(usage.prompt_tokens) + "/" +
                             std::to_string(usage.completion_tokens) + "/" + std::to_string(usage.thought_tokens);
    } else if (auto const* finished = std::get_if<Finished>(&event)) {
        into.outcome.end = end_of(finished->reason);
        ++into.ends;
    } else if (auto const* failed = std::get_if<Failed>(&event)) {
        into.outcome.end = failed->kind == Failed::Kind::transient ? "transient" : "permanent";
        into.failed = *failed;
        ++into.ends;
    }
}

Folded decode(std::vector<std::string_view> const& pieces, std::string_view why_cut = {})
{
    OpenAiDecoder decoder(7);
    Folded folded;
    for (auto const piece : pieces) {
        decoder.feed(piece);
        while (auto const event = decoder.next()) fold(folded, *event);
    }
    decoder.end(why_cut);
    while (auto const event = decoder.next()) fold(folded, *event);
    EXPECT_EQ(folded.ends, 1);
    return folded;
}

std::string frame(std::string_view json)
{
    return "data: " + std::string(json) + "\n\n";
}

// A chunk as most servers write it: `delta` without its braces, then what follows it in the choice.
std::string chunk(std::string_view delta, std::string_view rest = R"("finish_reason":null)")
{
    return frame(R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":[{"index":0,"delta":{)" +
                 std::string(delta) + "}," + std::string(rest) + "}]}");
}
std::string said(std::string_view text)
{
    return chunk(R"("content":")" + std::string(text) + "\"");
}
std::string finish(std::string_view reason)
{
    return chunk("", R"("finish_reason":")" + std::string(reason) + "\"");
}
std::string usage(std::string_view figures)
{
    return frame(R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{)" +
                 std::string(figures) + "}}");
}
std::string const done = frame("[DONE]");

struct Case {
    std::string name;
    std::string stream;
    Outcome outcome;
};

std::vector<Case> shapes()
{
    auto const figures = std::string(R"("prompt_tokens":12,"completion_tokens":9,"total_tokens":21)");
    auto const ollama = [](std::string_view delta, std::string_view finish) {
        return frame(R"({"id":"chatcmpl-812","object":"chat.completion.chunk","created":1764400000,"model":"llama3.2",)"
                     R"("system_fingerprint":"fp_ollama","choices":[{"index":0,"delta":{"role":"assistant","content":)" +
                     std::string(delta) + R"(},"finish_reason":)" + std::string(finish) + "}]}");
    };
    auto const llama = [](std::string_view choices, std::string_view rest) {
        return frame(R"({"choices":[)" + std::string(choices) +
                     R"(],"created":1764400000,"id":"chatcmpl-gLq","model":"gpt-3.5-turbo","system_fingerprint":"b7144-1a2b",)"
                     R"("object":"chat.completion.chunk")" +
                     std::string(rest) + "}");
    };
    auto const vllm = [](std::string_view delta, std::string_view finish, std::string_view usage) {
        return frame(R"({"id":"chatcmpl-7f","object":"chat.completion.chunk","created":1764400000,"model":"Qwen/Qwen3-8B","choices":[)"
                     R"({"index":0,"delta":{)" +
                     std::string(delta) + R"(},"logprobs":null,"finish_reason":)" + std::string(finish) +
                     R"(,"stop_reason":null,"token_ids":null}],"usage":{"prompt_tokens":12,)" + std::string(usage) + "}}");
    };
    auto const router = [](std::string_view delta, std::string_view rest) {
        return frame(R"({"id":"gen-1764","provider":"DeepInfra","model":"deepseek/deepseek-r1","object":"chat.completion.chunk",)"
                     R"("created":1764400000,"choices":[{"index":0,"delta":{"role":"assistant",)" +
                     std::string(delta) + R"(},"logprobs":null,)" + std::string(rest) + "}");
    };
    auto const gemini = [](std::string_view delta, std::string_view rest, int completion) {
        return frame(R"({"choices":[{"delta":{)" + std::string(delta) + R"("role":"assistant"},"index":0)" + std::string(rest) +
                     R"(}],"created":1764400000,"id":"Zr0","model":"gemini-3.8-flash","object":"chat.completion.chunk","usage":{)"
                     R"("completion_tokens":)" +
                     std::to_string(completion) + R"(,"prompt_tokens":12,"total_tokens":30}})");
    };
    std::string const going_on = R"("finish_reason":null,"native_finish_reason":null}])";
    return {
        {"Ollama",
         ollama(R"("Hel")", "null") + ollama(R"("lo é🎈")", "null") + ollama(R"("")", R"("stop")") +
             frame(R"({"id":"chatcmpl-812","object":"chat.completion.chunk","created":1764400000,"model":"llama3.2",)"
                   R"("system_fingerprint":"fp_ollama","choices":[],"usage":{)" +
                   figures + "}}") +
             done,
         {"Hello é🎈", "", "12/9/0", "stop"}},
        {"llama.cpp, which says how long it took",
         llama(R"({"finish_reason":null,"index":0,"delta":{"role":"assistant","content":null}})", "") +
             llama(R"({"finish_reason":null,"index":0,"delta":{"reasoning_content":"Hm. "}})", "") +
             llama(R"({"finish_reason":null,"index":0,"delta":{"content":"Hello"}})", "") +
             llama(R"({"finish_reason":"stop","index":0,"delta":{}})", "") +
             llama(
                 "",
                 R"(,"usage":{"completion_tokens":9,"prompt_tokens":12,"total_tokens":21},"timings":{"prompt_n":12,"predicted_ms":8.5})") +
             done,
         {"Hello", "Hm. ", "12/9/0", "stop"}},
        {"vLLM, with figures in each chunk and thoughts under both names",
         vllm(R"("role":"assistant","content":"")", "null", R"("completion_tokens":0)") +
             vllm(R"("reasoning":"Hm","reasoning_content":"Hm")", "null", R"("completion_tokens":1)") +
             vllm(R"("reasoning":".")", "null", R"("completion_tokens":2)") +
             vllm(R"("content":"Hel")", "null", R"("completion_tokens":3)") +
             vllm(R"("content":"lo")", R"("stop")", R"("completion_tokens":4,"completion_tokens_details":{"reasoning_tokens":2})") + done,
         {"Hello", "Hm.", "12/2/2", "stop"}},
        {"OpenRouter, with comments while its provider is slow",
         ": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n" +
             router(R"("content":"","reasoning":"Hm","reasoning_details":[{"type":"reasoning.text","text":"Hm"}])", going_on) +
             router(R"("content":"Hello")", going_on) +
             router(R"("content":"")", R"("finish_reason":"length","native_finish_reason":"MAX_TOKENS"}])") +
             router(R"("content":"")", going_on + R"(,"usage":{"prompt_tokens":12,"completion_tokens":9,"cost":0.0001,)"
                                                  R"("completion_tokens_details":{"reasoning_tokens":4,"audio_tokens":0}})") +
             done,
         {"Hello", "Hm", "12/5/4", "length"}},
        {"Gemini's compatible endpoint",
         gemini(R"("content":"Hel",)", "", 1) + gemini(R"("content":"lo",)", R"(,"finish_reason":"stop")", 9) + done,
         {"Hello", "", "12/9/0", "stop"}},
    };
}

std::vector<Case> cases()
{
    auto list = shapes();
    std::vector<Case> const more{
        {"no [DONE]", said("Hi") + finish("stop") + usage(R"("prompt_tokens":1,"completion_tokens":2)"), {"Hi", "", "1/2/0", "stop"}},
        {"no figures: estimated", said("Hello there") + finish("stop") + done, {"Hello there", "", "~7/3/0", "stop"}},
        {"figures of nothing are none",
         said("Hello there") + finish("stop") + usage(R"("prompt_tokens":0,"completion_tokens":0)") + done,
         {"Hello there", "", "~7/3/0", "stop"}},
        {"figures null", said("Hi") + chunk("", R"("finish_reason":"stop"}],"usage":null,"x":[{)") + done, {"Hi", "", "~7/1/0", "stop"}},
        {"no last blank line", said("Hi") + finish("stop") + "data: [DONE]", {"Hi", "", "~7/1/0", "stop"}},
        {"[DONE] and no reason for the end", said("Hi") + done, {"Hi", "", "~7/1/0", "transient"}},
        {"an end and no reason for it", said("Hi"), {"Hi", "", "~7/1/0", "transient"}},
        {"nothing at all", "", {"", "", "", "transient"}},
        {"a reason and no text", finish("stop") + done, {"", "", "", "transient"}},
        {"white space is no text", said("\\n ") + finish("stop") + done, {"\n ", "", "~7/1/0", "transient"}},
        {"tools that nobody offered",
         chunk(R"("tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}])") + finish("tool_calls"),
         {"", "", "", "permanent"}},
        {"text, then tools", said("Hi") + finish("tool_calls") + done, {"Hi", "", "~7/1/0", "other"}},
        {"a word of the future", said("Hi") + finish("bored") + done, {"Hi", "", "~7/1/0", "other"}},
        {"a word of the future and no text", finish("bored") + done, {"", "", "", "permanent"}},
        {"an empty word is none", said("Hi") + finish("") + said(" you") + finish("stop"), {"Hi you", "", "~7/2/0", "stop"}},
        {"a filter", said("Hi") + finish("content_filter") + finish("stop") + done, {"Hi", "", "~7/1/0", "blocked"}},
        {"a filter before any text", finish("content_filter") + done, {"", "", "", "blocked"}},
        {"a refusal",
         chunk(R"("content":null,"refusal":"I will ")") + chunk(R"("refusal":"not.")") + finish("stop") + done,
         {"I will not.", "", "~7/4/0", "blocked"}},
        {"other choices do not count",
         frame(R"({"choices":[{"index":1,"delta":{"content":"no"}},{"index":0,"delta":{"content":"yes"},"finish_reason":"stop"}]})"),
         {"yes", "", "~7/1/0", "stop"}},
        {"text in parts",
         chunk(R"("content":[{"type":"text","text":"a"},{"type":"text","text":"b"}])") + finish("stop"),
         {"ab", "", "~7/2/0", "stop"}},
        {"a surrogate pair in two chunks", said(R"(\ud83c)") + said(R"(\udf88)") + finish("stop"), {"🎈", "", "~7/2/0", "stop"}},
        {"a NUL", said(R"(a\u0000b)") + finish("stop"), {"ab", "", "~7/1/0", "stop"}},
        {"an error in mid-stream", said("Hi") + frame(R"({"error":{"message":"secret","code":502}})"), {"Hi", "", "~7/1/0", "transient"}},
        {"an error as an event of its own", "event: error\ndata: {\"message\":\"x\"}\n\n", {"", "", "", "transient"}},
        {"an error as bare JSON", said("Hi") + "{\"error\":\n{\"code\":\"invalid_api_key\"}}\n", {"Hi", "", "~7/1/0", "permanent"}},
        {"an error as a text", frame(R"({"error":"overloaded"})"), {"", "", "", "transient"}},
        {"older vLLM's error, then [DONE]",
         frame(R"({"object":"error","message":"x","type":"BadRequestError","code":400})") + done,
         {"", "", "", "permanent"}},
        {"OpenRouter's error, with a chunk around it",
         said("Hi") + frame(R"({"id":"gen-1","error":{"code":429,"message":"x"},"choices":[{"index":0,"delta":{"content":""},)"
                            R"("finish_reason":"error"}]})"),
         {"Hi", "", "~7/1/0", "transient"}},
        {"the same without the error", said("Hi") + finish("error") + done, {"Hi", "", "~7/1/0", "transient"}},
        {"Google's error in a list",
         frame(R"([{"error":{"code":400,"message":"x","status":"INVALID_ARGUMENT"}}])"),
         {"", "", "", "permanent"}},
        {"garbage", said("Hi") + frame("{\"choices\":["), {"Hi", "", "~7/1/0", "transient"}},
        {"garbage after the reason for the end", said("Hi") + finish("stop") + frame("{\"choices\":["), {"Hi", "", "~7/1/0", "stop"}},
        {"an error after the reason for the end",
         said("Hi") + finish("stop") + frame(R"({"error":{"message":"no figures","code":502}})"),
         {"Hi", "", "~7/1/0", "stop"}},
        {"an error as bare JSON after it",
         said("Hi") + finish("length") + "{\"error\":\n{\"code\":\"invalid_api_key\"}}\n",
         {"Hi", "", "~7/1/0", "length"}},
        {"an error event after it",
         said("Hi") + finish("stop") + "event: error\ndata: {\"message\":\"x\"}\n\n",
         {"Hi", "", "~7/1/0", "stop"}},
        {"an end by an error after it", said("Hi") + finish("stop") + finish("error") + done, {"Hi", "", "~7/1/0", "stop"}},
        {"an error after the reason for the end of nothing",
         finish("stop") + frame(R"({"error":{"code":"invalid_api_key"}})"),
         {"", "", "", "permanent"}},
        {"a page of a proxy", "<html>\r\n<body>502</body>\r\n</html>\r\n", {"", "", "", "transient"}},
        {"a list, a number, a text", frame("[]"), {"", "", "", "transient"}},
        {"wrong types everywhere",
         frame(R"({"choices":[7,{"index":0,"delta":7},{"index":0,"delta":{"content":7,"reasoning":[],"tool_calls":{}},"finish_reason":7}],)"
               R"("usage":[]})") +
             said("Hi") + finish("stop"),
         {"Hi", "", "~7/1/0", "stop"}},
        {"figures that cannot be",
         said("Hi") + finish("stop") + usage(R"("prompt_tokens":-5,"completion_tokens":99999999999999999999)"),
         {"Hi", "", "~7/1/0", "stop"}},
        {"figures that are too large",
         said("Hi") + finish("stop") + usage(R"("prompt_tokens":-5,"completion_tokens":9223372036854775807)"),
         {"Hi", "", "0/1000000000/0", "stop"}},
        {"a whole answer where a stream was asked for",
         "{\n  \"id\": \"chatcmpl-1\",\n  \"object\": \"chat.completion\",\n  \"choices\": [\n    {\n      \"index\": 0,\n"
         "      \"message\": {\n        \"role\": \"assistant\",\n        \"content\": \"Hello\"\n      },\n"
         "      \"finish_reason\": \"stop\"\n    }\n  ],\n  \"usage\": {\n    \"prompt_tokens\": 3,\n    \"completion_tokens\": 2\n  "
         "}\n}\n",
         {"Hello", "", "3/2/0", "stop"}},
    };
    list.insert(list.end(), more.begin(), more.end());
    return list;
}

TEST(OpenAiDecoder, reads_every_shape_in_every_cut)
{
    for (auto const& one : cases()) {
        std::string_view const stream = one.stream;
        EXPECT_EQ(decode({stream}).outcome, one.outcome) << one.name;
        std::vector<std::string_view> bytes;
        for (std::size_t at = 0; at < stream.size(); ++at) bytes.push_back(stream.substr(at, 1));
        EXPECT_EQ(decode(bytes).outcome, one.outcome) << one.name << ", byte by byte";
        for (std::size_t at = 1; at < stream.size(); ++at)
            ASSERT_EQ(decode({stream.substr(0, at), stream.substr(at)}).outcome, one.outcome) << one.name << ", cut at " << at;
    }
}

TEST(OpenAiDecoder, reads_every_kind_of_line_end)
{
    for (auto const& one : shapes()) {
        for (std::string_view const line_end : {"\r\n", "\r"}) {
            std::string stream;
            for (char const byte : one.stream) {
                if (byte == '\n') {
                    stream += line_end;
                } else {
                    stream += byte;
                }
            }
            EXPECT_EQ(decode({stream}).outcome, one.outcome) << one.name;
        }
    }
}

// Whatever byte a stream breaks off at: one end, and never a whole reply before its reason for the end was there.
TEST(OpenAiDecoder, a_cut_stream_is_never_a_reply)
{
    for (auto const& one : shapes()) {
        auto const reason = one.stream.find(one.outcome.end == "length" ? R"("length")" : R"("stop")");
        ASSERT_NE(reason, std::string::npos);
        for (std::size_t size = 0; size < one.stream.size(); ++size) {
            auto const folded = decode({std::string_view(one.stream).substr(0, size)}, "connection reset");
            if (size < reason) EXPECT_EQ(folded.outcome.end, "transient") << one.name << size;
            EXPECT_TRUE(one.outcome.text.starts_with(folded.outcome.text)) << one.name << size;
            if (folded.outcome.end != "transient") EXPECT_EQ(folded.outcome.text, one.outcome.text) << one.name << size;
        }
    }
}

TEST(OpenAiDecoder, cuts_what_is_too_large)
{
    auto const large = said(std::string(300'000, 'x'));
    auto const folded = decode({large, large, large, large, finish("stop")});
    EXPECT_EQ(folded.outcome.end, "length");
    EXPECT_EQ(folded.outcome.text.size(), 1024u * 1024u);

    auto const thoughts = chunk(R"("reasoning":")" + std::string(600'000, 'x') + "\"");
    auto const thoughtful = decode({thoughts, thoughts, said("a"), finish("stop")});
    EXPECT_EQ(thoughtful.outcome.end, "stop");
    EXPECT_EQ(thoughtful.outcome.thoughts.size(), 600'000u);

    auto const event = "data: " + std::string(3'000'000, 'x');
    auto const alone = decode({event});
    EXPECT_EQ(alone.outcome.end, "permanent");
    EXPECT_EQ(alone.failed.reason, Failed::Reason::too_large);
    EXPECT_EQ(decode({said("a"), event}).outcome.end, "other");
}

TEST(OpenAiDecoder, says_nothing_of_what_a_server_says)
{
    auto const folded = decode({frame(R"({"error":{"message":"the key sk-1","code":"the key sk-2","type":"server_error"}})")});
    EXPECT_EQ(folded.failed.detail, "the server answered 500 server_error");
    EXPECT_EQ(decode({finish("you said: hello")}).failed.detail, "the reply ended without text, with an unknown reason");
}

} // namespace
} // namespace pollux::ai
