// Which codes were judged and handed to the vendor, what became of them, and how many of a block and of a country were used. A dead
// database throws. What takes a Transaction is a part of somebody's unit of work.
#pragma once

#include "accounts/sms/twilio_reports.hpp"
#include "accounts/sms/vendor.hpp"
#include "base/ids.hpp"
#include "db/database.hpp"

#include <map>
#include <optional>
#include <string>

namespace pollux::accounts::sms {

constexpr std::chrono::days log_kept{30};

// What became of a code.
enum class Outcome {
    sending,   // Marked: from here on it may have been sent.
    waiting,   // It was not sent, and is tried again.
    accepted,  // The vendor has it.
    refused,   // For good.
    unknown,   // It may have been sent or not, and is not sent again.
    dropped,   // Over a budget.
    late,      // It would have come too near to its end.
    overtaken, // There is a newer one, or it was used already.
    decoy,     // Nobody has the number.
};
std::string_view word_of(Outcome outcome);
std::optional<Outcome> outcome_of(std::string_view word);

// Whose code it is, as far as the log says it.
struct Subject {
    std::int64_t code_id = 0;
    std::string mobile_key;
    std::string block_key;
    std::string region;
};

struct LogRow {
    std::int64_t id = 0;
    std::string message_id;
    std::string vendor; // That it was marked for last.
    Outcome outcome = Outcome::sending;
    Time created_at;
    std::optional<Time> marked_at; // By the last run that was to send it: what it writes later holds while this does.
};

struct NewLogRow {
    Subject subject;
    std::string message_id;
    std::string vendor;
    Outcome outcome = Outcome::sending;
    std::string reason;
    Time now;
};

// Of a block or of a country, in the last 24 hours.
struct Tally {
    std::int64_t sent = 0;
    std::int64_t used = 0;
    std::int64_t fresh = 0; // Of `sent`: so new that nobody can be expected to have used them, and not used.
};

struct Tallies {
    Tally block;
    Tally country;
};

class LogStore {
public:
    explicit LogStore(db::Database& database) : database_(database) {}

    static asio::awaitable<std::optional<LogRow>> of_code(db::Transaction& transaction, std::int64_t code_id);

    // A row whose outcome is sending or decoy counts in the tallies, until it ends without having been sent. While it waits it counts: else
    // a vendor that is away would let any number of them pile up.
    static asio::awaitable<LogRow> add(db::Transaction& transaction, NewLogRow row);
    static asio::awaitable<void> mark_again(db::Transaction& transaction, std::int64_t id, std::string vendor, Time now);
    // Whether it is being handed over just now: marked after that time, and not answered.
    static asio::awaitable<bool> is_in_flight(db::Transaction& transaction, std::int64_t code_id, Time marked_after);
    static asio::awaitable<void> end(db::Transaction& transaction, std::int64_t id, Outcome outcome, Time now);
    // What the vendor has answered to the run that marked the row as it is here. False: another run has judged it since, and this one
    // does not know better.
    asio::awaitable<bool> keep_answer(LogRow row, Outcome outcome, Answer answer, Time now);

    static asio::awaitable<Tallies> tallies(db::Transaction& transaction, Subject subject, Time now, Time fresh_since);

    // Somebody got in by it. In the transaction that uses it up.
    static asio::awaitable<void> mark_used(db::Transaction& transaction, std::int64_t code_id, Time now);

    // By the message's id of ours, or by the vendor's where it is empty. False: no row is known, or one that knows better.
    asio::awaitable<bool> keep_report(std::string message_id, Report report, Time now);

    // How many were dropped since then, by the name of the budget.
    asio::awaitable<std::map<std::string, std::int64_t>> dropped_since(Time since);
    struct Delivery {
        std::int64_t meant = 0;   // To go out, and judged by the vendor, or by its absence.
        std::int64_t failed = 0;  // Of those, not known to have left: what waits now, or until it was too late, and what got no answer.
        std::int64_t spent = 0;   // Of the hour's budget, also by numbers that nobody has, and by codes that another budget dropped.
        std::int64_t unknown = 0; // How many ended without anybody knowing.
    };
    // `calls_since`: whatever was marked before then is not being handed over any more.
    asio::awaitable<Delivery> delivery_since(Time since, Time calls_since);

    asio::awaitable<std::int64_t> erase_old(Time created_before, int count_max);
    asio::awaitable<std::int64_t> erase_old_tallies(Time before, int count_max);

private:
    db::Database& database_;
};

} // namespace pollux::accounts::sms
