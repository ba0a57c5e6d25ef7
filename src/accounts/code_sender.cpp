#include "accounts/code_sender.hpp"

#include "accounts/address_shares.hpp"
#include "accounts/code_budgets.hpp"
#include "accounts/number_block.hpp"
#include "accounts/sms/stop_rule.hpp"
#include "base/failpoint.hpp"
#include "base/lenient_json.hpp"
#include "base/uuid.hpp"
#include "ops/log.hpp"
#include "ops/metrics.hpp"
#include "ops/once_a_minute.hpp"
#include "tasks/enqueue.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <map>
#include <mutex>

namespace pollux::accounts {
namespace {

using namespace std::chrono_literals;
using sms::Outcome;
using tasks::TaskOutcome;
using tasks::TaskRun;

constexpr std::chrono::hours tallies_kept{48};
constexpr auto everybody = "all";                    // Whose a budget is that there is once.
constexpr std::chrono::milliseconds look_again{500}; // Whether the older one has been handed over.

struct Payload {
    std::int64_t code_id = 0;
    std::string mobile;
    std::string code;
    std::string purpose;
    bool is_device = false;
    std::string address;
    std::string limit_prefix;
    std::string wide_prefix;
    std::int64_t asked_at = 0;
};
POLLUX_DESCRIBE(Payload, (code_id, mobile, code, purpose, is_device, address, limit_prefix, wide_prefix, asked_at))

CodePurpose purpose_of(std::string_view word)
{
    for (auto const purpose : {CodePurpose::signup, CodePurpose::login, CodePurpose::reset_password, CodePurpose::confirm}) {
        if (word_of(purpose) == word) return purpose;
    }
    return CodePurpose::login;
}

std::string write_order(CodeOrder const& order)
{
    return to_json(Payload{.code_id = order.code_id,
                           .mobile = order.mobile,
                           .code = order.code,
                           .purpose = std::string(word_of(order.purpose)),
                           .is_device = order.trust == SenderTrust::device_of_account,
                           .address = order.peer.address,
                           .limit_prefix = order.peer.limit_prefix,
                           .wide_prefix = order.peer.wide_prefix,
                           .asked_at = micros(order.asked_at)});
}

std::optional<CodeOrder> read_order(std::string_view payload)
{
    boost::system::error_code failed;
    auto const parsed = boost::json::parse(payload, failed);
    auto const* object = failed ? nullptr : parsed.if_object();
    if (object == nullptr) return std::nullopt;
    auto const* trusted = object->if_contains("is_device");
    bool const is_device = trusted != nullptr && trusted->is_bool() && trusted->get_bool();
    auto const text = [object](std::string_view name) { return std::string(text_at(*object, name)); };
    return CodeOrder{.code_id = number_at(*object, "code_id", 0),
                     .mobile = text("mobile"),
                     .code = text("code"),
                     .purpose = purpose_of(text("purpose")),
                     .trust = is_device ? SenderTrust::device_of_account : SenderTrust::stranger,
                     .peer = {text("address"), text("limit_prefix"), text("wide_prefix")},
                     .asked_at = time_of(number_at(*object, "asked_at", 0))};
}

Time end_of(CodeOrder const& order)
{
    return order.asked_at + code_lifetime;
}

void count_outcome(Outcome outcome, std::string_view reason = {})
{
    ops::Counter("pollux_codes_total", "One-time codes that were asked for, by what became of them.",
                 {{"outcome", std::string(sms::word_of(outcome))}, {"reason", std::string(reason)}})
        .add();
}

asio::awaitable<bool> take_one(db::Transaction& transaction, BudgetShare share, Time now)
{
    std::vector<BudgetShare> shares;
    shares.push_back(std::move(share));
    auto const wait = co_await GuessBudgets::take(transaction, std::move(shares), now);
    co_return !wait;
}

// What hides an attack, or a setting that is too small: a line of the log, each once a minute.
void tell_dropped(std::string const& reason, sms::Subject const& subject)
{
    static std::map<std::string, ops::OnceAMinute, std::less<>> lines;
    static std::mutex mutex;
    std::lock_guard const lock(mutex);
    if (lines[reason].is_due()) ops::log(ops::Level::warning, "code_dropped", {{"budget", reason}, {"region", subject.region}});
}

} // namespace

// What is to be done with a code.
struct CodeSender::Judged {
    Outcome outcome = Outcome::sending; // sending: hand it over. Anything else: it is over.
    sms::LogRow row;
    std::string reason;
    sms::Subject subject;
    bool is_new = true;     // No earlier run has judged it.
    bool is_behind = false; // An older one is being handed over: nothing was judged.
};

CodeSender::CodeSender(AccountsParts& parts)
    : parts_(parts), seal_(parts.options.secret_key), log_(parts.database), inbox_(parts.database, seal_)
{}

asio::awaitable<void> CodeSender::ask(db::Transaction& transaction, CodeOrder order)
{
    co_await tasks::enqueue(transaction,
                            {.kind = send_code_task, .subject = std::to_string(order.code_id), .payload = seal_.close(write_order(order))});
}

void CodeSender::wake() const
{
    if (bell_ != nullptr) bell_->ring(send_code_task);
}

void CodeSender::add_kind(tasks::TaskKinds& kinds)
{
    // Until the code is too old, and at most a quarter of a minute apart: a vendor that is back is found at once.
    tasks::TaskLimits const while_it_lives{.attempts_max = tasks::never_given_up, .back_off = 1s, .back_off_max = 15s};
    kinds.add({.name = send_code_task, .lane = tasks::Lane::sms, .time_max = 20s, .limits = while_it_lives, .work = [this](TaskRun& run) {
                   return send(run);
               }});
}

asio::awaitable<void> CodeSender::delete_stale(Time now, int batch)
{
    for (auto erased = std::int64_t(batch); erased == batch;) erased = co_await log_.erase_old(now - sms::log_kept, batch);
    for (auto erased = std::int64_t(batch); erased == batch;) erased = co_await log_.erase_old_tallies(now - tallies_kept, batch);
    co_await inbox_.erase_old(now);
}

asio::awaitable<TaskOutcome> CodeSender::send(TaskRun& run)
{
    auto const order = read_order(run.task().payload);
    if (!order) co_return TaskOutcome::give_up("Its payload is not what this version writes.");
    run.hold(); // Whoever takes it over after its mark does not know whether it was sent.
    if (run.is_to_end()) co_return TaskOutcome::hand_back();
    auto const judged_at = Steady::now();
    auto const now = parts_.clock.now();
    auto unit = [this, order = *order, now](db::Transaction& transaction) { return judge_unit(transaction, order, now); };
    auto judged = co_await parts_.database.transact(unit);
    if (judged.is_behind) co_return TaskOutcome::wait("An older code of its number is being handed over.", look_again);
    if (judged.outcome == Outcome::sending) co_return co_await hand_over(run, *order, std::move(judged.row), judged_at);
    if (judged.is_new) {
        count_outcome(judged.outcome, judged.outcome == Outcome::dropped ? judged.reason : std::string());
        if (judged.outcome == Outcome::dropped) tell_dropped(judged.reason, judged.subject);
        if (judged.outcome == Outcome::unknown) ops::log(ops::Level::warning, "code_unknown", {{"log_id", judged.row.id}});
    }
    co_return TaskOutcome::done();
}

// --- Judging ---------------------------------------------------------------------------------------------------------------------

// Why it is not sent any more, apart from budgets.
asio::awaitable<std::optional<Outcome>> CodeSender::why_not(db::Transaction& transaction, CodeOrder order, Time now)
{
    if (now > end_of(order) - life_left_min) co_return Outcome::late;
    auto const mobile_key = parts_.code_keys.mobile_key(order.mobile);
    bool const is_newest = co_await CodeStore::is_newest_unused(transaction, mobile_key, order.purpose, order.code_id);
    if (!is_newest) co_return Outcome::overtaken;
    co_return std::nullopt;
}

asio::awaitable<bool> CodeSender::is_older_in_flight(db::Transaction& transaction, std::string mobile_key, CodeOrder order, Time now)
{
    auto const older =
        co_await CodeStore::older_ones(transaction, std::move(mobile_key), order.purpose, order.code_id, now - code_lifetime);
    for (auto const code_id : older) {
        bool const is_one = co_await sms::LogStore::is_in_flight(transaction, code_id, now - sms::in_flight_max);
        if (is_one) co_return true;
    }
    co_return false;
}

// Under the number's lock: whoever judges a newer code sees the mark of the older one, and waits until that one cannot come behind it.
asio::awaitable<CodeSender::Judged> CodeSender::judge_unit(db::Transaction& transaction, CodeOrder order, Time now)
{
    auto const mobile_key = parts_.code_keys.mobile_key(order.mobile);
    co_await CodeStore::lock_number(transaction, mobile_key, now);
    auto const known = co_await sms::LogStore::of_code(transaction, order.code_id);
    if (known) co_return co_await judge_again(transaction, order, *known, now);

    Judged judged;
    judged.subject = {.code_id = order.code_id,
                      .mobile_key = mobile_key,
                      .block_key = parts_.code_keys.block_key(block_of(order.mobile)),
                      .region = region_of(order.mobile)};
    auto const user = co_await UserStore::user_of_mobile(transaction, order.mobile);
    auto const over = co_await why_not(transaction, order, now);
    if (over) {
        judged.outcome = *over;
    } else {
        judged.is_behind = co_await is_older_in_flight(transaction, mobile_key, order, now);
        if (judged.is_behind) co_return judged;
        bool const is_verified = user && user->is_verified;
        judged.reason = co_await take_budgets(transaction, order, judged.subject, is_verified, now);
        bool const is_sent = user && (!parts_.is_test_number(order.mobile) || parts_.options.sms.shows_dev_texts);
        judged.outcome = !judged.reason.empty() ? Outcome::dropped : is_sent ? Outcome::sending : Outcome::decoy;
    }
    auto const& vendor = *parts_.options.sms.vendor;
    judged.row = co_await sms::LogStore::add(transaction, {.subject = judged.subject,
                                                           .message_id = random_uuid(),
                                                           .vendor = std::string(vendor.name()),
                                                           .outcome = judged.outcome,
                                                           .reason = judged.reason,
                                                           .now = now});
    if (judged.outcome == Outcome::sending && parts_.options.sms.shows_dev_texts)
        co_await inbox_.keep(transaction, {order.mobile, std::string(word_of(order.purpose)), text_of(order, now), now});
    co_return judged;
}

// An earlier run was cut off, or is to be repeated.
asio::awaitable<CodeSender::Judged> CodeSender::judge_again(db::Transaction& transaction, CodeOrder order, sms::LogRow row, Time now)
{
    Judged judged{.outcome = row.outcome, .row = row, .reason = {}, .subject = {}, .is_new = false};
    bool const was_marked = row.outcome == Outcome::sending;
    if (!was_marked && row.outcome != Outcome::waiting) co_return judged; // It had ended, but for its task.
    auto over = co_await why_not(transaction, order, now);
    // Who was given it may be another one than who would get it now.
    auto const& vendor = *parts_.options.sms.vendor;
    std::string const vendor_now(vendor.name());
    if (was_marked && (over || row.vendor != vendor_now || !vendor.knows_repeats())) over = Outcome::unknown;
    judged.outcome = over.value_or(Outcome::sending);
    if (over) {
        judged.is_new = true;
        co_await sms::LogStore::end(transaction, row.id, *over, now);
    } else {
        co_await sms::LogStore::mark_again(transaction, row.id, vendor_now, now);
        judged.row.marked_at = now;
    }
    co_return judged;
}

// Empty: it may go out. Else the name of the budget that has none left. What is taken is the same whether the number was verified, never
// was, or is nobody's, and it stays taken where the code is dropped: who watches a budget learns nothing of whose number it is. Only where
// the open half is spent, which ends it for numbers that were never verified, the others go on with what is kept for them. Whoever has the
// open half is alone with it until COMMIT: so what is added up by block and country is exact for those who are judged by it.
asio::awaitable<std::string> CodeSender::take_budgets(db::Transaction& transaction, CodeOrder order, sms::Subject subject, bool is_verified,
                                                      Time now)
{
    auto const& limits = parts_.options.sms;
    if (order.trust == SenderTrust::stranger) {
        auto const count_max = limits.per_address_hour;
        auto const shares = address_shares(parts_, order.peer, codes_per_address_hour(count_max), codes_per_network4_hour(count_max),
                                           codes_per_network6_hour(count_max));
        for (auto const& share : shares) {
            bool const has_one = co_await take_one(transaction, share, now);
            if (!has_one) co_return &share == &shares.front() ? "address" : "network";
        }
    }
    bool const block_has_one = co_await take_one(transaction, {codes_per_block_hour(limits.per_block_hour), subject.block_key}, now);
    bool const is_open = co_await take_one(transaction, {codes_of_open_half(limits.per_hour_max), everybody}, now);
    if (is_verified) {
        if (is_open) co_return "";
        co_return co_await take_kept(transaction, order.trust, std::move(subject.mobile_key), now);
    }
    if (!is_open) co_return "new_hour";
    if (!block_has_one) co_return "block";

    auto const tallies = co_await sms::LogStore::tallies(transaction, subject, now, now - sms::time_to_use);
    if (sms::is_stopped(tallies.country, limits.stop_rule)) co_return "country_unused";
    co_return sms::is_stopped(tallies.block, limits.stop_rule) ? "block_unused" : "";
}

// What numbers that were verified have beside the open half.
asio::awaitable<std::string> CodeSender::take_kept(db::Transaction& transaction, SenderTrust trust, std::string mobile_key, Time now)
{
    auto const hour_max = parts_.options.sms.per_hour_max;
    if (trust == SenderTrust::device_of_account) {
        bool const has_one = co_await take_one(transaction, {codes_by_devices_per_hour(hour_max), everybody}, now);
        if (has_one) co_return "";
    } else {
        bool const has_one = co_await take_one(transaction, {kept_codes_per_number_day, std::move(mobile_key)}, now);
        if (!has_one) co_return "number_day";
    }
    bool const has_one = co_await take_one(transaction, {codes_to_verified_per_hour(hour_max), everybody}, now);
    co_return has_one ? "" : "hour";
}

// --- Sending ---------------------------------------------------------------------------------------------------------------------

// The same for each time that a code is handed over, so it tells the minutes of the first.
std::string CodeSender::text_of(CodeOrder const& order, Time first_judged) const
{
    auto const left = std::chrono::round<std::chrono::minutes>(end_of(order) - first_judged);
    return code_text(parts_.options.sms.text, order.code, static_cast<int>(std::max<std::int64_t>(1, left.count())));
}

// Whoever knows repeats gets the same each time, to the letter: under one id another message would be refused. Others are told what is
// left.
sms::Message CodeSender::message_of(CodeOrder const& order, sms::LogRow const& row, Time now) const
{
    auto const valid_from = parts_.options.sms.vendor->knows_repeats() ? row.created_at : now;
    return {.id = row.message_id,
            .to = order.mobile,
            .body = text_of(order, row.created_at),
            .purpose = std::string(word_of(order.purpose)),
            .valid_for = std::chrono::floor<std::chrono::seconds>(end_of(order) - valid_from)};
}

asio::awaitable<TaskOutcome> CodeSender::hand_over(TaskRun& run, CodeOrder order, sms::LogRow row, Steady::time_point judged_at)
{
    auto const& vendor = *parts_.options.sms.vendor;
    failpoint("sms_marked");
    sms::Answer answer{.sent = sms::Sent::not_taken, .provider_id = {}, .code = "stood_still", .retry_after = 1s};
    // By two clocks: the steady one stands still while the machine sleeps, the other one may be set.
    auto const now = parts_.clock.now();
    bool const is_in_time = Steady::now() - judged_at < sms::mark_to_post_max && now - required(row.marked_at) < sms::mark_to_post_max &&
                            now <= end_of(order) - life_left_min;
    if (is_in_time) {
        auto message = message_of(order, row, now);
        answer = co_await vendor.send(std::move(message), run.deadline());
    }
    failpoint("sms_answered");
    bool const comes_again = answer.sent == sms::Sent::not_taken || (answer.sent == sms::Sent::unknown && vendor.knows_repeats());
    auto const outcome = answer.sent == sms::Sent::accepted    ? Outcome::accepted
                         : answer.sent == sms::Sent::refused   ? Outcome::refused
                         : answer.sent == sms::Sent::not_taken ? Outcome::waiting
                         : comes_again                         ? Outcome::sending
                                                               : Outcome::unknown;
    auto const answered_at = parts_.clock.now();
    bool const is_kept = co_await log_.keep_answer(row, outcome, answer, answered_at);
    failpoint("sms_kept");
    if (!is_kept) co_return TaskOutcome::hand_back(); // Another run has taken it over, which ends it.
    bool const is_well = outcome == Outcome::accepted;
    ops::log(is_well ? ops::Level::info : ops::Level::warning, "code_handed_over",
             {{"log_id", row.id}, {"vendor", vendor.name()}, {"outcome", sms::word_of(outcome)}, {"code", answer.code}});
    if (comes_again) co_return TaskOutcome::retry_not_before("The vendor did not take it: " + answer.code + ".", answer.retry_after);
    count_outcome(outcome);
    if (is_well) {
        static ops::Timing const time("pollux_code_seconds", "From asking for a code until the SMS vendor has it.");
        time.observe(answered_at - order.asked_at);
    }
    co_return TaskOutcome::done();
}

} // namespace pollux::accounts
