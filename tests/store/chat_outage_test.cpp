// Replies under an outage of ten minutes: they arrive when a model is back in time, and fail at the stated moment when none is.
#include "chat_worker_fixture.hpp"

namespace pollux::test {
namespace {

using namespace std::chrono_literals;
using chat::MessageStatus;
using Kind = ai::Failed::Kind;

class ChatOutage : public ChatWorker {
protected:
    ChatOutage() { rows("update plans set models = '*'"); }

    static ai::ModelEvent too_often(std::chrono::milliseconds retry_after)
    {
        return ai::Failed{Kind::transient, retry_after, "429", ai::Failed::Reason::rate_limited};
    }

    void send()
    {
        start_worker();
        asker = add_user();
        sent_at = now();
        sent = say(asker, add_room(asker)).reply;
    }

    chat::Message reply() { return now_is(sent, asker); }
    auto since_sent() const { return now() - sent_at; }

    // Lets time pass, `step` by step, until the reply has ended or `until` has come.
    void let_pass(std::chrono::microseconds step, std::chrono::microseconds until = std::chrono::hours(1))
    {
        eventually([&] {
            if (are_out) others_fail_too();
            bool const waits = number("select count(*) from jobs where state = 'waiting' and due_at > now_us()") > 0;
            if (waits) advance(step);
            return reply().is_finished() || since_sent() >= until;
        });
    }

    // Both models are left alone: of the many that wait, it is others that try whether they are back.
    void others_fail_too()
    {
        ai::CallBreaker::Admission const a_try{0ms, true};
        for (auto const& entry : models.all()) {
            for (int count = 0; count < ai::CallBreaker::failures_to_open; ++count)
                entry.breaker->ended(a_try, ai::CallBreaker::End::failed, Steady::now());
        }
    }

    UserId asker;
    chat::Message sent;
    Time sent_at;
    bool are_out = false;
};

TEST_F(ChatOutage, a_reply_that_waits_arrives_when_a_model_is_back_in_its_last_half_minute)
{
    are_out = true;
    others_fail_too();
    send();
    let_pass(5s, 9min + 30s);
    eventually([&] { // Between two looks of a worker.
        others_fail_too();
        auto const waiting = reply().waiting;
        return waiting && waiting->reason == chat::WaitReason::model_unavailable;
    });
    are_out = false;
    second->next({text("I am back"), done()});
    models.all()[1].breaker->ended({}, ai::CallBreaker::End::answered, Steady::now());
    let_pass(5s);
    EXPECT_EQ(reply().content, "I am back");
    EXPECT_EQ(reply().model, "second");
    EXPECT_LT(since_sent(), 10min);
    EXPECT_TRUE(first->requests().empty()) << "waiting is no call";
    EXPECT_EQ(second->requests().size(), 1u);
    EXPECT_EQ(used(asker), 1);
}

TEST_F(ChatOutage, a_reply_that_waits_fails_when_its_ten_minutes_are_over_and_costs_nothing)
{
    are_out = true;
    others_fail_too();
    send();
    let_pass(1s);
    EXPECT_EQ(reply().status, MessageStatus::failed);
    EXPECT_EQ(reply().error.value().code, "upstream_failed");
    EXPECT_GE(since_sent(), 10min);
    EXPECT_LT(since_sent(), 10min + 10s);
    EXPECT_TRUE(first->requests().empty());
    EXPECT_TRUE(second->requests().empty());
    EXPECT_EQ(used(asker), 0);
}

TEST_F(ChatOutage, it_fails_then_also_where_its_turn_would_come_later)
{
    calls_per_minute_max = 1; // Of one model that names rooms too: a call in 80 s, by a clock that stands still here.
    models.name_rooms_by(models.all()[0]);
    rows("update plans set models = '[\"first\"]'");
    send();
    EXPECT_EQ(ended(sent, asker).content, "ok");
    sent = say(asker, add_room(asker)).reply;
    let_pass(1s);
    EXPECT_EQ(reply().status, MessageStatus::failed);
    EXPECT_EQ(reply().error.value().code, "upstream_failed");
    EXPECT_GE(since_sent(), 10min);
    EXPECT_LT(since_sent(), 10min + 10s);
    EXPECT_EQ(first->requests().size(), 1u);
    EXPECT_EQ(used(asker), 1) << "of the one that was answered";
}

TEST_F(ChatOutage, a_reply_that_is_alone_tries_four_times_and_fails_after_ten_to_twenty_seconds)
{
    for (auto* model : {first, second}) {
        model->next({transient()});
        model->next({transient()});
    }
    send();
    let_pass(100ms);
    EXPECT_EQ(reply().status, MessageStatus::failed);
    EXPECT_EQ(reply().error.value().code, "upstream_failed");
    EXPECT_EQ(first->requests().size(), 2u);
    EXPECT_EQ(second->requests().size(), 2u);
    EXPECT_GE(since_sent(), 10s) << "the last call waits";
    EXPECT_LT(since_sent(), 20s);
    EXPECT_EQ(used(asker), 0);
}

TEST_F(ChatOutage, a_model_that_says_when_is_called_then)
{
    first->next({too_often(9min + 30s)});
    second->next({permanent()});
    first->next({text("I am back"), done()});
    send();
    let_pass(1s);
    EXPECT_EQ(reply().content, "I am back");
    EXPECT_GE(since_sent(), 9min + 30s);
    EXPECT_LT(since_sent(), 10min);
}

TEST_F(ChatOutage, the_one_that_is_back_first_is_called)
{
    first->next({too_often(9min + 50s)});
    second->next({too_often(9min + 20s)});
    second->next({text("I am back"), done()});
    send();
    let_pass(1s);
    EXPECT_EQ(reply().content, "I am back");
    EXPECT_GE(since_sent(), 9min + 20s);
    EXPECT_LT(since_sent(), 9min + 50s);
}

TEST_F(ChatOutage, nobody_waits_for_a_model_that_will_be_back_too_late)
{
    first->next({too_often(10min)});
    second->next({permanent()});
    send();
    EXPECT_EQ(ended(sent, asker).status, MessageStatus::failed) << "at once: the clock of the database stands still";
    EXPECT_EQ(reply().error.value().code, "upstream_failed");
    EXPECT_EQ(used(asker), 0);
}

TEST_F(ChatOutage, a_process_that_cannot_call_tries_for_ten_minutes_too)
{
    for (int call = 0; call < 100; ++call) first->next({ai::Failed{Kind::not_called, std::nullopt, "no descriptors"}});
    send();
    let_pass(20s);
    EXPECT_EQ(reply().status, MessageStatus::failed);
    EXPECT_EQ(reply().error.value().code, "upstream_failed");
    EXPECT_GE(since_sent(), 10min - ai::not_called_wait);
    EXPECT_LT(since_sent(), 10min + 40s);
    EXPECT_GT(first->requests().size(), 20u);
    EXPECT_TRUE(second->requests().empty());
    EXPECT_EQ(used(asker), 0);
}

} // namespace
} // namespace pollux::test
