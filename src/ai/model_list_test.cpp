#include "ai/model_list.hpp"

#include "ai/capped_model.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

namespace pollux::ai {
namespace {

using namespace std::chrono_literals;

std::vector<std::string> ids(ModelsOptions const& options)
{
    auto models = build_models(options);
    if (!models) return {"error"};
    std::vector<std::string> found;
    for (auto const& entry : models->all()) found.push_back(entry.id);
    return found;
}

using Ids = std::vector<std::string>;

TEST(Models, follow_the_setting)
{
    ModelsOptions options;
    EXPECT_EQ(ids(options), Ids{"error"}) << "nothing is configured";
    options.demo_by_default = DemoByDefault::yes;
    EXPECT_EQ(ids(options), Ids{"demo"});
    options.gemini.api_key = "k";
    EXPECT_EQ(ids(options), Ids{"gemini:gemini-flash-latest"});
    options.names = {"gemini:a", "gemini:b", "demo"};
    EXPECT_EQ(ids(options), (Ids{"gemini:a", "gemini:b", "demo"}));
    options.openai.base_url = "http://127.0.0.1:11434/v1";
    options.names = {"openai:llama3.2:8b", "gemini:a", "openai:qwen/qwen3"};
    EXPECT_EQ(ids(options), options.names) << "both kinds, side by side";
    for (auto const& wrong :
         {Ids{"openai:"}, Ids{"openai"}, Ids{"gemini:"}, Ids{"gemini"}, Ids{"palm:x"}, Ids{"demo:x"}, Ids{""}, Ids{"demo", "demo"}}) {
        options.names = wrong;
        EXPECT_EQ(ids(options), Ids{"error"}) << wrong.front();
    }
    options.gemini.api_key.clear();
    options.names = {"gemini:a"};
    EXPECT_EQ(ids(options), Ids{"error"}) << "no key";
    options.openai.base_url.clear();
    options.names = {"openai:a"};
    EXPECT_EQ(ids(options), Ids{"error"}) << "no server";
}

TEST(Models, are_found)
{
    ModelsOptions options;
    options.gemini.api_key = "k";
    options.names = {"gemini:a", "demo"};
    auto const models = build_models(options);
    ASSERT_TRUE(models);
    EXPECT_EQ(models->default_model().id, "gemini:a");
    EXPECT_EQ(models->find("gemini:a")->name, "a");
    EXPECT_EQ(models->find("a")->provider, "gemini");
    EXPECT_EQ(models->find("demo")->provider, "demo");
    EXPECT_EQ(models->find("b"), nullptr);
    EXPECT_EQ(models->find(""), nullptr);
}

TEST(Models, have_labels_and_lines_that_may_be_set)
{
    ModelsOptions options;
    options.gemini.api_key = "k";
    options.openai.base_url = "http://127.0.0.1:1/v1";
    options.names = {"gemini:gemini-flash-latest", "openai:meta-llama/llama-3.3-70b", "openai:b", "demo"};
    options.texts = {{"openai:b", "Bright", "For hard questions."}, {"openai:unknown", "x", "y"}};
    auto const models = build_models(options);
    ASSERT_TRUE(models);
    std::string told;
    for (auto const& entry : models->all()) told += entry.label + "|" + entry.line + "\n";
    EXPECT_EQ(told, "gemini-flash-latest|Google Gemini.\nllama-3.3-70b|\nBright|For hard questions.\n"
                    "Demo|Built-in rules, for trying things out.\n");
}

TEST(Models, name_rooms_by_the_default_unless_another_is_set)
{
    ModelsOptions options;
    options.gemini.api_key = "k";
    options.names = {"gemini:a", "demo"};
    auto const id = [&options] {
        auto const models = build_models(options);
        if (!models) return std::string("error");
        return models->title_model() ? models->title_model()->id : std::string("none");
    };
    EXPECT_EQ(id(), "gemini:a");
    options.title_model = "demo";
    EXPECT_EQ(id(), "demo");
    options.title_model = "gemini:small";
    EXPECT_EQ(id(), "gemini:small");
    EXPECT_EQ(ids(options), options.names) << "nobody can talk to it";
    options.title_model = "off";
    EXPECT_EQ(id(), "none");
    for (auto const* wrong : {"openai:x", "small", "gemini:"}) {
        options.title_model = wrong;
        EXPECT_EQ(id(), "error") << wrong;
    }
}

// Counts the calls that run; each lasts until `open` is true.
struct Gate {
    int running = 0;
    int running_max = 0;
    int finished = 0;
    bool open = false;
};

class GatedStream final : public ChatStream {
public:
    GatedStream(Gate& gate, asio::any_io_executor executor) : gate_(gate), timer_(std::move(executor))
    {
        gate_.running_max = std::max(gate_.running_max, ++gate_.running);
    }
    ~GatedStream() override { --gate_.running; }

