// All that one process of the simulator holds: the account, texts and their reports, rules by number, plans and the log of calls.
#pragma once

#include "sms/call_plan.hpp"
#include "sms/calls.hpp"
#include "sms/numbers.hpp"
#include "sms/reports.hpp"
#include "sms/texts.hpp"

#include <vector>

namespace pollux::sims::sms {

// Who may call Twilio, and with which senders. The defaults are what `pollux-sims all` tells.
struct Account {
    std::string sid = "AC00000000000000000000000000000001";
    std::string token = "0123456789abcdef0123456789abcdef";
    std::string key_sid = "SK00000000000000000000000000000001";
    std::string key_secret = "api_key_secret_1";
    std::vector<std::string> numbers{"+15005550006"}; // That it sends from.
    std::string service_sid = "MG00000000000000000000000000000001";
    std::string webhook_secret = "sms_webhook_secret_1";
};

class Simulator {
public:
    Simulator(Account the_account, std::size_t calls_max, std::size_t texts_max)
        : account(std::move(the_account)), texts(texts_max), plans(&read_call_plan), calls(calls_max)
    {}

    Account account;
    Texts texts;
    Reports reports;
    NumberRules numbers;
    PlanQueue<CallPlan> plans;
    CallLog<Call> calls;

    void run_on(asio::any_io_executor executor);

    // From here on it moves on by itself: queued, sent, delivered, with a report of each.
    void set_going(SharedText text);

    // Waits until no text moves and no report is on its way. False after the time.
    asio::awaitable<bool> drain(std::size_t limit_ms);

    void reset(); // No texts, reports, plans, rules and calls; how reports travel stays.

private:
    asio::awaitable<void> move_on(SharedText text);

    std::optional<asio::any_io_executor> executor_;
    std::size_t moving_ = 0;
};

} // namespace pollux::sims::sms
