// Money that went back ends what it paid for, at the provider, and nothing else does: no part of it, no dispute that is not lost, no older
// invoice, nothing of somebody else's, and no answer that is none.
#include "billing/payments/payment_tasks.hpp"
#include "billing/stripe/scripted_api.hpp"
#include "billing/tier_tasks.hpp"
#include "billing/tiers.hpp"
#include "bus/memory_notices.hpp"
#include "store/chat_fixture.hpp"
#include "tasks/enqueue.hpp"
#include "tasks/task_run.hpp"
#include "tasks/task_store.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <map>

namespace pollux::test {
namespace {

using namespace std::chrono_literals;
using billing::stripe::Answer;
using billing::stripe::Call;
using billing::stripe::ScriptedApi;

namespace json = boost::json;

constexpr char const* note = "POST /v1/subscriptions/sub_1";
constexpr char const* cut_off = "DELETE /v1/subscriptions/sub_1";

asio::awaitable<int> enqueue_judging(db::Transaction& transaction)
{
    co_await tasks::enqueue(transaction, {.kind = billing::judge_payment_task, .subject = "pi_1", .payload = "test:acct_1"});
    co_return 0;
}

// One who is Pro by sub_1, whose latest invoice in_1 was paid by pi_1.
class MoneyBack : public ChatStores {
protected:
    MoneyBack()
    {
        rows("insert into plan_prices (price_id, mode, account, plan, state) values ('price_1', 'test', 'acct_1', 'pro', 'sold')");
        rows("insert into payments_in_force (only_one, mode, account) values (1, 'test', 'acct_1')");
        static constexpr db::Sql link =
            "insert into payment_customers (user_id, mode, account, customer_id, created_at) values ($1, 'test', 'acct_1', 'cus_1', 0)";
        rows(link, user);
        billing::add_payment_kinds(kinds, parts);
        billing::add_tier_kinds(kinds, tiers);

        serve("GET /v1/account", [](Call const&) { return ScriptedApi::json(R"({"id":"acct_1"})"); });
        serve("GET /v1/charges", [this](Call const& call) { return of_payment(call, "payment_intent", {charge}); });
        serve("GET /v1/disputes", [this](Call const& call) { return of_payment(call, "payment_intent", disputes); });
        serve("GET /v1/invoice_payments", [this](Call const& call) { return invoice_payments(call); });
        serve("GET /v1/subscriptions/sub_1", [this](Call const& call) { return shown(call); });
        serve(note, [this](Call const& call) {
            subscription["metadata"].as_object()["went_back"] = ScriptedApi::parameter(call, "metadata[went_back]");
            return shown(call);
        });
        serve("GET /v1/subscriptions", [this](Call const& call) { return all_of(call); });
        serve("GET /v1/customers/cus_1", [](Call const&) { return ScriptedApi::json(R"({"id":"cus_1"})"); });
        serve(cut_off, [this](Call const& call) {
            subscription["status"] = "canceled";
            return shown(call);
        });
        EXPECT_EQ(temp.run(sync.sync("cus_1", Steady::now() + 1h)), billing::CustomerSync::Outcome::changed);
        EXPECT_EQ(tier(), "pro");
        run_tasks();
        api.take_calls();
    }

    // All that follows from a refund or a dispute of the payment. How often the subscription was ended.
    std::int64_t judge()
    {
        temp.run(temp.database().transact([](db::Transaction& transaction) { return enqueue_judging(transaction); }));
        return go_on();
    }
    std::int64_t go_on()
    {
        run_tasks();
        return std::ranges::count(api.take_calls(), cut_off);
    }

    void refund_all()
    {
        charge["refunded"] = true;
        charge["amount_refunded"] = 2000;
    }

    std::string tier()
    {
        static constexpr db::Sql sql = "select tier from users where id = $1";
        return rows(sql, user).front().only().text();
    }
    // Why tasks of payments come again: "" as long as none does.
    std::string reasons()
    {
        static constexpr db::Sql sql = "select last_error from tasks where kind in ($1, $2)";
        auto const found = rows(sql, billing::judge_payment_task, billing::end_subscription_task);
        std::string all;
        for (std::size_t index = 0; index < found.size(); ++index) all += found[index].only().text();
        return all;
    }

