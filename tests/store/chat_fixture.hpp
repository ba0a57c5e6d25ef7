// A database with plans and users in it, and the chat room's stores over it.
#pragma once

#include "ai/demo/demo_model.hpp"
#include "ai/model_list.hpp"
#include "billing/billing_service.hpp"
#include "chat/queue/job_queue.hpp"
#include "chat/replies/lease_store.hpp"
#include "chat/replies/reply_store.hpp"
#include "chat/replies/stop_store.hpp"
#include "chat/rooms/message_store.hpp"
#include "chat/rooms/room_store.hpp"
#include "chat/sending/send_store.hpp"
#include "support/temp_database.hpp"

#include <gtest/gtest.h>

namespace pollux::test {

inline ai::Models demo_models(std::initializer_list<char const*> ids = {"demo"})
{
    std::vector<ai::ModelEntry> entries;
    for (auto const* id : ids) entries.push_back({id, "demo", std::string(id) + "-name", std::make_unique<ai::DemoModel>(0)});
    return ai::Models(std::move(entries));
}

class ChatStores : public ::testing::Test {
protected:
    explicit ChatStores(billing::PlanSeeds seeds = {.basic_messages_per_day = 50, .pro_messages_per_day = 1000})
    {
        temp.run(billing.seed_plans(seeds));
    }

    UserId add_user(std::string tier = "basic")
    {
        static constexpr db::Sql sql = "insert into users (mobile, tier, date_joined) values ($1, $2, 0) returning id";
        return rows(sql, "+1555" + std::to_string(++mobiles), std::move(tier)).front().only().id<UserId>();
    }

    RoomId add_room(UserId user, std::optional<std::string> name = std::nullopt)
    {
        return temp.run(rooms.create(user, {std::move(name), std::nullopt, ""}, std::nullopt, now())).value().room.id;
    }

    chat::SendRequest request(UserId user, RoomId room, std::string content = "hello")
    {
        return {user, room, std::move(content), std::nullopt, now(), std::nullopt};
    }

    Result<chat::Sending> try_send(UserId user, RoomId room, std::string content = "hello")
    {
        return temp.run(sends.send(request(user, room, std::move(content))));
    }
    chat::Sending send(UserId user, RoomId room, std::string content = "hello") { return try_send(user, room, std::move(content)).value(); }

    std::vector<chat::ReplyClaim> claim(std::int64_t count = 64, std::string owner = "worker")
    {
        return temp.run(replies.claim(std::move(owner), chat::ClaimKind::usual, count));
    }

    static chat::ReplyEnd completed(std::string text = "an answer")
    {
        chat::ReplyEnd end;
        end.text = std::move(text);
        end.finish_reason = chat::MessageFinish::stop;
        end.model = "demo";
        end.usage = {10, 20, 3};
        return end;
    }
    chat::Fate finish(chat::ReplyClaim const& claim, chat::ReplyEnd end = completed())
    {
        return temp.run(replies.finish(claim, std::move(end), now())).fate;
    }

    chat::Message message(chat::Message const& known, UserId user)
    {
        return temp.run(messages.find(user, known.chatroom, known.id)).value();
    }
    chat::Message reply_of(chat::Sending const& sending, UserId user) { return message(sending.reply, user); }

    template <class... Arguments>
    db::Rows rows(db::Sql sql, Arguments&&... arguments)
    {
        return temp.run(temp.database().write(sql, std::forward<Arguments>(arguments)...));
    }
    std::int64_t number(db::Sql sql) { return rows(sql).front().only().integer(); }

    std::int64_t used(UserId user) { return temp.run(billing.usage(user, std::nullopt)).value().used; }

    Time now() const { return temp_clock->now(); }
    void advance(std::chrono::microseconds by) { temp.clock().advance(by); }

    TempDatabase temp;
    FakeClock* temp_clock = &temp.clock();
    ai::Models models = demo_models();
    billing::BillingService billing{temp.database()};
    chat::RoomStore rooms{temp.database()};
    chat::MessageStore messages{temp.database()};
    chat::SendStore sends{temp.database(), models};
    chat::ReplyStore replies{temp.database()};
    chat::LeaseStore leases{temp.database()};
    chat::StopStore stops{temp.database()};
    int mobiles = 0;
};

} // namespace pollux::test
