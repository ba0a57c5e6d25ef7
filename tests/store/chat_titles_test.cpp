// Rooms that a model names: when it is asked, what it is asked, and whose name stays.
#include "ai/capped_model.hpp"
#include "chat/titles/room_titles.hpp"
#include "chat_worker_fixture.hpp"
#include "erase_account.hpp"
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

    static constexpr auto const* question = "How do I bake sourdough bread?";

    chat::RoomTitles make_titles()
    {
        return chat::RoomTitles({temp.database(), &models.all()[1], {notices, room_lists}, temp.clock(), limiter});
    }

    // A room whose first reply is there.
    RoomId talk(std::string said = question)
    {
        if (!worker) start_worker();
        user = add_user();
        auto const room = add_room(user);
        reply = ended(say(user, room, std::move(said)).reply, user).id;
        return room;
    }

    tasks::TaskOutcome outcome(chat::RoomTitles& by, RoomId room, std::int64_t failures = 0)
    {
        tasks::Task task{.user = user,
                         .id = {},
                         .kind = std::string(chat::name_room_task),
                         .subject = std::to_string(room.value),
                         .payload = std::to_string(reply.value)};
        task.failures = failures;
        tasks::TaskRun run(std::move(task), Steady::now() + patience);
        auto const kind = by.kind();
        return on_runtime(kind.work(run));
    }
    TaskEnd name(chat::RoomTitles& by, RoomId room, std::int64_t failures = 0) { return outcome(by, room, failures).end(); }
    std::chrono::microseconds waits(chat::RoomTitles& by, RoomId room)
    {
        auto const waited = outcome(by, room);
        EXPECT_EQ(waited.end(), TaskEnd::wait);
        return waited.after().value_or(0us);
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

TEST_F(ChatTitles, whatever_a_call_took_is_counted_and_costs_no_unit)
{
    first->next({text("With patience."), ai::UsageSoFar{{100, 10, 1}}, done()});
    auto const room = talk();
    auto by = make_titles();
    second->next({ai::ThoughtDelta{"hm"}, ai::UsageSoFar{{20, 1, 2}}, text("half"), transient()});
    EXPECT_EQ(name(by, room), TaskEnd::retry);
    second->next({ai::UsageSoFar{{20, 1, 2}}, text("A name"), ai::UsageSoFar{{20, 3, 4}}, done()});
    EXPECT_EQ(name(by, room), TaskEnd::done);
    auto const row = rows("select replies || ' ' || prompt_tokens || ' ' || completion_tokens || ' ' || thought_tokens from usage_models "
                          "where model = 'second'");
    EXPECT_EQ(row.front().only().text(), "0 40 4 6");
    EXPECT_EQ(rows("select used || ' ' || prompt_tokens || ' ' || completion_tokens || ' ' || thought_tokens from usage_days")
                  .front()
                  .only()
                  .text(),
              "1 140 14 7")
        << "its models' sum, and the reply's unit alone";
    EXPECT_EQ(shown(room).name, "A name");
}

TEST_F(ChatTitles, what_is_said_of_an_account_that_is_gone_is_counted_for_nobody)
{
    auto const room = talk();
    auto by = make_titles();
    Gate gate;
    second->next({&gate, text("A name"), ai::UsageSoFar{{20, 3, 4}}, done()});
    std::thread naming([&] { EXPECT_EQ(name(by, room), TaskEnd::done); });
    eventually([&] { return gate.arrived() == 1; });
    erase_account(temp, user);
    gate.open();
    naming.join();
    EXPECT_EQ(number("select count(*) from usage_models"), 0);
}

TEST_F(ChatTitles, whoever_thinks_or_talks_on_and_on_is_cut)
{
    auto const room = talk();
    auto by = make_titles();
    auto const hm = ai::ThoughtDelta{std::string(10'000, 'h')}; // It would be asked for more than it has, were it read on.
    second->next({hm, ai::UsageSoFar{{20, 0, 5'000}}, hm});
    EXPECT_EQ(name(by, room), TaskEnd::done);
    second->next({text(std::string(4'000, 'x')), text(std::string(4'000, 'x'))});
    EXPECT_EQ(name(by, room), TaskEnd::done);
    EXPECT_EQ(shown(room).named_by, NamedBy::message);
    EXPECT_EQ(number("select thought_tokens from usage_models where model = 'second'"), 5'000);
}

TEST_F(ChatTitles, only_the_beginning_of_what_was_said_is_told)
{
    std::string const pair("\u00e9\u6f22");
    std::string long_one;
    for (int count = 0; count < 3'000; ++count) long_one += pair;
    first->next({text(long_one), done()});
    auto const room = talk(long_one);
    auto by = make_titles();
    EXPECT_EQ(name(by, room), TaskEnd::done);
    auto const request = second->requests().at(0);
    EXPECT_EQ(request.turns.at(0).text, long_one.substr(0, 1'000 * pair.size()));
    EXPECT_EQ(request.turns.at(1).text, long_one.substr(0, 1'000 * pair.size()));
}

TEST_F(ChatTitles, whoever_waits_looks_again_the_later_the_longer)
{
    auto const room = talk();
    auto by = make_titles();
    auto& breaker = *models.all()[1].breaker;
    for (int count = 0; count < ai::CallBreaker::failures_to_open; ++count) breaker.ended({}, ai::CallBreaker::End::failed, Steady::now());
    EXPECT_EQ(waits(by, room), 2s);
    advance(80s);
    EXPECT_EQ(waits(by, room), 10s);
    advance(8min);
    EXPECT_EQ(waits(by, room), 60s);
    EXPECT_TRUE(second->requests().empty());
}

// The model that answers names too, and may be called only so often and by so many at once.
class ChatTitlesBesideReplies : public ChatTitles {
protected:
    void let_one_model_do_both(std::size_t calls_at_once, std::size_t calls_a_minute)
    {
        auto owned = std::make_unique<ScriptedModel>();
        first = owned.get();
        std::vector<ai::ModelEntry> entries;
        entries.push_back({"first", "scripted", "first-name", std::make_unique<ai::CappedModel>(std::move(owned), calls_at_once)});
        models = ai::Models(std::move(entries));
        models.name_rooms_by(models.default_model());
        calls_per_minute_max = calls_a_minute;
    }

    chat::RoomTitles make_titles_by_the_same()
    {
        return chat::RoomTitles(
            {temp.database(), models.title_model(), {notices, room_lists}, temp.clock(), limiter, calls_per_minute_max});
    }

    // The clock of the database stands still, so a reply that waited its turn, put back, would wait for ever.
    void expect_a_reply_at_once()
    {
        auto const asker = add_user();
        auto const answered = ended(say(asker, add_room(asker)).reply, asker);
        EXPECT_EQ(answered.status, chat::MessageStatus::completed);
        EXPECT_EQ(answered.attempt, 1) << "it was never put back";
    }

    static constexpr auto pace_of_replies = 3s; // Three quarters of 30 calls a minute, rounded up to whole seconds.
};

TEST_F(ChatTitlesBesideReplies, a_reply_takes_the_slot_of_a_title_and_waits_for_none)
{
    for (std::size_t const slots : {1, 4}) {
        SCOPED_TRACE(slots);
        if (worker) worker->stop(0ms);
        worker.reset();
        let_one_model_do_both(slots, 0);
        auto const room = talk();
        auto by = make_titles_by_the_same();
        Gate never;
        first->next({&never, text("A name"), done()});
        std::atomic<TaskEnd> end = TaskEnd::done;
        std::thread naming([&] { end = name(by, room); });
        eventually([&] { return never.arrived() == 1; });

        Gate replies;
        std::vector<std::pair<UserId, chat::Message>> sent;
        for (std::size_t count = 0; count < slots; ++count) {
            first->next({&replies, text("ok"), done()});
            auto const asker = add_user();
            sent.emplace_back(asker, say(asker, add_room(asker)).reply);
        }
        eventually([&] { return replies.arrived() == int(slots); }); // All of them call, and the title has gone.
        naming.join();
        EXPECT_EQ(end, TaskEnd::wait);
        replies.open();
        for (auto const& [asker, reply] : sent) EXPECT_EQ(ended(reply, asker).attempt, 1);
        EXPECT_EQ(name(by, room), TaskEnd::done);
        EXPECT_EQ(shown(room).named_by, NamedBy::model);
    }
}

TEST_F(ChatTitlesBesideReplies, a_title_takes_no_replys_turn_and_both_are_no_faster_than_the_setting)
{
    for (std::size_t const slots : {1, 4}) {
        SCOPED_TRACE(slots);
        if (worker) worker->stop(0ms);
        worker.reset();
        let_one_model_do_both(slots, 30);
        auto const room = talk();
        auto by = make_titles_by_the_same();
        int titles = 0;
        for (auto second = 1s; second < 60s; second += 1s) {
            let_pass_for_limiter(1s);
            if (name(by, room) == TaskEnd::done) ++titles;
            rows("update rooms set name = $1, named_by = 'message' where id = $2", std::string(question), room);
            if (second % pace_of_replies == 0s) expect_a_reply_at_once();
        }
        EXPECT_EQ(titles, 8) << "one in eight seconds";
        EXPECT_LE(first->requests().size(), 30u);
        let_pass_for_limiter(60s);
    }
}

TEST_F(ChatTitlesBesideReplies, a_title_that_finds_no_slot_keeps_its_turn)
{
    let_one_model_do_both(1, 30);
    auto const room = talk();
    auto by = make_titles_by_the_same();
    let_pass_for_limiter(pace_of_replies);
    Gate gate;
    first->next({&gate, text("ok"), done()});
    auto const asker = add_user();
    auto const reply = say(asker, add_room(asker)).reply;
    eventually([&] { return gate.arrived() == 1; });
    for (int look = 0; look < 3; ++look) EXPECT_EQ(name(by, room), TaskEnd::wait);
    gate.open();
    ended(reply, asker);
    EXPECT_EQ(name(by, room), TaskEnd::done);
    EXPECT_EQ(shown(room).named_by, NamedBy::model);
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
