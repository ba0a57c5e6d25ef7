// Leases: which worker writes which reply, and what becomes of the replies of workers that are gone. A job whose lease ran out is
// ready again, and the loss is counted: it may be the reply that kills its workers.
#pragma once

#include "chat/replies/reply_store.hpp"

namespace pollux::chat {

// A reply whose lease is lost this often fails.
constexpr std::int64_t losses_max = 8;

struct KeptLease {
    UserId user;
    MessageId reply;
    std::int64_t attempt = 0;
    bool stop_requested = false;
};

struct LostReply {
    ReplyClaim claim;
    bool has_failed = false; // Lost too often: finished with worker_lost. Otherwise it is ready again.
};

class LeaseStore {
public:
    explicit LeaseStore(db::Database& database) : database_(database) {}

    // Renews every lease of `owner` and tells which there are.
    asio::awaitable<std::vector<KeptLease>> renew(std::string owner);

    // Takes back what nobody renewed in time; at most 100 at once.
    asio::awaitable<std::vector<LostReply>> expire(Time now);

    // Takes back everything that is not `owner`'s, who may have claimed with a send by then: only where nobody else can be running, at the
    // start of an embedded process. At most 100 at once: repeat until it returns none.
    asio::awaitable<std::vector<LostReply>> recover(std::string owner, Time now);

    // Takes back one lease of `owner` that it knows nothing of.
    asio::awaitable<std::vector<LostReply>> let_go(std::string owner, UserId user, MessageId reply, Time now);

    // Whether a job is ready that has lost so many leases that it is to run alone.
    asio::awaitable<bool> has_suspect();

    // Lets the jobs that were put back and are due now step forward; returns how many did.
    asio::awaitable<int> promote_due();

private:
    db::Database& database_;
};

} // namespace pollux::chat
