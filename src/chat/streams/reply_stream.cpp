#include "chat/streams/reply_stream.hpp"

#include "base/required.hpp"

#include <utility>

namespace pollux::chat {

namespace {

class ReplyStream final : public http::EventStream {
public:
    ReplyStream(ReplyFollower follower, MessageId reply, std::optional<EventId> resume_from, std::string first_bytes = {})
        : follower_(std::move(follower)), state_(reply, resume_from), first_bytes_(std::move(first_bytes))
    {}

    asio::awaitable<std::optional<std::string>> next(Steady::time_point until) override
    {
        using Outcome = ReplyFollower::Outcome;
        if (!first_bytes_.empty()) co_return std::exchange(first_bytes_, {});
        while (!state_.is_over()) {
            auto const step = co_await follower_.next(state_.position(), until);
            switch (step.outcome) {
            case Outcome::finished: co_return state_.take(follower_.reply());
            case Outcome::deleted: co_return state_.take_deleted();
            case Outcome::closed: co_return std::nullopt;
            case Outcome::waits: co_return state_.take_waiting(required(follower_.reply().waiting));
            case Outcome::nothing: co_return std::string();
            case Outcome::news: break;
            }
            auto bytes = state_.take(step.news);
            if (!bytes.empty()) co_return bytes;
        }
        co_return std::nullopt;
    }

private:
    ReplyFollower follower_;
    ReplyStreamState state_;
    std::string first_bytes_;
};

} // namespace

asio::awaitable<Result<std::unique_ptr<http::EventStream>>> open_reply_stream(ReplyFeed& feed, UserId user, MessageId reply,
                                                                              LoadMessage load, std::optional<EventId> resume_from,
                                                                              ReplyPace pace)
{
    auto loaded = co_await load();
    if (!loaded) co_return loaded.error();
    if (loaded->role != MessageRole::assistant) co_return not_found("message");

    if (resume_from && loaded->is_finished()) {
        if (resume_from->is_end) co_return std::unique_ptr<http::EventStream>();
        if (!stands_between_characters(*resume_from, *loaded)) co_return bad_event_id();
    } else if (resume_from) {
        auto news = co_await feed.read(user, reply, position_of(*resume_from), Steady::time_point::min());
        if (!stands_between_characters(*resume_from, news)) co_return bad_event_id();
    }
    ReplyFollower follower(feed, user, std::move(*loaded), std::move(load), pace);
    co_return std::make_unique<ReplyStream>(std::move(follower), reply, resume_from);
}

std::unique_ptr<http::EventStream> make_accepted_stream(ReplyFeed& feed, UserId user, Message reply, LoadMessage load,
                                                        std::string accepted_json, ReplyPace pace)
{
    std::string first_bytes;
    http::append_event(first_bytes, "accepted", to_string(EventId{}), accepted_json);
    auto const id = reply.id;
    ReplyFollower follower(feed, user, std::move(reply), std::move(load), pace);
    return std::make_unique<ReplyStream>(std::move(follower), id, std::nullopt, std::move(first_bytes));
}

} // namespace pollux::chat
