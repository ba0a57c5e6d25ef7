// Codes on their way to phones, by a task of which send-otp only asks: for every number the same, also for one that nobody has. The task
// judges whether the code goes out at all; then it marks it, and hands it to the vendor.
#pragma once

#include "accounts/accounts_parts.hpp"
#include "accounts/sms/dev_inbox.hpp"
#include "accounts/sms/sms_log_store.hpp"
#include "tasks/bell.hpp"
#include "tasks/seal.hpp"
#include "tasks/task_kinds.hpp"
#include "tasks/task_run.hpp"

namespace pollux::accounts {

inline constexpr char const* send_code_task = "send_code"; // Subject: the code's id. Payload: sealed.

// A code is not sent so near to its end.
constexpr std::chrono::seconds life_left_min{60};

// What the task is told.
struct CodeOrder {
    std::int64_t code_id = 0;
    std::string mobile; // E.164.
    std::string code;
    CodePurpose purpose = CodePurpose::login;
    SenderTrust trust = SenderTrust::stranger;
    http::Peer peer; // Who asked.
    Time asked_at;
};

class CodeSender {
public:
    explicit CodeSender(AccountsParts& parts);

    bool is_on() const { return parts_.options.sms.vendor != nullptr; }

    // In the transaction that makes the code.
    asio::awaitable<void> ask(db::Transaction& transaction, CodeOrder order);
    void wake() const; // After its COMMIT.
    void use_bell(tasks::Bell const& bell) { bell_ = &bell; }

    void add_kind(tasks::TaskKinds& kinds);

    // May run twice: a code that was marked is not handed over again, unless the vendor knows it by its id.
    asio::awaitable<tasks::TaskOutcome> send(tasks::TaskRun& run);

    asio::awaitable<void> delete_stale(Time now, int batch);

    sms::DevInbox& inbox() { return inbox_; }

private:
    struct Judged;
    asio::awaitable<Judged> judge_unit(db::Transaction& transaction, CodeOrder order, Time now);
    asio::awaitable<Judged> judge_again(db::Transaction& transaction, CodeOrder order, sms::LogRow row, Time now);
    asio::awaitable<std::optional<sms::Outcome>> why_not(db::Transaction& transaction, CodeOrder order, Time now);
    asio::awaitable<bool> is_older_in_flight(db::Transaction& transaction, std::string mobile_key, CodeOrder order, Time now);
    asio::awaitable<std::string> take_budgets(db::Transaction& transaction, CodeOrder order, sms::Subject subject, bool is_verified,
                                              Time now);
    asio::awaitable<std::string> take_kept(db::Transaction& transaction, SenderTrust trust, std::string mobile_key, Time now);
    std::string text_of(CodeOrder const& order, Time first_judged) const;
    sms::Message message_of(CodeOrder const& order, sms::LogRow const& row, Time now) const;
    asio::awaitable<tasks::TaskOutcome> hand_over(tasks::TaskRun& run, CodeOrder order, sms::LogRow row, Steady::time_point judged_at);

    AccountsParts& parts_;
    tasks::Seal seal_;
    sms::LogStore log_;
    sms::DevInbox inbox_;
    tasks::Bell const* bell_ = nullptr;
};

} // namespace pollux::accounts
