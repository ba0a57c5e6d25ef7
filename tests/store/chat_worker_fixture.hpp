// A worker, its service and everything they share, with models that do what the test tells them.
#pragma once

#include "bus/memory_notices.hpp"
#include "bus/memory_room_list_cache.hpp"
#include "chat/chat_service.hpp"
#include "chat/replies/reply_worker.hpp"
#include "chat/streams/memory_reply_feed.hpp"
#include "chat_fixture.hpp"
#include "limits/memory_rate_limiter.hpp"
#include "scripted_model.hpp"

#include <boost/asio/use_future.hpp>

#include <thread>

namespace pollux::test {

inline constexpr std::chrono::seconds patience{30}; // For what must come; nothing passes because of it.

class ChatWorker : public ChatStores {
protected:
    ChatWorker()
    {
        std::vector<ai::ModelEntry> entries;
        for (auto [id, model] : {std::pair("first", &first), std::pair("second", &second)}) {
            auto owned = std::make_unique<ScriptedModel>();
            *model = owned.get();
            entries.push_back({id, "scripted", std::string(id) + "-name", std::move(owned)});
        }
        models = ai::Models(std::move(entries));
        rows("update plans set models = '[\"first\"]', messages_per_day = 1000");
        runtime.start();
    }

    ~ChatWorker() override
    {
        if (worker) worker->stop(std::chrono::milliseconds(0));
        temp.database().close();
        runtime.stop();
    }

    void start_worker(std::size_t replies_max = 64, std::chrono::milliseconds scan_every = std::chrono::milliseconds(20))
    {
        chat::ReplyTools tools{temp.database(), feed,    {notices, room_lists}, models, temp.clock(), gauge,
                               "Be kind.",      limiter, calls_per_minute_max,  titles};
        chat::ReplyWorker::Options options{
            .replies_max = replies_max, .scan_every = scan_every, .renew_every = std::chrono::milliseconds(100)};
        worker = std::make_unique<chat::ReplyWorker>(std::move(tools), runtime, options);
        worker->start();
        service.emplace(parts());
    }

    chat::ChatService::Parts parts()
    {
        return {temp.database(), feed, notices, room_lists, billing, models, temp.clock(), gauge, worker.get()};
    }

    template <class T>
    T on_runtime(asio::awaitable<T> work)
    {
        std::optional<T> result;
        asio::co_spawn(runtime.next_executor(), keep(std::move(work), result), asio::use_future).get();
        return std::move(*result);
    }

    chat::Sent say(UserId user, RoomId room, std::string content = "hello")
    {
        return on_runtime(service->send(user, room, std::move(content), std::nullopt)).value().value;
    }

    chat::Message ended(chat::Message const& reply, UserId user)
    {
        auto const found = on_runtime(service->when_finished(user, reply, Steady::now() + patience));
        EXPECT_TRUE(found.is_finished());
        return found;
    }

    chat::Message now_is(chat::Message const& reply, UserId user)
    {
        return on_runtime(service->message(user, reply.chatroom, reply.id)).value();
    }

    template <class Condition>
    void eventually(Condition condition)
    {
        auto const until = Steady::now() + patience;
        while (!condition()) {
            ASSERT_LT(Steady::now(), until) << "waited in vain";
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }

    void let_pass_for_limiter(Steady::duration time) { limiter_time = limiter_time.load() + time; }

    // A reply that is put back is due again by the clock of the database, which stands still unless a test moves it.
    void let_time_pass_until_ended(chat::Message const& reply, UserId user)
    {
        eventually([&] {
            if (number("select count(*) from jobs where state = 'waiting' and due_at > now_us()") > 0) advance(std::chrono::seconds(1));
            return now_is(reply, user).is_finished();
        });
    }

    // What a reader has after the whole feed.
    std::string fed(MessageId reply)
    {
        auto const news = on_runtime(feed.read(UserId{1}, reply, {}, Steady::now()));
        return news.text;
    }

    std::vector<std::string> noticed(UserId user, std::string after)
    {
        auto const batch = on_runtime(notices.read(user, std::move(after), Steady::now()));
        std::vector<std::string> found;
        for (auto const& notice : batch.notices) found.push_back(notice.name + " " + notice.json);
        return found;
    }

    ScriptedModel* first = nullptr;
    ScriptedModel* second = nullptr;
    net::Runtime runtime{2};
    chat::MemoryReplyFeed feed;
    bus::MemoryNotices notices;
    bus::MemoryRoomListCache room_lists;
    std::atomic<Steady::duration> limiter_time{std::chrono::hours(1)}; // It stands still unless a test moves it.
    limits::MemoryRateLimiter limiter{{}, [this] { return Steady::time_point(limiter_time.load()); }};
    std::size_t calls_per_minute_max = 0;
    chat::Titles titles = chat::Titles::leave;
    chat::QueueGauge gauge{100'000};
    std::unique_ptr<chat::ReplyWorker> worker;
    std::optional<chat::ChatService> service;

private:
    template <class T>
    static asio::awaitable<void> keep(asio::awaitable<T> work, std::optional<T>& result)
    {
        result.emplace(co_await std::move(work));
    }
};

} // namespace pollux::test