    // Does what is due, until nothing is; what fails is left for later.
    void run_tasks()
    {
        tasks::TaskStore store(temp.database());
        while (true) {
            auto claimed = temp.run(store.claim("test", kinds.names_json([](auto const&) { return true; }), 1));
            if (claimed.empty()) return;
            tasks::TaskRun run(claimed.front(), Steady::now() + 1h);
            auto const& kind = *kinds.find(run.task().kind);
            auto const outcome = temp.run(kind.work(run));
            temp.run(store.finish(run.task(), tasks::judge(outcome.end(), kind.limits, run.task().failures, 0), outcome.reason()));
        }
    }

    void serve(std::string const& what, ScriptedApi::Reply reply)
    {
        api.on(what, [this, what, reply = std::move(reply)](Call const& call) {
            auto const fault = faults.find(what);
            return fault == faults.end() ? reply(call) : fault->second;
        });
    }

    static Answer list(json::array data)
    {
        return ScriptedApi::json(json::serialize(json::object{{"object", "list"}, {"data", std::move(data)}, {"has_more", false}}));
    }
    static Answer of_payment(Call const& call, std::string const& name, json::array data)
    {
        return list(ScriptedApi::parameter(call, name) == "pi_1" ? std::move(data) : json::array());
    }
    static bool expands(Call const& call, std::string const& what) { return ScriptedApi::parameter(call, "expand[0]") == what; }

    Answer invoice_payments(Call const& call)
    {
        json::array data;
        for (auto const& [invoice, of] : paid_for) {
            json::object shown{{"id", invoice}, {"parent", nullptr}};
            if (!of.empty()) shown["parent"] = {{"subscription_details", {{"subscription", of}}}};
            json::value const short_or_whole = expands(call, "data.invoice") ? json::value(shown) : json::value(invoice);
            data.push_back(json::object{{"id", "inpay_" + invoice}, {"invoice", short_or_whole}});
        }
        bool const is_by_intent = ScriptedApi::parameter(call, "payment[type]") == "payment_intent";
        return of_payment(call, is_by_intent ? "payment[payment_intent]" : "none", std::move(data));
    }

    json::object subscription_shown(bool is_expanded) const
    {
        auto shown = subscription;
        shown["latest_invoice"] =
            is_expanded ? json::value{{"id", latest_invoice}, {"status", "paid"}, {"created", 1}} : json::value(latest_invoice);
        return shown;
    }
    Answer shown(Call const& call) const { return ScriptedApi::json(json::serialize(subscription_shown(expands(call, "latest_invoice")))); }
    Answer all_of(Call const& call) const
    {
        bool const is_asked = ScriptedApi::parameter(call, "customer") == subscription.at("customer").as_string();
        return list(is_asked ? json::array{subscription_shown(true)} : json::array());
    }

    UserId user = add_user();
    json::object charge{{"id", "ch_1"}, {"payment_intent", "pi_1"}, {"amount", 2000}, {"amount_refunded", 0}, {"refunded", false}};
    json::array disputes;
    std::vector<std::pair<std::string, std::string>> paid_for{{"in_1", "sub_1"}}; // Invoices, and of which subscriptions.
    std::string latest_invoice = "in_1";
    json::object subscription{
        {"id", "sub_1"},
        {"customer", "cus_1"},
        {"status", "active"},
        {"metadata", json::object()},
        {"items",
         {{"data", json::array{json::object{
                       {"id", "si_1"}, {"price", {{"id", "price_1"}}}, {"current_period_end", micros(now() + 20 * 24h) / 1'000'000}}}}}}};
    std::map<std::string, Answer> faults; // What is answered instead.

