#include "ai/gemini/gemini_decoder.hpp"

#include "base/text.hpp"

#include <gtest/gtest.h>

#include <ostream>

namespace pollux::ai {
namespace {

// All that a decoder gave, put together.
struct Outcome {
    std::string text;
    std::string thoughts;
    std::string citations; // "url@start-end", joined by spaces; the last list.
    std::string usage;     // "prompt/completion/thought", the last one.
    std::string end;       // "stop", "length", "blocked", "other", "continues", "transient", "permanent", "none".

    bool operator==(Outcome const&) const = default;
};

void PrintTo(Outcome const& outcome, std::ostream* out)
{
    *out << "{" << outcome.text << "|" << outcome.thoughts << "|" << outcome.citations << "|" << outcome.usage << "|" << outcome.end << "}";
}

struct Folded {
    Outcome outcome;
    std::string state;
    std::string token;
    Failed failed;
    int ends = 0;
};

void fold(Folded& into, ModelEvent event)
{
    EXPECT_EQ(into.ends, 0) << "an event after the last one";
    if (auto* delta = std::get_if<TextDelta>(&event)) {
        EXPECT_TRUE(is_utf8(delta->text));
        EXPECT_FALSE(delta->text.empty());
        into.outcome.text += delta->text;
    } else if (auto* thought = std::get_if<ThoughtDelta>(&event)) {
        EXPECT_TRUE(is_utf8(thought->text));
        into.outcome.thoughts += thought->text;
    } else if (auto* found = std::get_if<CitationsFound>(&event)) {
        into.outcome.citations.clear();
        for (auto const& one : found->citations) {
            if (!into.outcome.citations.empty()) into.outcome.citations += " ";
            into.outcome.citations += one.url + "@" + std::to_string(one.start) + "-" + std::to_string(one.end);
        }
    } else if (auto* usage = std::get_if<UsageSoFar>(&event)) {
        into.outcome.usage = std::to_string(usage->usage.prompt_tokens) + "/" + std::to_string(usage->usage.completion_tokens) + "/" +
                             std::to_string(usage->usage.thought_tokens);
    } else if (auto* finished = std::get_if<Finished>(&event)) {
        into.outcome.end = finished->reason == FinishReason::stop     ? "stop"
                           : finished->reason == FinishReason::length ? "length"
                           : finished->reason == FinishReason::other  ? "other"
                                                                      : "blocked";
        into.state = finished->provider_state;
        ++into.ends;
    } else if (auto* continues = std::get_if<Continues>(&event)) {
        into.outcome.end = "continues";
        into.token = continues->token;
        ++into.ends;
    } else if (auto* failed = std::get_if<Failed>(&event)) {
        into.outcome.end = failed->kind == Failed::Kind::transient ? "transient" : "permanent";
        into.failed = *failed;
        ++into.ends;
    }
}

Folded decode(std::vector<std::string_view> const& pieces, std::string_view why_cut = {}, std::string_view continuation = {})
{
    GeminiDecoder decoder("gemini-test", decode_so_far(continuation));
    Folded folded;
    folded.outcome.end = "none";
    auto const drain = [&] {
        while (auto event = decoder.next()) fold(folded, std::move(*event));
    };
    for (auto piece : pieces) {
        decoder.feed(piece);
        drain();
    }
    decoder.end(why_cut);
    drain();
    return folded;
}

std::string candidate(std::string const& parts, std::string const& more = "")
{
    return R"(data: {"candidates":[{"content":{"parts":[)" + parts + R"(],"role":"model"},"index":0)" + more + "}]}\r\n\r\n";
}

std::string text(std::string const& piece)
{
    return R"({"text":")" + piece + R"("})";
}

std::string finish(std::string const& reason)
{
    return R"(,"finishReason":")" + reason + "\"";
}

std::string grounding(std::string const& segment)
{
    return R"(,"groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://a.example/","title":"A"}},{"web":{"uri":"javascript:alert"}}],)"
           R"("groundingSupports":[{"segment":)" +
           segment + R"(,"groundingChunkIndices":[0,1,7,-1]}]})";
}

struct Case {
    char const* name;
    std::string stream;
    Outcome expected;
};

std::vector<Case> const cases = {
    {"short reply", candidate(text("Hel")) + candidate(text("lo")) + candidate(text("!"), finish("STOP")), {"Hello!", "", "", "", "stop"}},
    {"lf",
     "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]},\"finishReason\":\"STOP\"}]}\n\n",
     {"a", "", "", "", "stop"}},
    {"no last blank line",
     "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]},\"finishReason\":\"STOP\"}]}",
     {"a", "", "", "", "stop"}},
    {"STOP with each piece", candidate(text("a"), finish("STOP")) + candidate(text("b"), finish("STOP")), {"ab", "", "", "", "stop"}},
    {"any script",
     candidate(text("日本😀")) + candidate(text("é\\u00e9\\ud83d\\ude00"), finish("STOP")),
     {"日本😀éé😀", "", "", "", "stop"}},
    {"a character over two answers",
     candidate(text("a\xe2\x82")) + candidate(text("\xac"
                                                   "b"),
                                              finish("STOP")),
     {"a€b", "", "", "", "stop"}},
    {"nul is dropped", candidate(text("a\\u0000b"), finish("STOP")), {"ab", "", "", "", "stop"}},
    {"[DONE] is borne", candidate(text("a"), finish("STOP")) + "data: [DONE]\n\n", {"a", "", "", "", "stop"}},
    {"thoughts",
     candidate(R"({"text":"I think","thought":true})") + candidate(R"({"text":" hard","thought":true},)" + text("so"), finish("STOP")),
     {"so", "I think hard", "", "", "stop"}},
    {"usage is a running total",
     R"(data: {"candidates":[{"content":{"parts":[{"text":"a"}]}}],"usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":1}})"
     "\n\n"
     R"(data: {"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":5,"thoughtsTokenCount":9}})"
     "\n\n",
     {"a", "", "", "7/5/9", "stop"}},
    {"usage after the end",
     candidate(text("a"), finish("STOP")) + "data: {\"usageMetadata\":{\"promptTokenCount\":3}}\n\n",
     {"a", "", "", "3/0/0", "stop"}},
    {"usage keeps what is left out",
     "data: {\"usageMetadata\":{\"promptTokenCount\":3}}\n\ndata: {\"usageMetadata\":{\"candidatesTokenCount\":4}}\n\n" +
         candidate(text("a"), finish("STOP")),
     {"a", "", "", "3/4/0", "stop"}},
    {"fields of other types",
     R"(data: {"candidates":[{"content":{"parts":[{"text":5},{"text":"a"},7]},"index":"x","finishReason":"STOP"}],"usageMetadata":[],"promptFeedback":1})"
     "\n\n",
     {"a", "", "", "", "stop"}},
    {"other candidates are ignored",
     R"(data: {"candidates":[{"index":1,"content":{"parts":[{"text":"no"}]}},{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]})"
     "\n\n",
     {"a", "", "", "", "stop"}},
    {"length", candidate(text("a"), finish("MAX_TOKENS")), {"a", "", "", "", "length"}},
    {"all tokens gone in thoughts", candidate(R"({"text":"hm","thought":true})", finish("MAX_TOKENS")), {"", "hm", "", "", "permanent"}},
    {"blocked at once",
     R"(data: {"promptFeedback":{"blockReason":"SAFETY"}})"
     "\n\n",
     {"", "", "", "", "blocked"}},
    {"blocked for a new reason",
     R"(data: {"promptFeedback":{"blockReason":"JAILBREAK"}})"
     "\n\n",
     {"", "", "", "", "blocked"}},
    {"blocked in the middle", candidate(text("a")) + candidate("", finish("SAFETY")), {"a", "", "", "", "blocked"}},
    {"blocked by the prompt after text",
     candidate(text("a")) + "data: {\"promptFeedback\":{\"blockReason\":\"OTHER\"}}\n\n",
     {"a", "", "", "", "blocked"}},
    {"recitation", candidate(text("a"), finish("RECITATION")), {"a", "", "", "", "blocked"}},
    {"feedback without a block is no end", "data: {\"promptFeedback\":{\"safetyRatings\":[]}}\n\n", {"", "", "", "", "transient"}},
    {"empty", candidate("", finish("STOP")), {"", "", "", "", "transient"}},
    {"only spaces", candidate(text(" \\n"), finish("STOP")), {" \n", "", "", "", "transient"}},
    {"other", candidate(text("a"), finish("OTHER")), {"a", "", "", "", "other"}},
    {"unknown reason", candidate(text("a"), finish("SOMETHING_NEW")), {"a", "", "", "", "other"}},
    {"unknown reason that is no word", candidate(text("a"), finish("so \\u0000 \\ud800")), {"a", "", "", "", "other"}},
    {"unknown reason without text", candidate("", finish("SOMETHING_NEW")), {"", "", "", "", "permanent"}},
    {"a picture alone",
     candidate(R"({"inlineData":{"mimeType":"image/png","data":"AAAA"}})", finish("STOP")),
     {"", "", "", "", "permanent"}},
    {"a call alone", candidate(R"({"functionCall":{"name":"f","args":{}}})", finish("STOP")), {"", "", "", "", "permanent"}},
    {"a picture and text", candidate(R"({"inlineData":{"data":"AA"}},)" + text("a"), finish("STOP")), {"a", "", "", "", "stop"}},
    {"a surrogate pair over two answers",
     candidate(text("a\\ud83d")) + candidate(text("\\ude00b"), finish("STOP")),
     {"a😀b", "", "", "", "stop"}},
    {"a surrogate pair over two thoughts",
     candidate(R"({"text":"\ud83d","thought":true})") + candidate(R"({"text":"\uDE00","thought":true},)" + text("a"), finish("STOP")),
     {"a", "😀", "", "", "stop"}},
    {"half a surrogate pair",
     candidate(text("a\\ud83d")) + candidate(text("b"), finish("STOP")),
     {"a\uFFFD\uFFFD\uFFFDb", "", "", "", "stop"}},
    {"the other half",
     candidate(text("a\\ude00b \\\\ud83d \\ud83d\\ude00"), finish("STOP")),
     {"a\uFFFD\uFFFD\uFFFDb \\ud83d 😀", "", "", "", "stop"}},
    {"ends inside a surrogate pair", candidate(text("a\\ud83d"), finish("STOP")), {"a\uFFFD", "", "", "", "stop"}},
    {"figures that cannot be",
     R"(data: {"usageMetadata":{"promptTokenCount":9223372036854775807,"toolUsePromptTokenCount":9223372036854775807,"candidatesTokenCount":-5,"thoughtsTokenCount":18446744073709551615}})"
     "\n\n" +
         candidate(text("a"), finish("STOP")),
     {"a", "", "", "2000000000/0/1000000000", "stop"}},
    {"unspecified reason is none", candidate(text("a"), finish("FINISH_REASON_UNSPECIFIED")), {"a", "", "", "", "transient"}},
    {"cut", candidate(text("a")), {"a", "", "", "", "transient"}},
    {"cut inside a line", candidate(text("a")) + "data: {\"candidates\":[{\"cont", {"a", "", "", "", "transient"}},
    {"cut after the end", candidate(text("a"), finish("STOP")) + "data: {\"usageMeta", {"a", "", "", "", "stop"}},
    {"ends inside a character", candidate(text("a\xe2\x82"), finish("STOP")), {"a\uFFFD", "", "", "", "stop"}},
    {"no utf-8",
     candidate(text("a\xff"
                    "b"),
               finish("STOP")),
     {"a\uFFFDb", "", "", "", "stop"}},
    {"garbage", candidate(text("a")) + "data: {oops\n\n", {"a", "", "", "", "transient"}},
    {"html", "<!DOCTYPE html>\n<html><body>502</body></html>\n", {"", "", "", "", "transient"}},
    {"nothing", "", {"", "", "", "", "transient"}},
    {"array form",
     "[{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]},\"finishReason\":\"STOP\"}]}]",
     {"", "", "", "", "transient"}},
    {"error as data",
     candidate(text("a")) + R"(data: {"error":{"code":503,"message":"no","status":"UNAVAILABLE"}})"
                            "\n\n",
     {"a", "", "", "", "transient"}},
    {"permanent error as data",
     R"(data: {"error":{"code":400,"message":"no","status":"INVALID_ARGUMENT"}})"
     "\n\n",
     {"", "", "", "", "permanent"}},
    {"bare error",
     candidate(text("a")) + R"({"error":{"code":403,"message":"no","status":"PERMISSION_DENIED"}})",
     {"a", "", "", "", "permanent"}},
    {"bare error on lines",
     candidate(text("a")) + "{\n  \"error\": {\n    \"code\": 500,\n    \"status\": \"INTERNAL\"\n  }\n}\n",
     {"a", "", "", "", "transient"}},
    {"citations",
     candidate(
         text("abc"),
         R"(,"citationMetadata":{"citationSources":[{"endIndex":3,"uri":"https://c.example/"},{"startIndex":9,"endIndex":99,"uri":"http://d.example/"},{"endIndex":1}]})" +
             finish("STOP")),
     {"abc", "", "https://c.example/@0-3 http://d.example/@0-0", "", "stop"}},
    {"grounding in bytes",
     candidate(text("é is ")) + candidate(text("a letter"), grounding(R"({"startIndex":3,"endIndex":5,"text":"is"})") + finish("STOP")),
     {"é is a letter", "", "https://a.example/@3-5", "", "stop"}},
    {"grounding after thoughts",
     candidate(R"({"text":"hm","thought":true},)" + text("abc"),
               grounding(R"({"partIndex":1,"startIndex":1,"endIndex":3})") + finish("STOP")),
     {"abc", "hm", "https://a.example/@1-3", "", "stop"}},
    {"grounding where its text is",
     candidate(text("abc def"), grounding(R"({"startIndex":100,"endIndex":103,"text":"def"})") + finish("STOP")),
     {"abc def", "", "https://a.example/@4-7", "", "stop"}},
    {"grounding that fits nowhere",
     candidate(text("é"), grounding(R"({"startIndex":1,"endIndex":2})") + finish("STOP")),
     {"é", "", "https://a.example/@0-0", "", "stop"}},
    {"grounding without supports",
     candidate(text("a"), R"(,"groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://a.example/"}}]})" + finish("STOP")),
     {"a", "", "https://a.example/@0-0", "", "stop"}},
};

TEST(GeminiDecoder, reads_the_table_cut_at_every_byte)
{
    for (auto const& c : cases) {
        std::string_view const stream = c.stream;
        for (std::size_t at = 0; at <= stream.size(); ++at) {
            auto const folded = decode({stream.substr(0, at), stream.substr(at)});
            ASSERT_EQ(folded.outcome, c.expected) << c.name << " cut at " << at << ": " << folded.failed.detail;
            ASSERT_EQ(folded.ends, 1) << c.name;
        }
    }
}

TEST(GeminiDecoder, reads_the_table_byte_by_byte)
{
    for (auto const& c : cases) {
        std::vector<std::string_view> bytes;
        for (std::size_t at = 0; at < c.stream.size(); ++at) bytes.push_back(std::string_view(c.stream).substr(at, 1));
        EXPECT_EQ(decode(bytes).outcome, c.expected) << c.name;
    }
}

// Whatever byte a stream breaks off at: one end, and never a whole reply before its finish reason was there.
TEST(GeminiDecoder, a_cut_stream_is_never_a_reply)
{
    auto const stream = candidate(text("Hel")) + candidate(text("lo"), finish("STOP"));
    auto const reply_ends = stream.find("\r\n\r\n", 20);
    auto const last_object_ends = stream.size() - 4;
    for (std::size_t size = 0; size < stream.size(); ++size) {
        auto const folded = decode({std::string_view(stream).substr(0, size)}, "connection reset");
        EXPECT_EQ(folded.ends, 1);
        EXPECT_EQ(folded.outcome.end, size < last_object_ends ? "transient" : "stop") << size;
        EXPECT_EQ(folded.outcome.text, size < reply_ends ? "" : size < last_object_ends ? "Hel" : "Hello") << size;
    }
}

TEST(GeminiDecoder, keeps_signatures_where_they_stood)
{
    auto const folded = decode(
        {candidate(text("ab") + R"(,{"text":"c","thoughtSignature":"S1"})") + candidate(R"({"thoughtSignature":"S2"})", finish("STOP"))});
    EXPECT_EQ(folded.outcome.text, "abc");
    auto const state = decode_state(folded.state, "abc");
    EXPECT_EQ(state.model, "gemini-test");
    ASSERT_EQ(state.parts.size(), 2u);
    EXPECT_EQ(state.parts[0].begin, 2u);
    EXPECT_EQ(state.parts[0].end, 3u);
    EXPECT_EQ(state.parts[0].signature, "S1");
    EXPECT_EQ(state.parts[1].begin, 3u);
    EXPECT_EQ(state.parts[1].end, 3u);
}

TEST(GeminiDecoder, goes_on_over_several_calls)
{
    auto const first = decode(
        {candidate(R"({"text":"abc","thoughtSignature":"S1"})",
                   R"(,"citationMetadata":{"citationSources":[{"endIndex":3,"uri":"https://c.example/"}]},"continuationToken":"T1")" +
                       finish("CONTINUATION"))});
    EXPECT_EQ(first.outcome.end, "continues");
    EXPECT_EQ(decode_so_far(first.token).token, "T1");

    auto const second =
        decode({candidate(R"({"text":"def","thoughtSignature":"S2"})", grounding(R"({"startIndex":1,"endIndex":3})") + finish("STOP"))}, {},
               first.token);
    EXPECT_EQ(second.outcome.text, "def");
    EXPECT_EQ(second.outcome.end, "stop");
    EXPECT_EQ(second.outcome.citations, "https://c.example/@0-3 https://a.example/@4-6");
    auto const state = decode_state(second.state, "abcdef");
    ASSERT_EQ(state.parts.size(), 2u);
    EXPECT_EQ(state.parts[1].begin, 3u);
    EXPECT_EQ(state.parts[1].end, 6u);

    auto const nothing_more = decode({candidate("", finish("STOP"))}, {}, first.token);
    EXPECT_EQ(nothing_more.outcome.end, "stop") << "the reply as a whole is not empty";
    EXPECT_EQ(decode({candidate(text("a"), finish("CONTINUATION"))}).outcome.end, "transient") << "no token";
}

TEST(GeminiDecoder, cuts_what_is_too_large)
{
    auto const large = candidate(text(std::string(300'000, 'x')));
    auto const folded = decode({large, large, large, large, candidate(text("x"), finish("STOP"))});
    EXPECT_EQ(folded.outcome.end, "length");
    EXPECT_EQ(folded.outcome.text.size(), 1024u * 1024u);

    auto const thoughts = candidate(R"({"text":")" + std::string(600'000, 'x') + R"(","thought":true})");
    auto const thoughtful = decode({thoughts, thoughts, candidate(text("a"), finish("STOP"))});
    EXPECT_EQ(thoughtful.outcome.end, "stop");
    EXPECT_EQ(thoughtful.outcome.thoughts.size(), 600'000u);

    auto const event = "data: " + std::string(3'000'000, 'x');
    auto const alone = decode({event});
    EXPECT_EQ(alone.outcome.end, "permanent");
    EXPECT_EQ(alone.failed.reason, Failed::Reason::too_large);
    EXPECT_EQ(decode({candidate(text("a")), event}).outcome, (Outcome{"a", "", "", "", "other"}));
}

TEST(GeminiDecoder, drops_signatures_that_no_database_keeps)
{
    for (auto signature : {"\xff\xfe", "a\\u0000b", "\\ud800"}) {
        auto const folded = decode({candidate(R"({"text":"x","thoughtSignature":")" + std::string(signature) + "\"}", finish("STOP"))});
        EXPECT_EQ(folded.outcome, (Outcome{"x", "", "", "", "stop"})) << signature;
        EXPECT_EQ(folded.state, "") << signature;
    }
}

TEST(GeminiDecoder, bears_citations_that_are_no_text)
{
    auto const folded = decode({candidate(text("abc"), R"(,"citationMetadata":{"citationSources":[{"uri":"https://a.example/)"
                                                       "\xff"
                                                       R"("},{"uri":"https://b.example/","title":")"
                                                       "\xff"
                                                       R"(","endIndex":9223372036854775807}]})" +
                                                           finish("STOP"))});
    EXPECT_EQ(folded.outcome, (Outcome{"abc", "", "https://b.example/@0-0", "", "stop"}));
}

TEST(GeminiState, is_dropped_where_it_does_not_fit)
{
    auto const encoded = encode_state({"m", {{0, 2, "S"}}});
    EXPECT_EQ(decode_state(encoded, "é").parts.size(), 1u);
    EXPECT_TRUE(decode_state(encoded, "aé").parts.empty());
    EXPECT_TRUE(decode_state(encoded, "a").parts.empty());
    for (auto wrong : {"", "x", "[]", "{\"parts\":[{\"begin\":2,\"end\":1}]}", "{\"parts\":[{\"begin\":-1,\"end\":1}]}", "{\"parts\":7}"}) {
        EXPECT_TRUE(decode_state(wrong, "abc").parts.empty()) << wrong;
        EXPECT_TRUE(decode_so_far(wrong).token.empty()) << wrong;
    }
    EXPECT_EQ(encode_state({"m", {}}), "");
    EXPECT_EQ(encode_state({"m", {{0, 1, std::string(300'000, 's')}}}), "") << "too much to keep with a reply";
}

} // namespace
} // namespace pollux::ai
