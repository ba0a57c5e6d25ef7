// What a worker does next, decided from facts alone: it knows no clock, no database and no thread. Facts come in (hands, what a look
// at the database found, what failed), the next step comes out, and with it the hands it takes.
//
// A reply that has cost its workers three leases is a suspect: it may be what kills them, so it runs only while its process runs no
// other. It is taken when all hands happen to be free; where that does not happen for half a minute, the hands are freed for it: nothing
// else is claimed until they are. That state is never kept, it follows from what was last seen: the suspect is looked for four times a
// second meanwhile, and as soon as it is gone (stopped, deleted, claimed by another process) or could not be looked for, claiming goes on.
#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <set>
#include <variant>

namespace pollux::chat {

class Claiming {
public:
    static constexpr std::ptrdiff_t claims_at_once_max = 32;
    static constexpr std::chrono::milliseconds look_while_freeing_every{250};
    static constexpr std::chrono::milliseconds after_failure{500};

    struct Timing {
        Steady::duration scan_every{};
        Steady::duration suspect_waits_max = std::chrono::seconds(30); // Then hands are freed for it.
    };

    struct TakeBackLeases {};  // Of those who are gone.
    struct PromoteDue {};      // What was put back and may run again.
    struct LookForSuspects {}; // Then: looked().
    struct Claim {             // So many hands are taken. Then: claimed().
        std::ptrdiff_t count = 0;
    };
    struct ClaimSuspect {}; // One hand is taken. Then: suspect_claimed().
    struct Wait {
        Steady::time_point until;
    };
    using Step = std::variant<TakeBackLeases, PromoteDue, LookForSuspects, Claim, ClaimSuspect, Wait>;

    Claiming(std::ptrdiff_t hands, Timing timing) : hands_(hands), timing_(timing), free_(hands) {}

    Step next(Steady::time_point now);

    // --- Facts ---
    void told() { others_wait_ = true; }                     // Something may be ready.
    void is_due(Steady::time_point at) { dues_.insert(at); } // This process has put something back until then.
    void looked(bool has_suspect, Steady::time_point now);
    void claimed(std::ptrdiff_t asked, std::ptrdiff_t got);
    void suspect_claimed(bool was_there, Steady::time_point now);
    void failed(Steady::time_point now); // The last step threw.

    // --- Hands ---
    bool try_take_for_send(Steady::time_point now); // Not while others wait: they were first.
    void give_back(std::ptrdiff_t count) { free_ += count; }
    void give_back_from_suspect();
    bool has_use_for_hands() const; // Whether next() has something to do with a hand that came back.

    bool may_claim(Steady::time_point now) const { return free_ > 0 && !is_suspect_out_ && !is_freeing(now); }
    std::ptrdiff_t free() const { return free_; }
    bool are_all_free() const { return free_ == hands_; }

private:
    bool is_freeing(Steady::time_point now) const;
    bool takes_due(Steady::time_point now);
    bool is_time_to_look(Steady::time_point now) const { return !looked_at_ || now >= next_look(now); }
    Steady::time_point next_look(Steady::time_point now) const;
    Steady::time_point wait_until(Steady::time_point now) const;

    std::ptrdiff_t const hands_;
    Timing const timing_;

    std::ptrdiff_t free_;
    bool others_wait_ = true;     // Ready jobs that had no hand, as far as is known.
    bool is_suspect_out_ = false; // The one hand that is taken is for a suspect: from its claim to the end of its reply.
    std::optional<Steady::time_point> suspect_since_; // A suspect waits, as was last seen, since then or since the last one began.
    bool was_seen_ = false;                           // The last look did not fail.
    std::multiset<Steady::time_point> dues_;
    bool has_to_promote_ = false;
    Steady::time_point next_scan_{};
    std::optional<Steady::time_point> looked_at_;
    Steady::time_point rests_until_{}; // After a failure.
};

} // namespace pollux::chat