    ScriptedApi api;
    bus::MemoryNotices notices;
    tasks::Bell bell;
    billing::Tiers tiers{temp.database(), billing, notices, bell};
    billing::PaymentAccount account{temp.database(), api, "mac"};
    billing::Installation installation{temp.database()};
    billing::CustomerSync sync{temp.database(), api, account, installation, tiers, std::chrono::days(3)};
    billing::PaymentParts parts{temp.database(), api, account, sync};
    tasks::TaskKinds kinds;
};

TEST_F(MoneyBack, all_of_the_latest_invoice_ends_the_subscription_once)
{
    EXPECT_EQ(judge(), 0) << "nothing went back";
    EXPECT_EQ(tier(), "pro");
    refund_all();
    EXPECT_EQ(judge(), 1);
    EXPECT_EQ(tier(), "basic") << "it does not wait for an event";
    EXPECT_EQ(judge(), 0) << "it is over";
    EXPECT_EQ(number("select count(*) from tasks where kind in ('stripe_payment', 'stripe_cancel')"), 0);
}

TEST_F(MoneyBack, a_part_of_it_ends_nothing)
{
    charge["amount_refunded"] = 1999;
    EXPECT_EQ(judge(), 0);
    EXPECT_EQ(subscription.at("status"), "active");
    EXPECT_EQ(tier(), "pro");
    refund_all();
    EXPECT_EQ(judge(), 1) << "then the rest";
}

TEST_F(MoneyBack, a_dispute_ends_it_when_it_is_lost_and_only_then)
{
    disputes.push_back(json::object{{"id", "dp_1"}, {"payment_intent", "pi_1"}});
    auto& dispute = disputes.front().as_object();
    for (auto const* status : {"warning_needs_response", "warning_under_review", "warning_closed", "needs_response", "under_review", "won",
                               "prevented", "a word of tomorrow"}) {
        dispute["status"] = status;
        EXPECT_EQ(judge(), 0) << status;
        EXPECT_EQ(tier(), "pro") << status;
    }
    disputes.push_back(json::object{{"id", "dp_2"}, {"payment_intent", "pi_1"}, {"status", "lost"}});
    EXPECT_EQ(judge(), 1);
    EXPECT_EQ(tier(), "basic");
}

TEST_F(MoneyBack, an_older_invoice_ends_nothing)
{
    refund_all();
    latest_invoice = "in_2";
    EXPECT_EQ(judge(), 0);
    EXPECT_EQ(tier(), "pro");
    paid_for = {{"in_0", "sub_1"}, {"in_9", ""}};
    EXPECT_EQ(judge(), 0) << "nor one that was for no subscription";
    paid_for.emplace_back("in_2", "sub_1");
    EXPECT_EQ(judge(), 1) << "of several the latest counts";
}

TEST_F(MoneyBack, what_is_not_ours_is_not_ended)
{
    refund_all();
    auto const own = temp.run(installation.id());
    auto const of = [&](std::string customer, std::string installed, std::string whose) {
        subscription["customer"] = customer;
        subscription["metadata"] = {{"installation", installed}, {"user", whose}};
        return judge();
    };
    auto const number = std::to_string(user.value);
    EXPECT_EQ(of("cus_1", "another", number), 0) << "of another installation";
    EXPECT_EQ(of("cus_1", own, number + "0"), 0) << "of another user";
    EXPECT_EQ(of("cus_of_others", own, number), 0) << "nobody of ours is this customer";
    EXPECT_EQ(of("cus_1", own, number), 1);
}

TEST_F(MoneyBack, what_is_over_is_not_ended_again)
{
    refund_all();
    for (auto const* status : {"canceled", "incomplete_expired"}) {
        subscription["status"] = status;
        EXPECT_EQ(judge(), 0) << status;
    }
}

// Neither for nor against anybody: the task comes again, and says why.
TEST_F(MoneyBack, no_answer_and_a_refusal_end_nothing_and_are_told_apart)
{
    refund_all();
    auto const refusal = ScriptedApi::error(403, "", "Having the 'rak_charge_read' permission would allow this request to continue.");
    for (auto const* what : {"GET /v1/charges", "GET /v1/invoice_payments", "GET /v1/subscriptions/sub_1", note}) {
        faults = {{what, ScriptedApi::silence()}};
        EXPECT_EQ(judge(), 0) << what;
        EXPECT_NE(reasons().find("did not answer"), std::string::npos) << what << ": " << reasons();
        faults = {{what, refusal}};
        advance(24h);
        EXPECT_EQ(go_on(), 0) << what;
        EXPECT_NE(reasons().find("its key lacks a right"), std::string::npos) << what << ": " << reasons();
        EXPECT_EQ(reasons().find("rak_"), std::string::npos) << "the provider's own words are for the log";
        EXPECT_EQ(tier(), "pro") << what;
        rows("delete from tasks");
    }
    faults.clear();
    EXPECT_EQ(judge(), 1);
}

TEST_F(MoneyBack, what_is_missing_ends_nothing_and_is_not_asked_for_again)
{
    refund_all();
    auto const missing = ScriptedApi::error(404, "resource_missing", "No such thing");
    for (auto const* what : {"GET /v1/charges", "GET /v1/invoice_payments", "GET /v1/subscriptions/sub_1"}) {
        faults = {{what, missing}};
        EXPECT_EQ(judge(), 0) << what;
        EXPECT_EQ(number("select count(*) from tasks where kind in ('stripe_payment', 'stripe_cancel')"), 0) << what;
    }
    EXPECT_EQ(tier(), "pro");
}

TEST_F(MoneyBack, the_end_is_owed_until_the_provider_has_it)
{
    refund_all();
    faults = {{cut_off, ScriptedApi::error(403, "", "Having the 'rak_subscription_write' permission would allow it.")}};
    EXPECT_EQ(judge(), 1);
    EXPECT_NE(reasons().find("its key lacks a right"), std::string::npos) << reasons();
    faults = {{cut_off, ScriptedApi::silence()}};
    advance(24h);
    EXPECT_EQ(go_on(), 1);
    EXPECT_NE(reasons().find("did not answer"), std::string::npos) << reasons();
    EXPECT_EQ(tier(), "pro");
    // Somebody else has ended it meanwhile.
    subscription["status"] = "canceled";
    faults = {{cut_off, ScriptedApi::error(400, "", "A canceled subscription can only update its cancellation_details.")}};
    advance(24h);
    EXPECT_EQ(go_on(), 1);
    EXPECT_EQ(number("select count(*) from tasks where kind = 'stripe_cancel'"), 0);
    EXPECT_EQ(tier(), "basic");
}

// It is over at the provider, which revives nothing; what was paid for is given all the same.
TEST_F(MoneyBack, what_came_back_after_all_is_given_to_the_end_of_its_period)
{
    refund_all();
    EXPECT_EQ(judge(), 1);
    EXPECT_EQ(tier(), "basic");
    charge["refunded"] = false;
    charge["amount_refunded"] = 0;
    EXPECT_EQ(judge(), 0);
    EXPECT_EQ(tier(), "pro");
    EXPECT_EQ(subscription.at("status"), "canceled");
    advance(20 * 24h - 1min);
    run_tasks();
    EXPECT_EQ(tier(), "pro");
    advance(2min);
    run_tasks();
    EXPECT_EQ(tier(), "basic") << "nothing is renewed, so there is no slack";
}

TEST_F(MoneyBack, only_what_was_ended_for_it_is_given_back)
{
    subscription["status"] = "canceled"; // By the operator, or the user.
    EXPECT_EQ(judge(), 0);
    temp.run(sync.sync("cus_1", Steady::now() + 1h));
    EXPECT_EQ(tier(), "basic");
    subscription["metadata"] = {{"went_back", "pi_1"}};
    paid_for = {{"in_7", "sub_7"}};
    temp.run(sync.sync("cus_1", Steady::now() + 1h));
    EXPECT_EQ(tier(), "basic") << "a payment for something else";
    paid_for = {{"in_1", "sub_1"}};
    subscription["metadata"] = {{"went_back", "pi_1"}, {"user", "0"}};
    temp.run(sync.sync("cus_1", Steady::now() + 1h));
    EXPECT_EQ(tier(), "basic") << "of somebody else";
    subscription["metadata"] = {{"went_back", "pi_1"}};
    refund_all();
    temp.run(sync.sync("cus_1", Steady::now() + 1h));
    EXPECT_EQ(tier(), "basic") << "it is gone";
}

TEST_F(MoneyBack, whether_it_came_back_is_unknown_where_the_provider_does_not_say)
{
    refund_all();
    EXPECT_EQ(judge(), 1);
    charge["refunded"] = false;
    faults = {{"GET /v1/charges", ScriptedApi::silence()}};
    EXPECT_EQ(temp.run(sync.sync("cus_1", Steady::now() + 1h)), billing::CustomerSync::Outcome::unknown);
    faults = {{"GET /v1/charges", ScriptedApi::error(403, "", "Having the 'rak_charge_read' permission would allow it.")}};
    EXPECT_EQ(temp.run(sync.sync("cus_1", Steady::now() + 1h)), billing::CustomerSync::Outcome::refused);
    faults.clear();
    EXPECT_EQ(temp.run(sync.sync("cus_1", Steady::now() + 1h)), billing::CustomerSync::Outcome::changed);
    EXPECT_EQ(tier(), "pro");
}

} // namespace
} // namespace pollux::test
