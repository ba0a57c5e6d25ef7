// Rooms that a model names: when it is asked, what it is asked, and whose name stays.
#include "chat/titles/room_titles.hpp"
#include "chat_worker_fixture.hpp"
#include "tasks/task_run.hpp"

namespace pollux::test {
namespace {

using namespace std::chrono_literals;
using chat::NamedBy;
using tasks::TaskEnd;

// The first model answers, the second one names.
class ChatTitles : public ChatWorker {
protected:
    ChatTitles() { titles = chat::Titles::ask; }

    chat::RoomTitles make_titles(std::size_t calls_a_minute = 0)
    {
        return chat::RoomTitles({temp.database(), &models.all()[1], {notices, room_lists}, temp.clock(), limiter, calls_a_minute});
    }

    // A room whose first reply is there.
    RoomId talk(std::string question = "How do I bake sourdough bread?")
    {
        if (!worker) start_worker();
        user = add_user();
        auto const room = add_room(user);
        reply = ended(say(user, room, std::move(question)).reply, user).id;
        return room;
    }

    TaskEnd name(chat::RoomTitles& by, RoomId room, std::int64_t failures = 0)
    {
        tasks::Task task{.user = user,
                         .id = {},
                         .kind = std::string(chat::name_room_task),
                         .subject = std::to_string(room.value),
                         .payload = std::to_string(reply.value)};
        task.failures = failures;
        tasks::TaskRun run(std::move(task), Steady::now() + patience);
        auto const kind = by.kind();
        return on_runtime(kind.work(run)).end();
    }

    chat::Room shown(RoomId room) { return temp.run(rooms.find(user, room)).value(); }
    std::int64_t asked() { return number("select count(*) from tasks where kind = 'name_room'"); }

