// The accounts room with a vendor of texts that does what the test says, and tasks that run when the test says so.
#pragma once

#include "store/accounts_fixture.hpp"
#include "tasks/task_store.hpp"

#include <deque>
#include <functional>

namespace pollux::accounts {

// Takes everything, but for what its script says of the next ones.
class ScriptedVendor final : public sms::Vendor {
public:
    asio::awaitable<sms::Answer> send(sms::Message message, Steady::time_point) const override
    {
        messages.push_back(std::move(message));
        if (throws) throw std::runtime_error("the process ends here");
        sms::Answer answer{.sent = sms::Sent::accepted, .provider_id = "SM" + std::to_string(messages.size())};
        if (!script.empty()) {
            answer = script.front();
            script.pop_front();
        }
        co_return answer;
    }
    bool knows_repeats() const override { return takes_repeats; }
    // Asked while the code is judged, before it is marked.
    std::string_view name() const override
    {
        if (auto const meanwhile = std::exchange(while_judged, {})) meanwhile();
        return "scripted";
    }
    asio::awaitable<sms::Check> check(Steady::time_point) const override { co_return sms::Check{}; }

    bool takes_repeats = false;
    bool throws = false;
    mutable std::function<void()> while_judged; // Once.
    mutable std::deque<sms::Answer> script;
    mutable std::vector<sms::Message> messages;
};

class TextsTest : public AccountsTest {
protected:
    AccountsOptions options() const override
    {
        auto options = AccountsTest::options();
        options.sms.vendor = vendor;
        options.sms.text = {"{code} is your code. It is valid for {minutes} minutes.", "chat.example.com"};
        tune(options);
        return options;
    }
    virtual void tune(AccountsOptions&) const {}

    // A different one each, all over the country: +1 202 followed by seven digits.
    static std::string number(int index) { return "+1202" + std::to_string(2'000'000 + index * 10'000); }
    static http::Peer address(int index)
    {
        auto const wide = "198." + std::to_string(index / 250) + "." + std::to_string(index % 250);
        return {wide + ".7", wide + ".7", wide + ".0/24"};
    }

    SendRequest request_from(http::Peer peer, std::string number = mobile, CodePurpose purpose = CodePurpose::login) const
    {
        return {.mobile = std::move(number), .purpose = purpose, .network_prefix = peer.wide_prefix, .peer = peer};
    }

    // What is due, once each, until nothing is. A run that fails is put off as a server would.
    void run_tasks()
    {
        tasks::TaskKinds kinds;
        accounts().code_sender().add_kind(kinds);
        tasks::Seal const seal(options().secret_key);
        tasks::TaskStore store(temp.database());
        while (true) {
            auto claimed = run(store.claim("test", kinds.names_json([](auto const&) { return true; }), 1));
            if (claimed.empty()) return;
            auto task = claimed.front();
            task.payload = seal.open(task.payload).value();
            tasks::TaskRun running(std::move(task), Steady::now() + 1h);
            auto const& kind = *kinds.find(running.task().kind);
            auto outcome = tasks::TaskOutcome::retry("It threw.");
            try {
                outcome = run(kind.work(running));
            } catch (std::runtime_error const&) {
            }
            auto const verdict = tasks::judge(outcome, kind.limits, running.task().failures, 0);
            run(store.finish(running.task(), verdict, outcome.reason()));
        }
    }

    // As send-otp and its task.
    Result<CodeSent> text(SendRequest sending)
    {
        auto sent = send(std::move(sending));
        run_tasks();
        return sent;
    }

    // "accepted", or "dropped block".
    std::string last_outcome()
    {
        static constexpr db::Sql sql =
            "select outcome || case when reason = '' then '' else ' ' || reason end from sms_log order by id desc limit 1";
        auto const rows = run(temp.database().read(sql));
        return rows.empty() ? "" : rows.front().only().text();
    }

    std::size_t texts() const { return vendor->messages.size(); }

    std::shared_ptr<ScriptedVendor> const vendor = std::make_shared<ScriptedVendor>();
};

} // namespace pollux::accounts
