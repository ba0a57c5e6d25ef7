#include "net/deadlines.hpp"

#include <vector>

namespace pollux::net {

DeadlineList::DeadlineList(asio::io_context& context) : timer_(context), coarse_now_(Steady::now()) {}

void DeadlineList::arm(Entry& entry, std::chrono::milliseconds limit)
{
    if (!is_ticking_) {
        coarse_now_ = Steady::now();
        is_ticking_ = true;
        schedule();
    }
    entry.has_expired_ = false;
    entry.at_ = coarse_now_ + limit + tick; // The coarse clock may be one tick behind.
    if (!entry.is_linked()) entries_.push_back(entry);
}

void DeadlineList::schedule()
{
    timer_.expires_after(tick);
    timer_.async_wait([this](boost::system::error_code error) {
        if (!error) look();
    });
}

void DeadlineList::look()
{
    coarse_now_ = Steady::now();
    std::vector<Entry*> expired;
    for (auto& entry : entries_) {
        if (entry.at_ <= coarse_now_) expired.push_back(&entry);
    }
    // on_expiry only cancels: it destroys no entry, so the pointers stay good for this loop.
    for (auto* entry : expired) {
        entry->unlink();
        entry->has_expired_ = true;
        entry->on_expiry_();
    }
    is_ticking_ = !entries_.empty();
    if (is_ticking_) schedule();
}

} // namespace pollux::net
