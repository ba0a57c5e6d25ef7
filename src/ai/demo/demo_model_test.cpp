#include "ai/demo/demo_model.hpp"
#include "ai/demo/demo_reply.hpp"

#include "base/text.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace pollux::ai {
namespace {

std::vector<Turn> conversation(std::initializer_list<std::string> texts)
{
    std::vector<Turn> turns;
    for (auto const& text : texts) turns.push_back({turns.size() % 2 == 0 ? Role::user : Role::assistant, text, {}});
    return turns;
}

bool holds(std::string const& text, std::string_view part)
{
    return text.find(part) != std::string::npos;
}

TEST(DemoReply, says_in_every_reply_what_it_is_and_how_to_get_gemini)
{
    for (std::string const text :
         {"hi", "tell me a joke", "write code", "what did I ask before?", "Why is the sky blue?", "你好", "", "\n\n", "`` ` ```"}) {
        auto const reply = demo_reply(conversation({text}));
        EXPECT_TRUE(holds(reply, "demo model")) << text;
        EXPECT_TRUE(holds(reply, "GEMINI_API_KEY")) << text;
    }
}

TEST(DemoReply, uses_the_conversation)
{
    auto const reply = demo_reply(conversation({"Tell me about Castor", "...", "and about Leda", "...", "What did I ask before?"}));
    EXPECT_TRUE(holds(reply, "1. Tell me about Castor"));
    EXPECT_TRUE(holds(reply, "2. and about Leda"));
    EXPECT_TRUE(holds(demo_reply(conversation({"what did i ask before?"})), "first message"));
    EXPECT_TRUE(holds(demo_reply(conversation({"My name is Ada. Hello!", "...", "What is my name?"})), "**Ada**"));
    EXPECT_TRUE(holds(demo_reply(conversation({"Tell me a joke"})), "coroutine"));
    EXPECT_TRUE(holds(demo_reply(conversation({"Hello"})), "Hello!"));
    EXPECT_FALSE(holds(demo_reply(conversation({"History of Rome"})), "Hello"));
    EXPECT_TRUE(holds(demo_reply(conversation({"Why is the sky blue?"})), "Why is the sky blue?"));
    EXPECT_TRUE(holds(demo_reply(conversation({"Show me code"})), "```python"));
}

TEST(DemoReply, is_long_when_that_is_asked_for)
{
    for (std::string const text :
         {"Tell me a long story", "Something LONG, please.", "a longer one", "Write an essay about the sea", "Explain tides in detail",
          "Erzähl mir eine lange Geschichte", "Напиши длинный рассказ", "讲一个很长的故事"}) {
        EXPECT_TRUE(asks_for_something_long(conversation({text}))) << text;
        EXPECT_GT(demo_reply(conversation({text})).size(), 8000u) << text;
    }
    for (std::string const text :
         {"How long is the Nile?", "so long!", "Where do I belong?", "longitude", "along the river", "not any more, no longer", ""}) {
        EXPECT_FALSE(asks_for_something_long(conversation({text}))) << text;
        EXPECT_LT(demo_reply(conversation({text})).size(), 4000u) << text;
    }
    EXPECT_FALSE(asks_for_something_long(conversation({"a long one", "...", "and a joke"}))); // The last question counts.
}

TEST(DemoReply, is_valid_text_in_any_script_and_deterministic)
{
    std::string long_text;
    for (int count = 0; count < 500; ++count) long_text += "语言😀é";
    for (std::string const& text : {std::string("这是一个问题"), std::string("ما هو هذا؟"), std::string("यह क्या है"), long_text}) {
        auto const turns = conversation({text, "...", "and " + text});
        auto const reply = demo_reply(turns);
        EXPECT_TRUE(is_utf8(reply));
        EXPECT_LT(reply.size(), 4000u);
        EXPECT_EQ(reply, demo_reply(turns));
    }
}

struct Collected {
    std::string text;
    int deltas = 0;
    Usage usage;
    int finished = 0;
    int failed = 0;
};

asio::awaitable<void> collect(DemoModel& model, ChatRequest request, Collected& into)
{
    auto executor = co_await asio::this_coro::executor;
    auto stream = model.start(executor, std::move(request));
    while (into.finished + into.failed == 0) {
        auto event = co_await stream->next();
        if (auto* delta = std::get_if<TextDelta>(&event)) {
            EXPECT_TRUE(is_utf8(delta->text));
            into.text += delta->text;
            ++into.deltas;
        }
        if (auto* usage = std::get_if<UsageSoFar>(&event)) into.usage = usage->usage;
        if (std::holds_alternative<Finished>(event)) ++into.finished;
        if (std::holds_alternative<Failed>(event)) ++into.failed;
    }
}

Collected run(int tokens_per_second, ChatRequest request)
{
    DemoModel model(tokens_per_second);
    Collected collected;
    asio::io_context io;
    asio::co_spawn(io, collect(model, std::move(request), collected), asio::detached);
    io.run();
    return collected;
}

TEST(DemoModel, streams_exactly_its_reply)
{
    ChatRequest request;
    request.turns = conversation({"日本語でどうぞ、よろしくお願いします"});
    request.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);

    auto const unpaced = run(0, request);
    EXPECT_EQ(unpaced.text, demo_reply(request.turns));
    EXPECT_EQ(unpaced.deltas, 1);
    EXPECT_EQ(unpaced.finished, 1);
    EXPECT_GT(unpaced.usage.prompt_tokens, 0);
    EXPECT_GT(unpaced.usage.completion_tokens, unpaced.usage.prompt_tokens);

    auto const paced = run(5000, request);
    EXPECT_EQ(paced.text, unpaced.text);
    EXPECT_GT(paced.deltas, 10);
    EXPECT_EQ(paced.finished, 1);
}

// At the default of 60 tokens a second: long enough for killing the server by hand in the middle.
TEST(DemoModel, writes_half_a_minute_when_asked_for_something_long)
{
    ChatRequest request;
    request.turns = conversation({"Tell me a long story"});
    auto const written = run(1'000'000, request);
    EXPECT_EQ(written.text, demo_reply(request.turns));
    EXPECT_GE(written.deltas, 25 * 60);
    EXPECT_LE(written.deltas, 32 * 60);
}

TEST(DemoModel, fails_at_the_deadline)
{
    ChatRequest request;
    request.turns = conversation({"hello"});
    request.deadline = std::chrono::steady_clock::now();
    EXPECT_EQ(run(60, request).failed, 1);
}

} // namespace
} // namespace pollux::ai
