// Codes on their way to phones: what is asked for, what is marked, what comes again, and what is never sent.
#include "store/texts_fixture.hpp"

#include "accounts/sms/report_routes.hpp"
#include "accounts/sms/webhook_vendor.hpp"
#include "accounts/text_watch.hpp"
#include "ops/log.hpp"

namespace pollux::accounts {
namespace {

using sms::Sent;

asio::awaitable<bool> judge_unit(db::Transaction& transaction, std::int64_t id, sms::Outcome outcome, Time now)
{
    if (outcome == sms::Outcome::sending) {
        co_await sms::LogStore::mark_again(transaction, id, "scripted", now);
    } else {
        co_await sms::LogStore::end(transaction, id, outcome, now);
    }
    co_return true;
}

class Texts : public TextsTest {
protected:
    void SetUp() override { sign_up().value(); }
};

TEST_F(Texts, bring_the_code_to_its_number)
{
    auto const sent = text(request(CodePurpose::login)).value();
    ASSERT_EQ(texts(), 1u);
    auto const& message = vendor->messages.front();
    auto const code = sent.otp.value.value();
    EXPECT_EQ(message.to, mobile);
    EXPECT_EQ(message.body, code + " is your code. It is valid for 5 minutes.\n\n@chat.example.com #" + code);
    EXPECT_EQ(message.purpose, "login");
    EXPECT_EQ(message.valid_for, 300s);
    EXPECT_EQ(message.id.size(), 36u);
    EXPECT_EQ(last_outcome(), "accepted");
    EXPECT_TRUE(verify(code));
    EXPECT_EQ(count("select count(*) from tasks"), 0);
}

TEST_F(Texts, leave_no_code_and_no_number_in_the_database)
{
    auto const code = send().value().otp.value.value();
    auto const payload = run(temp.database().read("select payload from tasks")).front().only().text();
    EXPECT_TRUE(payload.starts_with("sealed."));
    EXPECT_EQ(payload.find(code), std::string::npos);
    EXPECT_EQ(payload.find("2025550100"), std::string::npos);
    run_tasks();
    auto const row = run(temp.database().read("select mobile_key || block_key || region || outcome || reason || status from sms_log"));
    EXPECT_EQ(row.front().only().text().find("202555"), std::string::npos);
}

TEST_F(Texts, of_nobody_are_asked_for_alike_and_sent_to_nobody)
{
    text(request(CodePurpose::login, "+12025550199")).value();
    EXPECT_EQ(texts(), 0u);
    EXPECT_EQ(last_outcome(), "decoy");
    EXPECT_EQ(count("select is_counted from sms_log"), 1);
    EXPECT_EQ(count("select cast(sum(sent) as bigint) from sms_tallies"), 2); // Of its block and its country.
    EXPECT_EQ(count("select count(*) from tasks"), 0);
}

TEST_F(Texts, do_not_go_out_near_their_end)
{
    vendor->script = {{.sent = Sent::not_taken, .provider_id = {}, .code = "http_429", .retry_after = 241s}};
    text(request()).value();
    EXPECT_EQ(last_outcome(), "waiting http_429");
    advance(241s);
    run_tasks();
    EXPECT_EQ(texts(), 1u);
    EXPECT_EQ(last_outcome(), "late http_429");
    EXPECT_EQ(count("select count(*) from tasks"), 0);
}

TEST_F(Texts, come_again_after_a_refusal_for_now)
{
    vendor->script = {{.sent = Sent::not_taken, .provider_id = {}, .code = "unreachable"},
                      {.sent = Sent::not_taken, .provider_id = {}, .code = "http_429", .retry_after = 5s}};
    text(request()).value();
    EXPECT_EQ(texts(), 1u);
    advance(2s);
    run_tasks();
    EXPECT_EQ(texts(), 2u);
    advance(4s);
    run_tasks();
    EXPECT_EQ(texts(), 2u); // It was told to wait for 5 s.
    advance(1s);
    run_tasks();
    EXPECT_EQ(texts(), 3u);
    EXPECT_EQ(last_outcome(), "accepted");
    EXPECT_EQ(vendor->messages[0].id, vendor->messages[2].id);
    EXPECT_EQ(vendor->messages[0].body, vendor->messages[2].body);
    EXPECT_EQ(count("select count(*) from sms_log"), 1);
}

// "Retry-After: 0" is no invitation to post without end.
TEST_F(Texts, never_come_again_sooner_than_usual)
{
    vendor->script.assign(3, {.sent = Sent::not_taken, .provider_id = {}, .code = "http_429", .retry_after = 0s});
    text(request()).value();
    EXPECT_EQ(texts(), 1u);
    advance(1s);
    run_tasks();
    EXPECT_EQ(texts(), 2u);
    advance(1s);
    run_tasks();
    EXPECT_EQ(texts(), 2u);
}

TEST_F(Texts, that_a_newer_one_overtook_stay)
{
    vendor->script = {{.sent = Sent::not_taken, .provider_id = {}, .code = "http_429", .retry_after = 90s}};
    auto const first = text(request()).value().otp.value.value();
    advance(61s);
    auto const second = text(request()).value().otp.value.value();
    ASSERT_EQ(texts(), 2u);
    EXPECT_TRUE(vendor->messages.back().body.starts_with(second));
    advance(60s);
    run_tasks();
    EXPECT_EQ(texts(), 2u);
    EXPECT_EQ(count("select count(*) from sms_log where outcome = 'overtaken'"), 1);
}

TEST_F(Texts, that_were_used_already_stay)
{
    vendor->script = {{.sent = Sent::not_taken, .provider_id = {}, .code = "http_429", .retry_after = 30s}};
    auto const code = text(request()).value().otp.value.value();
    ASSERT_TRUE(verify(code));
    advance(31s);
    run_tasks();
    EXPECT_EQ(texts(), 1u);
    EXPECT_TRUE(last_outcome().starts_with("overtaken")) << last_outcome();
}

TEST_F(Texts, that_may_have_been_sent_are_never_sent_again)
{
    vendor->throws = true; // As a process that ends between the mark and the answer.
    send().value();
    run_tasks();
    EXPECT_EQ(texts(), 1u);
    EXPECT_EQ(last_outcome(), "sending");
    vendor->throws = false;
    advance(2s);
    run_tasks();
    EXPECT_EQ(texts(), 1u);
    EXPECT_EQ(last_outcome(), "unknown");
    EXPECT_EQ(count("select count(*) from tasks"), 0);
}

TEST_F(Texts, without_an_answer_are_unknown)
{
    vendor->script = {{.sent = Sent::unknown, .provider_id = {}, .code = "timed_out"}};
    text(request()).value();
    EXPECT_EQ(last_outcome(), "unknown timed_out");
    EXPECT_EQ(count("select count(*) from tasks"), 0);
}

TEST_F(Texts, come_again_to_who_knows_repeats)
{
    vendor->takes_repeats = true;
    vendor->throws = true;
    send().value();
    run_tasks();
    vendor->throws = false;
    vendor->script = {{.sent = Sent::unknown, .provider_id = {}, .code = "timed_out"}};
    advance(2s);
    run_tasks();
    EXPECT_EQ(last_outcome(), "sending timed_out");
    advance(5s);
    run_tasks();
    EXPECT_EQ(texts(), 3u);
    EXPECT_EQ(vendor->messages[0].id, vendor->messages[2].id);
    EXPECT_EQ(sms::webhook_body(vendor->messages[0]), sms::webhook_body(vendor->messages[2]));
    EXPECT_EQ(last_outcome(), "accepted");
}

// The machine slept between the mark and the POST: no steady clock tells.
TEST_F(Texts, do_not_go_out_after_a_sleep)
{
    vendor->while_judged = [this] { advance(3h); };
    text(request()).value();
    EXPECT_EQ(texts(), 0u);
    EXPECT_EQ(last_outcome(), "waiting stood_still");
    advance(1s);
    run_tasks();
    EXPECT_EQ(texts(), 0u);
    EXPECT_EQ(last_outcome(), "late stood_still");
}

// What may have been sent before is not called late, or overtaken: it may be there.
TEST_F(Texts, that_come_again_too_late_are_unknown)
{
    vendor->takes_repeats = true;
    vendor->script = {{.sent = Sent::unknown, .provider_id = {}, .code = "timed_out", .retry_after = 250s}};
    text(request()).value();
    advance(251s);
    run_tasks();
    EXPECT_EQ(texts(), 1u);
    EXPECT_TRUE(last_outcome().starts_with("unknown"));
}

// What never left cannot be used, and is not held against its block and country; nobody's count on, as they were judged like others.
TEST_F(Texts, that_never_left_are_not_counted_as_unused)
{
    auto const sent = [this] { return count("select cast(coalesce(sum(sent), 0) as bigint) from sms_tallies"); };
    vendor->script = {{.sent = Sent::refused, .provider_id = {}, .code = "20003"}};
    text(request()).value();
    EXPECT_EQ(sent(), 0);
    EXPECT_EQ(count("select count(*) from sms_log where is_counted = 1"), 0);
    advance(61s);
    vendor->script = {{.sent = Sent::not_taken, .provider_id = {}, .code = "http_429", .retry_after = 241s}};
    text(request()).value();
    EXPECT_EQ(sent(), 2); // It may still go out.
    advance(241s);
    run_tasks();
    EXPECT_EQ(last_outcome(), "late http_429");
    EXPECT_EQ(sent(), 0);
    vendor->script = {{.sent = Sent::not_taken, .provider_id = {}, .code = "http_429", .retry_after = 90s}};
    text(request()).value();
    advance(61s);
    text(request()).value();
    EXPECT_EQ(last_outcome(), "accepted");
    advance(60s);
    run_tasks();
    EXPECT_EQ(count("select count(*) from sms_log where outcome = 'overtaken'"), 1);
    EXPECT_EQ(sent(), 2); // Of the one that arrived.
    text(request(CodePurpose::login, "+12025550199")).value();
    EXPECT_EQ(sent(), 4);
}

TEST_F(Texts, that_were_used_before_they_left_count_on_both_sides)
{
    vendor->script = {{.sent = Sent::not_taken, .provider_id = {}, .code = "http_429", .retry_after = 30s}};
    auto const code = text(request()).value().otp.value.value();
    ASSERT_TRUE(verify(code));
    advance(31s);
    run_tasks();
    EXPECT_EQ(count("select count(*) from sms_tallies where sent = 1 and used = 1"), 2);
}

// A run that stood still has been taken over; what it learns late is kept only where it knows better.
TEST_F(Texts, keep_what_the_last_run_said_of_them)
{
    using sms::Outcome;
    send().value();
    vendor->throws = true;
    run_tasks();
    sms::LogStore log(temp.database());
    auto const row = [this] {
        return run(temp.database().transact([](db::Transaction& transaction) { return sms::LogStore::of_code(transaction, 1); })).value();
    };
    // By another process.
    auto const judge = [this](std::int64_t id, Outcome outcome) {
        auto unit = [id, outcome, now = temp.clock().now()](db::Transaction& transaction) {
            return judge_unit(transaction, id, outcome, now);
        };
        run(temp.database().transact(unit));
    };
    auto const keep = [&](sms::LogRow const& by, Outcome outcome, Sent sent) {
        return run(log.keep_answer(by, outcome, {.sent = sent, .provider_id = {}, .code = {}}, temp.clock().now()));
    };
    auto const first = row();
    advance(20s);
    judge(first.id, Outcome::unknown); // Where the vendor knows no repeats.
    EXPECT_FALSE(keep(first, Outcome::waiting, Sent::not_taken));
    EXPECT_EQ(last_outcome(), "unknown");
    EXPECT_TRUE(keep(first, Outcome::accepted, Sent::accepted));
    EXPECT_EQ(last_outcome(), "accepted");

    judge(first.id, Outcome::sending); // Where it does.
    auto const second = row();
    EXPECT_FALSE(keep(first, Outcome::sending, Sent::unknown));
    EXPECT_TRUE(keep(second, Outcome::accepted, Sent::accepted));
    EXPECT_FALSE(keep(first, Outcome::sending, Sent::unknown));
    EXPECT_EQ(last_outcome(), "accepted");
}

TEST_F(Texts, that_are_refused_for_good_end_there)
{
    vendor->script = {{.sent = Sent::refused, .provider_id = {}, .code = "21211"}};
    EXPECT_TRUE(text(request())); // The user learns nothing of it.
    EXPECT_EQ(last_outcome(), "refused 21211");
    EXPECT_EQ(count("select count(*) from tasks"), 0);
}

TEST_F(Texts, to_an_account_that_was_deleted_meanwhile_stay)
{
    send().value();
    static constexpr db::Sql sql = "update users set mobile = 'gone:' || id where id > 0";
    run(temp.database().write(sql));
    run_tasks();
    EXPECT_EQ(texts(), 0u);
    EXPECT_EQ(last_outcome(), "decoy");
}

TEST_F(Texts, move_forward_by_reports_in_any_order)
{
    constexpr auto token = "0123456789abcdef0123456789abcdef";
    constexpr auto url = "https://chat.example.com/sms/twilio/status/";
    sms::ReportDesk desk(temp.database(), temp.clock(), {url, token});
    text(request()).value();
    auto const id = vendor->messages.front().id;
    auto const post = [&](std::string sid, std::string status, std::string query, std::string by) {
        sms::FormFields const fields{{"MessageSid", sid}, {"MessageStatus", status}, {"To", mobile}};
        auto const whole = query.empty() ? std::string(url) : std::string(url) + "?" + query;
        auto const signature = sms::twilio_signature(whole, fields, by);
        return error_of(run(desk.take({query, "application/x-www-form-urlencoded; charset=UTF-8", signature, sms::write_form(fields)})));
    };
    auto const status = [&] { return run(temp.database().read("select status from sms_log")).front().only().text(); };

    EXPECT_EQ(post("SM1", "delivered", "id=" + id, "another token"), "signature_invalid");
    EXPECT_EQ(status(), "");
    EXPECT_EQ(post("SM1", "sent", "", token), ""); // By Twilio's id alone.
    EXPECT_EQ(status(), "sent");
    EXPECT_EQ(post("SM1", "queued", "id=" + id, token), "");
    EXPECT_EQ(status(), "sent");
    EXPECT_EQ(post("SM1", "delivered", "id=" + id, token), "");
    EXPECT_EQ(post("SM1", "sent", "id=" + id, token), "");
    EXPECT_EQ(post("SM1", "failed", "id=" + id, token), "");
    EXPECT_EQ(post("SM1", "beamed", "id=" + id, token), "");
    EXPECT_EQ(post("SM7", "failed", "", token), ""); // Nobody's.
    EXPECT_EQ(status(), "delivered");
    EXPECT_EQ(error_of(run(desk.take({"", "application/x-www-form-urlencoded", "", ""}))), "signature_missing");
    sms::ReportDesk none(temp.database(), temp.clock(), {url, ""});
    EXPECT_EQ(error_of(run(none.take({"", "", "x", ""}))), "sms_not_configured");
    EXPECT_EQ(error_of(run(none.take({"", "", "", ""}))), "signature_missing");
}

// A report may be here before the answer to the POST, or where there will never be one.
TEST_F(Texts, that_are_unknown_may_be_reported_all_the_same)
{
    vendor->throws = true;
    send().value();
    run_tasks();
    sms::LogStore log(temp.database());
    auto const id = vendor->messages.front().id;
    EXPECT_TRUE(run(log.keep_report(id, {"SM9", "delivered", 6, ""}, temp.clock().now())));
    advance(2s);
    run_tasks();
    EXPECT_EQ(last_outcome(), "unknown");
    auto const row = run(temp.database().read("select status || ' ' || provider_id from sms_log"));
    EXPECT_EQ(row.front().only().text(), "delivered SM9");
}

TEST_F(Texts, of_the_last_hour_are_counted)
{
    sms::LogStore log(temp.database());
    auto const hour = [&] { return run(log.delivery_since(temp.clock().now() - 1h, temp.clock().now() - 20s)); };
    text(request()).value();
    EXPECT_EQ(hour().meant, 1);
    EXPECT_EQ(hour().failed, 0);
    run(log.keep_report(vendor->messages.front().id, {"SM1", "undelivered", 5, "30003"}, temp.clock().now()));
    EXPECT_EQ(hour().failed, 1);
    advance(61s);
    vendor->script = {{.sent = Sent::refused, .provider_id = {}, .code = "21211"}};
    text(request()).value();
    text(request(CodePurpose::login, "+12025550199")).value(); // Nobody's.
    EXPECT_EQ(hour().meant, 2);
    EXPECT_EQ(hour().failed, 2);
    EXPECT_EQ(hour().spent, 3);
    advance(1h);
    EXPECT_EQ(hour().meant, 0);
}

// A vendor that takes nothing refuses nothing either.
TEST_F(Texts, that_nobody_takes_have_failed)
{
    sms::LogStore log(temp.database());
    auto const hour = [&] { return run(log.delivery_since(temp.clock().now() - 1h, temp.clock().now() - 20s)); };
    vendor->script = {{.sent = Sent::not_taken, .provider_id = {}, .code = "unreachable", .retry_after = 241s}};
    text(request()).value();
    EXPECT_EQ(hour().meant, 1);
    EXPECT_EQ(hour().failed, 1); // It waits.
    advance(241s);
    run_tasks();
    EXPECT_EQ(last_outcome(), "late unreachable");
    EXPECT_EQ(hour().meant, 1);
    EXPECT_EQ(hour().failed, 1);
    EXPECT_EQ(hour().spent, 1);
}

// Answers of 503 alone: nobody can log in, and no word of the log says that a text was refused.
TEST_F(Texts, that_get_no_answer_have_failed)
{
    sms::LogStore log(temp.database());
    auto const hour = [&] { return run(log.delivery_since(temp.clock().now() - 1h, temp.clock().now() - 20s)); };
    for (bool const knows_repeats : {false, true}) {
        vendor->takes_repeats = knows_repeats;
        vendor->script = {{.sent = Sent::unknown, .provider_id = {}, .code = "http_503", .retry_after = 30s}};
        text(request()).value();
        EXPECT_EQ(last_outcome(), knows_repeats ? "sending http_503" : "unknown http_503");
        EXPECT_EQ(hour().meant, 1);
        EXPECT_EQ(hour().failed, 1);
        EXPECT_EQ(hour().unknown, knows_repeats ? 0 : 1);
        // It went out all the same.
        run(log.keep_report(vendor->messages.back().id, {"SM1", "delivered", 6, ""}, temp.clock().now()));
        EXPECT_EQ(hour().meant, 1);
        EXPECT_EQ(hour().failed, 0);
        EXPECT_EQ(hour().unknown, 0);
        advance(2h);
        run_tasks();
    }
}

// What its process left behind has failed once no call can last any more.
TEST_F(Texts, whose_process_ended_have_failed)
{
    sms::LogStore log(temp.database());
    auto const hour = [&] { return run(log.delivery_since(temp.clock().now() - 1h, temp.clock().now() - 20s)); };
    vendor->throws = true;
    send().value();
    run_tasks();
    EXPECT_EQ(hour().meant, 0); // It may be on its way.
    advance(21s);
    EXPECT_EQ(hour().meant, 1);
    EXPECT_EQ(hour().failed, 1);
}

// A code that is being handed over by another process while a newer one is asked for: either goes out first, or not at all.
TEST_F(Texts, wait_for_an_older_one_that_is_being_handed_over)
{
    send().value();
    vendor->throws = true; // As a process that stands still, or has ended.
    run_tasks();
    vendor->throws = false;
    ASSERT_EQ(last_outcome(), "sending");
    static constexpr db::Sql hold_sql =
        "update tasks set state = 'running', due_at = due_at + 3600000000, lease_until = due_at + 3600000000";
    run(temp.database().write(hold_sql));
    static constexpr db::Sql mark_sql = "update sms_log set marked_at = $1";
    advance(61s);
    run(temp.database().write(mark_sql, temp.clock().now() - 1s));
    auto const second = text(request()).value().otp.value.value();
    EXPECT_EQ(texts(), 1u);
    EXPECT_EQ(count("select count(*) from sms_log"), 1); // Not judged yet,
    EXPECT_EQ(count("select count(*) from guess_budgets"),
              2); // and of the budgets nothing taken: of block and hour they are the first one's.
    EXPECT_EQ(count("select cast(sum(failures) as bigint) from tasks where state = 'ready'"), 0);
    advance(5s);
    run_tasks();
    EXPECT_EQ(texts(), 1u);
    advance(sms::in_flight_max);
    run_tasks();
    ASSERT_EQ(texts(), 2u);
    EXPECT_TRUE(vendor->messages.back().body.starts_with(second));
}

TEST_F(Texts, wait_for_no_older_one_that_was_answered)
{
    vendor->takes_repeats = true;
    vendor->script = {{.sent = Sent::unknown, .provider_id = {}, .code = "http_503", .retry_after = 200s}};
    text(request()).value();
    advance(61s);
    static constexpr db::Sql mark_sql = "update sms_log set marked_at = $1";
    run(temp.database().write(mark_sql, temp.clock().now()));
    text(request()).value();
    EXPECT_EQ(texts(), 2u);
    EXPECT_EQ(last_outcome(), "accepted");
}

// What was marked for one that knows no repeats is not sent by one that does.
TEST_F(Texts, that_another_vendor_was_given_are_never_sent_again)
{
    vendor->throws = true;
    send().value();
    run_tasks();
    run(temp.database().write(db::Sql("update sms_log set vendor = 'twilio'")));
    vendor->throws = false;
    vendor->takes_repeats = true;
    advance(2s);
    run_tasks();
    EXPECT_EQ(texts(), 1u);
    EXPECT_EQ(last_outcome(), "unknown");
}

// What was certainly not sent is anybody's.
TEST_F(Texts, that_another_vendor_did_not_take_go_out)
{
    vendor->script = {{.sent = Sent::not_taken, .provider_id = {}, .code = "http_429", .retry_after = 5s}};
    text(request()).value();
    run(temp.database().write(db::Sql("update sms_log set vendor = 'twilio'")));
    advance(5s);
    run_tasks();
    EXPECT_EQ(texts(), 2u);
    EXPECT_EQ(last_outcome(), "accepted");
    EXPECT_EQ(count("select count(*) from sms_log where vendor = 'scripted'"), 1);
}

TEST_F(Texts, are_watched)
{
    TextWatch watch(temp.database(), temp.clock(), 2);
    auto const shows = [](std::string const& line) { return ("\n" + ops::metrics_text()).find("\n" + line + "\n") != std::string::npos; };
    vendor->script = {{.sent = Sent::refused, .provider_id = {}, .code = "21211"}};
    text(request()).value();
    text(request(CodePurpose::login, "+12025550199")).value(); // Nobody's.
    static constexpr db::Sql drop_sql = "update sms_log set outcome = 'dropped', reason = 'country_unused' where outcome = 'refused'";
    run(watch.look());
    EXPECT_TRUE(shows("pollux_sms_hour_max 2"));
    EXPECT_TRUE(shows("pollux_sms_hour_meant 1"));
    EXPECT_TRUE(shows("pollux_sms_hour_failed 1"));
    EXPECT_TRUE(shows("pollux_sms_hour_spent 2"));
    EXPECT_TRUE(shows("pollux_sms_hour_dropped{reason=\"country_unused\"} 0")); // There before the first: it can be seen to rise.
    run(temp.database().write(drop_sql));
    run(watch.look());
    EXPECT_TRUE(shows("pollux_sms_hour_dropped{reason=\"country_unused\"} 1"));
}

// Somebody who pumps, by one block as by many, spends of the open half alone, and is seen at its half.
TEST_F(Texts, that_somebody_pumps_are_told_at_half_of_what_is_open)
{
    constexpr int hour_max = 1'000; // The built-in one: 125 at once for all, then 375 an hour.
    TextWatch watch(temp.database(), temp.clock(), hour_max);
    auto const shows = [](std::string const& line) { return ("\n" + ops::metrics_text()).find("\n" + line + "\n") != std::string::npos; };
    auto const look = [&] {
        ops::flush_log();
        ::testing::internal::CaptureStderr();
        run(watch.look());
        ops::flush_log();
        return ::testing::internal::GetCapturedStderr();
    };
    for (int index = 0; index < 249; ++index) {
        text(request_from(address(index), "+1202555" + std::to_string(2'000 + index))).value();
        advance(10s);
    }
    EXPECT_EQ(look().find("sms_half"), std::string::npos);
    EXPECT_TRUE(shows("pollux_sms_hour_spent 249"));
    EXPECT_LT(count("select count(*) from sms_log where outcome = 'decoy'"), 70); // The rest was dropped for its block.
    text(request_from(address(250), "+12025553000")).value();
    auto const line = look();
    EXPECT_NE(line.find("sms_half_of_open_spent"), std::string::npos) << line;
    EXPECT_EQ(look().find("sms_half"), std::string::npos); // Once.
}

TEST_F(Texts, are_forgotten_after_a_month)
{
    text(request()).value();
    advance(std::chrono::days(29));
    run(accounts().delete_stale());
    EXPECT_EQ(count("select count(*) from sms_log"), 1);
    EXPECT_EQ(count("select count(*) from sms_tallies"), 0);
    advance(std::chrono::days(2));
    run(accounts().delete_stale());
    EXPECT_EQ(count("select count(*) from sms_log"), 0);
}

class DebugTexts : public TextsTest {
protected:
    void SetUp() override { sign_up().value(); }
    void tune(AccountsOptions& options) const override
    {
        options.debug = DebugMode::on;
        options.sms.shows_dev_texts = true;
        options.test_numbers = {{mobile, "123456", {}}};
    }
};

TEST_F(DebugTexts, stand_sealed_in_the_inbox)
{
    text(request()).value();
    auto const shown = run(accounts().code_sender().inbox().texts());
    ASSERT_EQ(shown.size(), 1u);
    EXPECT_EQ(shown[0].to, mobile);
    EXPECT_TRUE(shown[0].text.starts_with("123456 is your code."));
    auto const sealed = run(temp.database().read("select sealed from dev_texts")).front().only().text();
    EXPECT_EQ(sealed.find("123456"), std::string::npos);
    advance(25h);
    run(accounts().delete_stale());
    EXPECT_EQ(count("select count(*) from dev_texts"), 0);
}

// Outside debug everybody may know their codes, and nobody is to be called by them.
class TestNumberTexts : public TextsTest {
protected:
    void tune(AccountsOptions& options) const override { options.test_numbers = {{mobile, "123456", {}}}; }
};

TEST_F(TestNumberTexts, are_sent_to_nobody)
{
    sign_up().value();
    text(request()).value();
    EXPECT_EQ(texts(), 0u);
    EXPECT_EQ(last_outcome(), "decoy");
}

// No vendor: nobody is asked for anything.
class NoTexts : public TextsTest {
protected:
    void tune(AccountsOptions& options) const override { options.sms.vendor = nullptr; }
};

TEST_F(NoTexts, leave_no_task)
{
    sign_up().value();
    send().value();
    EXPECT_EQ(count("select count(*) from tasks"), 0);
}

} // namespace
} // namespace pollux::accounts
