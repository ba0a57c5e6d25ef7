#include "chat/replies/reply_writer.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace pollux::chat {
namespace {

constexpr std::chrono::milliseconds flush_every{10};

} // namespace

asio::awaitable<void> ReplyWriter::begin(std::int64_t attempt, std::string model)
{
    attempt_ = attempt;
    model_ = model;
    last_flush_ = {};
    text_.clear();
    thoughts_.clear();
    citations_json_.clear();
    co_await feed_.begin(user_, reply_, attempt, std::move(model));
}

void ReplyWriter::add_text(std::string_view text)
{
    text_ += text;
    wake();
}

void ReplyWriter::add_thoughts(std::string_view thoughts)
{
    thoughts_ += thoughts;
    wake();
}

void ReplyWriter::set_citations(std::string json)
{
    citations_json_ = std::move(json);
    wake();
}

void ReplyWriter::wake()
{
    if (is_idle_) timer_.cancel();
}

asio::awaitable<void> ReplyWriter::run()
{
    while (!is_closed_) {
        if (!has_news()) {
            is_idle_ = true;
            co_await wait_until(Steady::time_point::max());
            is_idle_ = false;
            continue;
        }
        auto const due = last_flush_ + flush_every;
        if (Steady::now() < due) co_await wait_until(due);
        co_await flush();
    }
    co_await flush();
}

void ReplyWriter::close()
{
    is_closed_ = true;
    timer_.cancel();
}

asio::awaitable<void> ReplyWriter::flush()
{
    if (!has_news()) co_return;
    last_flush_ = Steady::now();
    auto citations = std::exchange(citations_json_, {});
    auto text = std::exchange(text_, {});
    auto thoughts = std::exchange(thoughts_, {});
    if (!text.empty() || !thoughts.empty()) co_await feed_.append(reply_, attempt_, std::move(text), std::move(thoughts));
    if (!citations.empty()) co_await feed_.cite(reply_, attempt_, std::move(citations));
}

asio::awaitable<void> ReplyWriter::wait_until(Steady::time_point until)
{
    timer_.expires_at(until);
    boost::system::error_code woken;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
}

} // namespace pollux::chat
