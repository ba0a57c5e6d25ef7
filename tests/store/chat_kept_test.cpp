// What is kept of a reply besides its text: whose request it was, which calls it took, and what the model used of the day.
#include "chat/replies/kept_calls.hpp"
#include "chat_worker_fixture.hpp"

namespace pollux::test {
namespace {

using namespace std::chrono_literals;
using chat::Fate;
using chat::MessageStatus;
using Call = chat::ReplyStore::Call;

class ChatKept : public ChatStores {
protected:
    static constexpr db::Sql names_sql =
        "select coalesce(request_id, '-') || ' ' || coalesce(client_request_id, '-') from messages where id = $1";
    static constexpr db::Sql calls_sql = "select coalesce(calls, '-') from messages where id = $1";

    std::string names(MessageId id) { return rows(names_sql, id).front().only().text(); }
    std::string calls(MessageId id) { return rows(calls_sql, id).front().only().text(); }

    // As a worker does when a call has ended.
    void end_call(chat::ReplyClaim& claim, std::string model)
    {
        chat::KeptCall const call{std::move(model), now(), std::nullopt, now(), chat::CallOutcome::unavailable};
        claim.ended_calls = chat::with_call(claim.ended_calls, call);
    }

    std::string models_of(MessageId id)
    {
        auto const list = calls(id);
        std::string models;
        for (std::size_t at = 0; (at = list.find(R"("model":")", at)) != std::string::npos; ++at) models += list[at + 9];
        return models;
    }

    // "model replies prompt completion thoughts" of all rows.
    std::string use_by_model()
    {
        auto const found =
            rows("select model || ' ' || replies || ' ' || prompt_tokens || ' ' || completion_tokens || ' ' || thought_tokens "
                 "from usage_models order by user_id, day, model");
        std::string text;
        for (std::size_t index = 0; index < found.size(); ++index) text += found[index].only().text() + '\n';
        return text;
    }
};

TEST_F(ChatKept, a_send_and_a_retry_are_found_by_their_requests)
{
    auto const user = add_user();
    auto const room = add_room(user);
    auto sending = request(user, room);
    sending.names = {"0123456789abcdef", "the client's: 7"};
    sending.lease_owner = "me";
    auto const sent = temp.run(sends.send(sending)).value();
    EXPECT_EQ(names(sent.message->id), "0123456789abcdef the client's: 7");
    EXPECT_EQ(names(sent.reply.id), "0123456789abcdef the client's: 7");
    ASSERT_TRUE(sent.claim);
    EXPECT_EQ(sent.claim->request_id, "0123456789abcdef");
    EXPECT_EQ(finish(*sent.claim), Fate::done);

    chat::RetryRequest retrying{user, room, sent.reply.id, std::nullopt, now(), std::nullopt};
    retrying.names = {"fedcba9876543210", ""};
    auto const retried = temp.run(sends.retry(retrying)).value();
    EXPECT_EQ(names(retried.reply.id), "fedcba9876543210 -");
    EXPECT_EQ(names(sent.reply.id), "0123456789abcdef the client's: 7");
    auto const claims = claim();
    ASSERT_EQ(claims.size(), 1u);
    EXPECT_EQ(claims[0].request_id, "fedcba9876543210");

    auto const nameless = send(user, add_room(user));
    EXPECT_EQ(names(nameless.message->id), "- -");
    EXPECT_EQ(claim().at(0).request_id, "");
}

TEST_F(ChatKept, a_repeat_leaves_the_first_request_named)
{
    auto const user = add_user();
    auto sending = request(user, add_room(user));
    sending.key = idempotency::Key{"key", "hash"};
    sending.names = {"first", "a"};
    auto const sent = temp.run(sends.send(sending)).value();
    sending.names = {"second", "b"};
    EXPECT_TRUE(temp.run(sends.send(sending)).value().is_repeat);
    EXPECT_EQ(names(sent.reply.id), "first a");
}

TEST_F(ChatKept, calls_outlive_whatever_happens_to_their_worker)
{
    auto const user = add_user();
    auto const id = send(user, add_room(user)).reply.id;
    auto mine = claim().at(0);
    EXPECT_EQ(mine.ended_calls, "");
    end_call(mine, "a");
    mine = temp.run(replies.count_call(mine, chat::ReplyStore::NextCall::same_attempt)).value();
    EXPECT_EQ(models_of(id), "a") << "before the next call begins";

    end_call(mine, "b");
    EXPECT_EQ(temp.run(replies.put_back(mine, 3s, Call::none)).fate, Fate::done);
    EXPECT_EQ(models_of(id), "ab");
    advance(3s);
    EXPECT_EQ(temp.run(leases.promote_due()), 1);

    auto taken_over = claim(1, "another").at(0);
    EXPECT_EQ(taken_over.ended_calls, calls(id));
    end_call(taken_over, "c");
    EXPECT_EQ(temp.run(replies.hand_back(taken_over, Call::cut)).fate, Fate::done);
    EXPECT_EQ(models_of(id), "abc");

    auto lost = claim(1, "one that dies").at(0);
    end_call(lost, "x");
    advance(chat::lease_duration + 1us);
    ASSERT_EQ(temp.run(leases.expire(now())).size(), 1u);
    EXPECT_EQ(models_of(id), "abc") << "only the call that it was in is lost";
    EXPECT_EQ(finish(lost), Fate::refused);
    EXPECT_EQ(models_of(id), "abc");

    auto last = claim().at(0);
    end_call(last, "d");
    last = temp.run(replies.count_call(last, chat::ReplyStore::NextCall::restarts)).value();
    end_call(last, "e");
    EXPECT_EQ(finish(last), Fate::done);
    EXPECT_EQ(models_of(id), "bcde") << "the newest four";
}

TEST_F(ChatKept, calls_stay_when_a_reply_is_given_up)
{
    auto const user = add_user();
    auto const sent = send(user, add_room(user));
    auto mine = claim().at(0);
    end_call(mine, "a");
    temp.run(replies.hand_back(mine, Call::cut));
    for (auto lost = 1; lost <= chat::losses_max; ++lost) {
        auto const kind = lost > chat::suspect_from ? chat::ClaimKind::suspects : chat::ClaimKind::usual;
        ASSERT_EQ(temp.run(replies.claim("one that dies", kind, 1)).size(), 1u);
        advance(chat::lease_duration + 1us);
        ASSERT_EQ(temp.run(leases.expire(now())).size(), 1u);
    }
    EXPECT_EQ(reply_of(sent, user).error->code, "worker_lost");
    EXPECT_EQ(models_of(sent.reply.id), "a");
    EXPECT_EQ(use_by_model(), "") << "it cost nothing";
}

TEST_F(ChatKept, use_by_model_adds_up_to_the_days)
{
    auto const user = add_user();
    auto const room = add_room(user);
    auto reply = [&](MessageStatus status, std::string text, std::string model) {
        send(user, room);
        auto end = completed(std::move(text));
        end.status = status;
        end.model = std::move(model);
        if (status == MessageStatus::failed) end.error = chat::upstream_failed();
        return finish(claim().at(0), end);
    };
    EXPECT_EQ(reply(MessageStatus::completed, "one", "a"), Fate::done);
    EXPECT_EQ(reply(MessageStatus::completed, "two", "a"), Fate::done);
    EXPECT_EQ(reply(MessageStatus::stopped, "thr", "b"), Fate::done);
    EXPECT_EQ(reply(MessageStatus::failed, "", "b"), Fate::done); // Its unit goes back, its tokens were used.
    EXPECT_EQ(use_by_model(), "a 2 20 40 6\nb 1 20 40 6\n");
    EXPECT_EQ(number("select count(*) from usage_models m join usage_days d on d.user_id = m.user_id and d.day = m.day"), 2);
    auto const today = temp.run(billing.usage(user, std::nullopt)).value();
    EXPECT_EQ(today.used, 3);
    EXPECT_EQ(today.tokens.prompt_tokens, 40);

    send(user, room);
    temp.run(stops.stop(user, room, MessageId{number("select max(id) from messages")}, now())).value();
    EXPECT_EQ(use_by_model(), "a 2 20 40 6\nb 1 20 40 6\n") << "no model was asked";
}

class ChatKeptWorker : public ChatWorker {
protected:
    std::string calls(MessageId id)
    {
        static constexpr db::Sql sql = "select coalesce(calls, '-') from messages where id = $1";
        return rows(sql, id).front().only().text();
    }
    // The outcomes of a reply's calls, each with its model.
    std::string outcomes(MessageId id)
    {
        auto const list = calls(id);
        std::string text;
        auto value = [&](std::string const& name, std::size_t at) {
            auto const begin = list.find('"' + name + "\":\"", at) + name.size() + 4;
            return list.substr(begin, list.find('"', begin) - begin);
        };
        for (std::size_t at = 0; (at = list.find(R"("model":)", at)) != std::string::npos; ++at)
            text += value("model", at) + ' ' + value("outcome", at) + '\n';
        return text;
    }
};

TEST_F(ChatKeptWorker, tells_when_a_call_began_spoke_and_ended)
{
    auto const user = add_user();
    Gate before;
    Gate between;
    first->next({&before, text("one"), &between, text(" two"), done()});
    start_worker();
    auto const sent = say(user, add_room(user));
    auto const began = rfc3339(now());
    eventually([&] { return before.arrived() == 1; });
    advance(2s);
    auto const spoke = rfc3339(now());
    before.open();
    eventually([&] { return between.arrived() == 1; });
    advance(3s);
    between.open();
    ended(sent.reply, user);
    EXPECT_EQ(calls(sent.reply.id), R"([{"model":"first","started_at":")" + began + R"(","first_text_at":")" + spoke + R"(","ended_at":")" +
                                        rfc3339(now()) + R"(","outcome":"completed","has_text":true,"not_before_us":0}])");
    EXPECT_EQ(calls(sent.message.id), "-");
}

TEST_F(ChatKeptWorker, tells_every_call_of_a_reply_that_took_several)
{
    rows("update plans set models = '*'");
    auto const user = add_user();
    auto const limited = ai::Failed{ai::Failed::Kind::transient, 50s, "429", ai::Failed::Reason::rate_limited};
    ai::Failed not_called;
    not_called.kind = ai::Failed::Kind::not_called;
    first->next({not_called});
    first->next({text("half"), transient(0ms)});
    first->next({permanent()});
    second->next({limited});
    second->next({done(ai::FinishReason::blocked)});
    start_worker();
    auto const sent = say(user, add_room(user));
    let_time_pass_until_ended(sent.reply, user);
    EXPECT_EQ(outcomes(sent.reply.id), "first unavailable\nfirst refused\nsecond rate_limited\nsecond blocked\n");
    EXPECT_EQ(number("select count(*) from usage_models where model = 'second' and replies = 1"), 1);
    EXPECT_EQ(number("select count(*) from usage_models"), 1);
}

TEST_F(ChatKeptWorker, tells_what_cut_a_call)
{
    auto const user = add_user();
    Gate never;
    for (int call = 0; call < 2; ++call) first->next({text("so far"), &never});
    start_worker();
    auto const stopped = say(user, add_room(user)).reply;
    eventually([&] { return never.arrived() == 1; });
    on_runtime(service->stop(user, stopped.chatroom, stopped.id)).value();
    EXPECT_EQ(outcomes(stopped.id), "first stopped\n");

    auto const handed_back = say(user, add_room(user)).reply;
    eventually([&] { return never.arrived() == 2; });
    worker->stop(0ms);
    EXPECT_EQ(now_is(handed_back, user).status, MessageStatus::queued);
    EXPECT_EQ(outcomes(handed_back.id), "first interrupted\n");
    start_worker();
    EXPECT_EQ(ended(handed_back, user).content, "ok");
    EXPECT_EQ(outcomes(handed_back.id), "first interrupted\nfirst completed\n");
}

} // namespace
} // namespace pollux::test
