#include "chat/streams/events_stream.hpp"

#include "base/json.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace pollux::chat {

namespace {

struct SessionEnded {
    Int<1, std::numeric_limits<std::int64_t>::max()> session;
};
POLLUX_DESCRIBE(SessionEnded, (session))

class EventsStream final : public http::EventStream {
public:
    EventsStream(bus::Notices& notices, EventsReader reader)
        : notices_(notices), reader_(std::move(reader)), ends_at_(Steady::now() + reader_.time_max),
          after_(reader_.last_event_id.value_or(""))
    {}

    asio::awaitable<std::optional<std::string>> next(Steady::time_point until) override
    {
        if (is_over_ || Steady::now() >= ends_at_) co_return std::nullopt;

        // The first time only look what is there: some bytes must go out at once.
        auto wait_until = is_first_ ? Steady::time_point::min() : std::min(until, ends_at_);
        auto batch = co_await notices_.read(reader_.user, after_, wait_until);
        after_ = batch.last_id;
        auto out = events_of(batch);
        is_first_ = false;
        if (out.empty() && (batch.is_closed || Steady::now() >= ends_at_)) co_return std::nullopt;
        co_return out;
    }

private:
    std::string events_of(bus::NoticeBatch const& batch)
    {
        std::string out;
        std::string_view const first_id = batch.notices.empty() ? batch.last_id : std::string_view();
        if (batch.is_reset) {
            http::append_event(out, "reset", first_id, "{}");
        } else if (is_first_) {
            http::append_event(out, "ready", first_id, "{}");
        }
        for (auto const& notice : batch.notices) {
            http::append_event(out, notice.name, notice.id, notice.json);
            is_over_ = is_over_ || ends_this_session(notice);
        }
        return out;
    }

    bool ends_this_session(bus::Notice const& notice) const
    {
        if (notice.name != "session_ended") return false;
        auto ended = from_json<SessionEnded>(notice.json);
        return ended && ended->session.value == reader_.session.value;
    }

    bus::Notices& notices_;
    EventsReader reader_;
    Steady::time_point ends_at_;
    std::string after_;
    bool is_first_ = true;
    bool is_over_ = false;
};

} // namespace

std::unique_ptr<http::EventStream> make_events_stream(bus::Notices& notices, EventsReader reader)
{
    return std::make_unique<EventsStream>(notices, std::move(reader));
}

} // namespace pollux::chat
