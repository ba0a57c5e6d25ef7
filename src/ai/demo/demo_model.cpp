#include "ai/demo/demo_model.hpp"

#include "ai/demo/demo_reply.hpp"
#include "ai/tokens.hpp"
#include "base/clock.hpp"
#include "base/text.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace pollux::ai {

namespace {

constexpr std::chrono::nanoseconds reply_duration_max = std::chrono::milliseconds(1900);
constexpr std::chrono::nanoseconds long_reply_duration_max = std::chrono::seconds(30);
constexpr std::size_t piece_bytes_max = 12; // A word and the space after it; scripts without spaces come in pieces of this size.

// The end of the piece that starts at `begin`: after the next space, at the latest after piece_bytes_max, never inside a character.
std::size_t piece_end(std::string_view text, std::size_t begin)
{
    auto const limit = std::min(text.size(), begin + piece_bytes_max);
    auto const space = text.find_first_of(" \n", begin);
    auto end = space < limit ? space + 1 : limit;
    while (!is_character_border(text, end)) ++end;
    return end;
}

std::size_t count_pieces(std::string_view text)
{
    std::size_t count = 0;
    for (std::size_t at = 0; at < text.size(); at = piece_end(text, at)) ++count;
    return count;
}

Usage usage_of(ChatRequest const& request, std::string_view reply)
{
    Usage usage;
    usage.prompt_tokens = estimate_tokens(request.system);
    for (auto const& turn : request.turns) usage.prompt_tokens += estimate_tokens(turn.text);
    usage.completion_tokens = estimate_tokens(reply);
    return usage;
}

class DemoStream final : public ChatStream {
public:
    DemoStream(asio::any_io_executor const& executor, ChatRequest const& request, int tokens_per_second)
        : text_(request.purpose == Purpose::title ? demo_title(request.turns) : demo_reply(request.turns)),
          usage_(usage_of(request, text_)), deadline_(request.deadline), timer_(executor)
    {
        if (tokens_per_second <= 0) return;
        std::chrono::nanoseconds const asked = std::chrono::nanoseconds(std::chrono::seconds(1)) / tokens_per_second;
        auto const duration_max = asks_for_something_long(request.turns) ? long_reply_duration_max : reply_duration_max;
        pause_ = std::min(asked, duration_max / static_cast<int>(count_pieces(text_)));
        due_ = Steady::now();
    }

    asio::awaitable<ModelEvent> next() override
    {
        if (sent_bytes_ == text_.size()) {
            if (usage_told_) co_return Finished{};
            usage_told_ = true;
            co_return UsageSoFar{usage_};
        }
        if (pause_ == pause_.zero()) {
            sent_bytes_ = text_.size();
            co_return TextDelta{text_};
        }

        due_ += pause_; // From due to due, not from now: a late wake-up does not slow the whole reply down.
        if (deadline_ != Steady::time_point() && due_ > deadline_)
            co_return Failed{Failed::Kind::transient, {}, "the demo model ran out of time"};
        timer_.expires_at(due_);
        co_await timer_.async_wait(asio::use_awaitable);

        auto const begin = sent_bytes_;
        sent_bytes_ = piece_end(text_, begin);
        co_return TextDelta{text_.substr(begin, sent_bytes_ - begin)};
    }

private:
    std::string text_;
    Usage usage_;
    Steady::time_point deadline_;
    asio::steady_timer timer_;
    std::chrono::nanoseconds pause_ = std::chrono::nanoseconds::zero();
    Steady::time_point due_;
    std::size_t sent_bytes_ = 0;
    bool usage_told_ = false;
};

} // namespace

std::unique_ptr<ChatStream> DemoModel::start(asio::any_io_executor executor, ChatRequest request)
{
    return std::make_unique<DemoStream>(executor, request, tokens_per_second_);
}

} // namespace pollux::ai
