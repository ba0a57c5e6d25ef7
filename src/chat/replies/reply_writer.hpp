// Passes a reply on to its readers while it is written: the first piece at once, later ones at once unless the last pass is less than
// 10 ms old; then what has come is passed on together when the 10 ms are over. Lives on one executor.
#pragma once

#include "base/clock.hpp"
#include "chat/streams/reply_feed.hpp"

#include <boost/asio/steady_timer.hpp>

#include <string>
#include <string_view>

namespace pollux::chat {

namespace asio = boost::asio;

class ReplyWriter {
public:
    ReplyWriter(ReplyFeed& feed, asio::any_io_executor const& executor, UserId user, MessageId reply)
        : feed_(feed), timer_(executor), user_(user), reply_(reply)
    {}

    // A new attempt, with empty text.
    asio::awaitable<void> begin(std::int64_t attempt, std::string model);
    std::int64_t attempt() const { return attempt_; } // 0: none has begun.
    std::string const& model() const { return model_; }

    void add_text(std::string_view text);
    void add_thoughts(std::string_view thoughts);
    void set_citations(std::string json);

    // Passes on what is added from open() to close(), which may both come before it. May be cancelled; then flush() passes on the rest.
    asio::awaitable<void> run();
    void open() { is_closed_ = false; }
    void close();
    asio::awaitable<void> flush();

private:
    bool has_news() const { return !text_.empty() || !thoughts_.empty() || !citations_json_.empty(); }
    void wake();
    asio::awaitable<void> wait_until(Steady::time_point until);

    ReplyFeed& feed_;
    asio::steady_timer timer_;
    UserId const user_;
    MessageId const reply_;
    std::int64_t attempt_ = 0;
    std::string model_;
    Steady::time_point last_flush_{};
    std::string text_; // Not passed on yet, as the next two.
    std::string thoughts_;
    std::string citations_json_;
    bool is_idle_ = false; // run() waits for something to be added.
    bool is_closed_ = false;
};

} // namespace pollux::chat
