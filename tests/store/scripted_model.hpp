// A model that does what a test tells it, call by call, and remembers what it was asked.
#pragma once

#include "ai/chat_model.hpp"
#include "net/wakeup.hpp"

#include <atomic>
#include <deque>
#include <mutex>
#include <stdexcept>

namespace pollux::test {

namespace asio = boost::asio;

// Where a script waits until the test lets it go on.
class Gate {
public:
    void open()
    {
        is_open_ = true;
        wakeup_.notify();
    }
    asio::awaitable<void> pass()
    {
        ++arrived_;
        while (!is_open_) {
            auto const seen = wakeup_.count();
            if (!is_open_) co_await wakeup_.wait(seen, Steady::time_point::max());
        }
    }
    int arrived() const { return arrived_; }

private:
    std::atomic<bool> is_open_ = false;
    std::atomic<int> arrived_ = 0;
    net::Wakeup wakeup_;
};

struct Accident {}; // The call throws.

using ScriptStep = std::variant<ai::ModelEvent, Gate*, Accident>;
using Script = std::vector<ScriptStep>;

inline ai::ModelEvent text(std::string piece)
{
    return ai::TextDelta{std::move(piece)};
}
inline ai::ModelEvent done(ai::FinishReason reason = ai::FinishReason::stop)
{
    return ai::Finished{reason, "state"};
}
inline ai::ModelEvent transient(std::optional<std::chrono::milliseconds> retry_after = std::nullopt)
{
    return ai::Failed{ai::Failed::Kind::transient, retry_after, "429"};
}
inline ai::ModelEvent permanent()
{
    return ai::Failed{ai::Failed::Kind::permanent, std::nullopt, "no such model"};
}

class ScriptedModel final : public ai::ChatModel {
public:
    // For the next call that has no script yet. Calls beyond the last script answer "ok".
    void next(Script script)
    {
        std::lock_guard lock(mutex_);
        scripts_.push_back(std::move(script));
    }
    std::vector<ai::ChatRequest> requests() const
    {
        std::lock_guard lock(mutex_);
        return requests_;
    }
    int open_calls() const { return open_; }
    int open_calls_max() const { return open_max_; }

    std::string_view provider() const override { return "scripted"; }

    std::unique_ptr<ai::ChatStream> start(asio::any_io_executor, ai::ChatRequest request) override
    {
        std::lock_guard lock(mutex_);
        requests_.push_back(std::move(request));
        Script script{text("ok"), done()};
        if (!scripts_.empty()) {
            script = std::move(scripts_.front());
            scripts_.pop_front();
        }
        open_max_ = std::max(open_max_.load(), ++open_);
        return std::make_unique<Stream>(*this, std::move(script));
    }

private:
    class Stream final : public ai::ChatStream {
    public:
        Stream(ScriptedModel& model, Script script) : model_(model), script_(std::move(script)) {}
        ~Stream() override { --model_.open_; }

        asio::awaitable<ai::ModelEvent> next() override
        {
            for (;;) {
                if (at_ == script_.size()) throw std::logic_error("asked for more than the script has");
                auto& step = script_[at_++];
                if (std::holds_alternative<Accident>(step)) throw std::runtime_error("an accident");
                if (auto* event = std::get_if<ai::ModelEvent>(&step)) co_return std::move(*event);
                co_await std::get<Gate*>(step)->pass();
            }
        }

    private:
        ScriptedModel& model_;
        Script script_;
        std::size_t at_ = 0;
    };

    mutable std::mutex mutex_;
    std::deque<Script> scripts_;
    std::vector<ai::ChatRequest> requests_;
    std::atomic<int> open_ = 0;
    std::atomic<int> open_max_ = 0;
};

} // namespace pollux::test