    UserId user;
    MessageId reply;
};

TEST_F(ChatTitles, the_first_good_reply_asks_for_one_and_no_other)
{
    start_worker();
    user = add_user();
    auto const room = add_room(user);
    EXPECT_EQ(shown(room).named_by, NamedBy::nobody);
    first->next({permanent()});
    ended(say(user, room).reply, user);
    EXPECT_EQ(shown(room).named_by, NamedBy::message);
    EXPECT_EQ(asked(), 0) << "there is nothing yet to name it after";
    auto const good = ended(say(user, room).reply, user);
    EXPECT_EQ(asked(), 1);
    auto const task = rows("select subject || ' ' || payload from tasks where kind = 'name_room'").front().only().text();
    EXPECT_EQ(task, std::to_string(room.value) + " " + std::to_string(good.id.value));
    rows("delete from tasks");
    ended(say(user, room).reply, user);
    EXPECT_EQ(asked(), 0);
}

TEST_F(ChatTitles, what_its_user_has_named_asks_for_none)
{
    start_worker();
    user = add_user();
    auto const named = add_room(user, "Mine");
    ended(say(user, named).reply, user);
    auto const renamed = add_room(user);
    temp.run(rooms.change(user, renamed, {.name = "Mine too"}));
    ended(say(user, renamed).reply, user);
    auto const old = add_room(user, "Of a former version");
    rows("update rooms set named_by = null where name = 'Of a former version'");
    ended(say(user, old).reply, user);
    EXPECT_EQ(asked(), 0);
    for (auto room : {named, renamed, old}) EXPECT_EQ(shown(room).named_by, NamedBy::user);
}

TEST_F(ChatTitles, nobody_asks_where_no_model_names_rooms)
{
    titles = chat::Titles::leave;
    talk();
    EXPECT_EQ(asked(), 0);
}

TEST_F(ChatTitles, a_model_names_the_room_and_everybody_is_told)
{
    first->next({text("With patience."), done()});
    auto const room = talk();
    auto by = make_titles();
    second->next({text("\"Sour"), ai::ThoughtDelta{"hm"}, text("dough bread\"."), done()});
    eventually([&] { return worker->running() == 0; });
    auto const before = on_runtime(notices.read(user, "", Steady::now())).last_id;
    EXPECT_EQ(name(by, room), TaskEnd::done);
    EXPECT_EQ(shown(room).name, "Sourdough bread");
    EXPECT_EQ(shown(room).named_by, NamedBy::model);
    auto const request = second->requests().at(0);
    EXPECT_EQ(request.model, "second-name");
    EXPECT_EQ(request.turns.at(0).text, "How do I bake sourdough bread?");
    EXPECT_EQ(request.turns.at(1).text, "With patience.");
    EXPECT_EQ(noticed(user, before), std::vector{"room {\"id\":" + std::to_string(room.value) + "}"});

    EXPECT_EQ(name(by, room), TaskEnd::done);
    EXPECT_EQ(second->requests().size(), 1u) << "a second run leaves it";
}

TEST_F(ChatTitles, its_users_name_stays_whenever_it_comes)
{
    auto const room = talk();
    auto by = make_titles();
    Gate gate;
    second->next({&gate, text("The model's"), done()});
    std::thread naming([&] { EXPECT_EQ(name(by, room), TaskEnd::done); });
    eventually([&] { return gate.arrived() == 1; });
    temp.run(rooms.change(user, room, {.name = "Mine"}));
    gate.open();
    naming.join();
    EXPECT_EQ(shown(room).name, "Mine");
    EXPECT_EQ(shown(room).named_by, NamedBy::user);
    EXPECT_EQ(name(by, room), TaskEnd::done);
    EXPECT_EQ(second->requests().size(), 1u);
}

TEST_F(ChatTitles, a_name_that_an_older_node_gave_stays_too)
{
    auto const room = talk();
    rows("update rooms set name = 'Mine', is_named = 1"); // It does not know named_by.
    auto by = make_titles();
    EXPECT_EQ(name(by, room), TaskEnd::done);
    EXPECT_EQ(shown(room).name, "Mine");
    EXPECT_TRUE(second->requests().empty());
}

TEST_F(ChatTitles, a_room_that_is_gone_is_named_by_nobody)
{
    auto const room = talk();
    on_runtime(service->delete_room(user, room));
    auto by = make_titles();
    EXPECT_EQ(name(by, room), TaskEnd::done);
    EXPECT_TRUE(second->requests().empty());
}

TEST_F(ChatTitles, nothing_that_is_no_name_becomes_one)
{
    auto const room = talk();
    auto const was = shown(room).name;
    auto by = make_titles();
    for (auto const* said : {" ", "“”", "---"}) {
        second->next({text(said), done()});
        EXPECT_EQ(name(by, room), TaskEnd::done);
    }
    second->next({text("I'm sorry, I can't help with that."), done(ai::FinishReason::blocked)});
    EXPECT_EQ(name(by, room), TaskEnd::done);
    second->next({text("A name that was cut in"), done(ai::FinishReason::length)});
    EXPECT_EQ(name(by, room), TaskEnd::done);
    second->next({text(std::string(100'000, 'x'))}); // It would be asked for more than it has, were it read on.
    EXPECT_EQ(name(by, room), TaskEnd::done);
    EXPECT_EQ(shown(room).name, was);
    EXPECT_EQ(shown(room).named_by, NamedBy::message);
}

TEST_F(ChatTitles, replies_come_first)
{
    auto const room = talk();
    auto by = make_titles();
    worker->stop(0ms);
    auto const other = add_user();
    send(other, add_room(other)); // Nobody writes it.
    EXPECT_EQ(name(by, room), TaskEnd::wait);
    rows("update jobs set state = 'waiting', due_at = now_us() + 3000000");
    EXPECT_EQ(name(by, room), TaskEnd::wait) << "one that was put back";
    rows("update jobs set due_at = null");
    EXPECT_TRUE(second->requests().empty());
    EXPECT_EQ(name(by, room), TaskEnd::done) << "one that waits for its turn waits for no model";
    EXPECT_EQ(shown(room).named_by, NamedBy::model);
}

TEST_F(ChatTitles, a_reply_that_waits_for_long_stops_no_title)
{
    auto const room = talk();
    auto by = make_titles();
    worker->stop(0ms);
    auto const other = add_user();
    send(other, add_room(other));
    rows("update jobs set state = 'waiting', due_at = now_us() + 580000000");
    EXPECT_EQ(name(by, room), TaskEnd::done);
    EXPECT_EQ(shown(room).named_by, NamedBy::model);
}

TEST_F(ChatTitles, a_model_that_is_left_alone_is_left_alone_by_titles_too)
{
    auto const room = talk();
    auto by = make_titles();
    auto& breaker = *models.all()[1].breaker;
    for (int count = 0; count < ai::CallBreaker::failures_to_open; ++count) breaker.ended({}, ai::CallBreaker::End::failed, Steady::now());
    EXPECT_EQ(name(by, room), TaskEnd::wait);
    EXPECT_TRUE(second->requests().empty());
    breaker.ended({}, ai::CallBreaker::End::answered, Steady::now());
    EXPECT_EQ(name(by, room), TaskEnd::done);
    EXPECT_EQ(second->requests().size(), 1u);
}

TEST_F(ChatTitles, calls_for_titles_keep_no_reply_from_their_model)
{
    auto const room = talk();
    auto by = make_titles();
    for (int count = 0; count < ai::CallBreaker::failures_to_open; ++count) {
        second->next({transient()});
        EXPECT_EQ(name(by, room), TaskEnd::retry);
    }
    EXPECT_FALSE(models.all()[1].breaker->is_open());
}

TEST_F(ChatTitles, calls_for_titles_count_among_a_minutes_calls)
{
    auto const room = talk();
    auto by = make_titles(1);
    EXPECT_EQ(name(by, room), TaskEnd::done);
    rows("update rooms set name = $1, named_by = 'message'", std::string("How do I bake sourdough bread?"));
    EXPECT_EQ(name(by, room), TaskEnd::wait);
    EXPECT_EQ(second->requests().size(), 1u);
}

TEST_F(ChatTitles, whoever_has_talked_for_long_keeps_the_name)
{
    auto const room = talk();
    auto by = make_titles();
    advance(11min);
    EXPECT_EQ(name(by, room), TaskEnd::done);
    EXPECT_TRUE(second->requests().empty());
    EXPECT_EQ(shown(room).named_by, NamedBy::message);
}

TEST_F(ChatTitles, a_call_that_fails_is_made_three_times_and_raises_no_alarm)
{
    auto const room = talk();
    auto by = make_titles();
    for (std::int64_t failures = 0; failures < 3; ++failures) {
        second->next({text("half a na"), transient()});
        EXPECT_EQ(name(by, room, failures), failures < 2 ? TaskEnd::retry : TaskEnd::done);
    }
    second->next({permanent()});
    EXPECT_EQ(name(by, room), TaskEnd::done);
    second->next({ai::Failed{ai::Failed::Kind::not_called, std::nullopt, "no slot"}});
    EXPECT_EQ(name(by, room), TaskEnd::wait);
    EXPECT_EQ(shown(room).named_by, NamedBy::message);
}

} // namespace
} // namespace pollux::test
