#include "redis/client.hpp"

#include "ops/failure.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace pollux::redis {
namespace {

constexpr std::chrono::seconds stop_max{1};

} // namespace

Client::Client(net::Runtime& runtime, Url url, Limits limits) : runtime_(runtime), server_(std::move(url)), tasks_(ops::must_not_fail)
{
    for (std::size_t index = 0; index < runtime.size(); ++index) {
        pipelines_.push_back(std::make_unique<Pipeline>(runtime.executor(index), server_, watch_, limits));
    }
}

Client::~Client() = default;

void Client::start()
{
    for (auto& pipeline : pipelines_) tasks_.spawn(pipeline->executor(), pipeline->run());
}

void Client::stop()
{
    for (auto& pipeline : pipelines_) tasks_.spawn(pipeline->executor(), pipeline->stop());
    tasks_.wait(stop_max);
}

Pipeline& Client::here() const
{
    for (std::size_t index = 0; index < pipelines_.size(); ++index) {
        if (runtime_.context(index).get_executor().running_in_this_thread()) return *pipelines_[index];
    }
    return *pipelines_.front();
}

asio::awaitable<Answers> Client::call_all(std::string commands, std::size_t count, Patience patience)
{
    auto& pipeline = here();
    auto const start = [&pipeline, count, patience](auto handler, std::string bytes) {
        auto executor = asio::get_associated_executor(handler);
        auto waiter = std::make_shared<decltype(handler)>(std::move(handler));
        // Posted, never called: a caller that is resumed may do what it likes, while the pipeline is in the middle of its work.
        Pipeline::Done done = [executor, waiter = std::move(waiter)](Answers answers) {
            asio::post(executor, [waiter, answers = std::move(answers)]() mutable { (*waiter)(std::move(answers)); });
        };
        // On the pipeline's own thread this is a plain call.
        asio::dispatch(pipeline.executor(), [&pipeline, count, patience, bytes = std::move(bytes), done = std::move(done)]() mutable {
            pipeline.call(bytes, count, patience, std::move(done));
        });
    };
    co_return co_await asio::async_initiate<asio::use_awaitable_t<> const, void(Answers)>(start, asio::use_awaitable, std::move(commands));
}

asio::awaitable<std::optional<Reply>> Client::call(std::string command, Patience patience)
{
    auto answers = co_await call_all(std::move(command), 1, patience);
    if (!answers) co_return std::nullopt;
    co_return std::move(answers->front());
}

void Client::send(std::string commands, std::size_t count, std::function<void()> on_lost)
{
    auto& pipeline = here();
    if (!pipeline.is_up() && !on_lost) return;
    Pipeline::Done done;
    if (on_lost) {
        done = [on_lost = std::move(on_lost)](Answers const& answers) {
            if (!answers || std::ranges::any_of(*answers, is_refusal)) on_lost();
        };
    }
    asio::dispatch(pipeline.executor(), [&pipeline, commands = std::move(commands), count, done = std::move(done)]() mutable {
        pipeline.call(commands, count, Patience::full, std::move(done));
    });
}

} // namespace pollux::redis