    asio::awaitable<ModelEvent> next() override
    {
        while (!gate_.open) {
            timer_.expires_after(1ms);
            co_await timer_.async_wait(asio::use_awaitable);
        }
        co_return Finished{};
    }

private:
    Gate& gate_;
    asio::steady_timer timer_;
};

class GatedModel final : public ChatModel {
public:
    explicit GatedModel(Gate& gate) : gate_(gate) {}
    std::string_view provider() const override { return "gated"; }
    std::unique_ptr<ChatStream> start(asio::any_io_executor executor, ChatRequest) override
    {
        return std::make_unique<GatedStream>(gate_, std::move(executor));
    }

private:
    Gate& gate_;
};

asio::awaitable<void> call(CappedModel& model, Gate& gate, std::chrono::steady_clock::time_point deadline, int& failed)
{
    ChatRequest request;
    request.deadline = deadline;
    auto executor = co_await asio::this_coro::executor;
    auto stream = model.start(executor, std::move(request));
    auto const event = co_await stream->next();
    if (std::holds_alternative<Finished>(event)) {
        ++gate.finished;
    } else {
        ++failed;
        gate.open = true;
    }
}

TEST(CallSlots, what_may_wait_leaves_a_quarter_to_others)
{
    auto const slots = std::make_shared<CallSlots>(4);
    std::vector<CallSlots::Slot> taken;
    for (int count = 0; count < 4; ++count) taken.push_back(CallSlots::take_spare(slots));
    std::string had;
    for (auto const& slot : taken) had += slot ? "1" : "0";
    EXPECT_EQ(had, "1000") << "at most a quarter of them";
    taken.clear();
    EXPECT_TRUE(CallSlots::take_spare(slots));
    EXPECT_TRUE(CallSlots::take_spare(std::make_shared<CallSlots>(1))) << "one slot is to spare while nobody has it";
}

// What may wait takes the only slot, then a reply comes; `gate` opens when the reply has a slot.
asio::awaitable<void> name(CappedModel& model, std::optional<Failed>& failed)
{
    ChatRequest request;
    request.purpose = Purpose::title;
    request.deadline = std::chrono::steady_clock::now() + 30s;
    auto executor = co_await asio::this_coro::executor;
    auto stream = model.start(executor, std::move(request));
    auto const event = co_await stream->next();
    if (auto const* end = std::get_if<Failed>(&event)) failed = *end;
}

TEST(CappedModel, takes_the_slot_of_what_may_wait_for_a_reply)
{
    Gate gate;
    std::optional<Failed> cut;
    int failed = 0;
    CappedModel model(std::make_unique<GatedModel>(gate), 1);
    asio::io_context io;
    auto const began = std::chrono::steady_clock::now();
    asio::co_spawn(io, name(model, cut), asio::detached);
    while (gate.running == 0) io.run_one();
    asio::co_spawn(io, call(model, gate, began + 20s, failed), asio::detached);
    while (!cut) io.run_one();
    EXPECT_EQ(cut->kind, Failed::Kind::not_called);
    gate.open = true;
    io.run();
    EXPECT_EQ(gate.finished, 1) << "the reply";
    EXPECT_EQ(gate.running_max, 1);
    EXPECT_LT(std::chrono::steady_clock::now() - began, 20s);
}

asio::awaitable<void> name_well(CappedModel& model, std::optional<ModelEvent>& got)
{
    ChatRequest request;
    request.purpose = Purpose::title;
    request.deadline = std::chrono::steady_clock::now() + 30s;
    auto executor = co_await asio::this_coro::executor;
    auto stream = model.start(executor, std::move(request));
    got = co_await stream->next();
}

TEST(CappedModel, passes_on_whatever_comes_for_what_may_wait)
{
    Gate gate;
    gate.open = true;
    std::optional<ModelEvent> got;
    CappedModel model(std::make_unique<GatedModel>(gate), 1);
    asio::io_context io;
    asio::co_spawn(io, name_well(model, got), asio::detached);
    io.run();
    ASSERT_TRUE(got);
    EXPECT_TRUE(std::holds_alternative<Finished>(*got)) << "the alternative " << got->index();
}

TEST(CappedModel, runs_so_many_calls_at_once_and_no_more)
{
    Gate gate;
    int failed = 0;
    CappedModel model(std::make_unique<GatedModel>(gate), 3);
    asio::io_context io;
    auto const later = std::chrono::steady_clock::now() + 30s;
    for (int count = 0; count < 10; ++count) asio::co_spawn(io, call(model, gate, later, failed), asio::detached);
    // This one finds no slot in time, and opens the gate for the others.
    asio::co_spawn(io, call(model, gate, std::chrono::steady_clock::now() + 20ms, failed), asio::detached);
    io.run();
    EXPECT_EQ(gate.running_max, 3);
    EXPECT_EQ(gate.finished, 10);
    EXPECT_EQ(failed, 1);
    EXPECT_EQ(gate.running, 0);
}

} // namespace
} // namespace pollux::ai
