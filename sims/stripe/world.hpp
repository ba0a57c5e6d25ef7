// One account in one mode, and what all object families need of it: finding, making and changing objects, with the events that follow.
#pragma once

#include "stripe/clock.hpp"
#include "stripe/store.hpp"

#include <string>
#include <string_view>

namespace pollux::sims::stripe {

class Deliveries;

// How an account's dashboard is set (POST /_sim/settings).
struct Settings {
    std::vector<std::int64_t> retry_after_s = {3 * day, 5 * day, 7 * day}; // A failed renewal is tried again so long after the try before.
    std::string after_last_retry = "cancel";                               // Or "unpaid", "past_due".
    std::int64_t draft_s = hour;                                           // How long a renewal's invoice stays a draft.
    std::size_t requests_per_second = 0;                                   // More are 429; 0: any number.
};

struct World {
    World(std::string account_id, bool is_live, Clock& its_clock, Deliveries& its_deliveries)
        : account(std::move(account_id)), live(is_live), clock(its_clock), deliveries(its_deliveries)
    {}

    std::string account;
    bool live;
    Clock& clock;
    Deliveries& deliveries;
    World* other_mode = nullptr; // The same account.
    Store store;
    Settings settings;
    std::string base_url;     // "http://127.0.0.1:9200": where its pages are.
    json::value request;      // {"id", "idempotency_key"} while a call is carried out, else null.
    std::size_t invoices = 0; // Numbered by this.

    std::int64_t now() const { return clock.now(); }

    // Throws resource_missing, 404 when `param` is empty (the id was in the path), else 400. Deleted ones are missing too.
    Record& need(std::string_view kind, std::string_view id, std::string param = {});

    // A new object: `made` over the blank of its kind, with id, created and livemode. `event` may be empty.
    Record& make(std::string_view kind, std::string_view prefix, json::object made, std::string_view event);

    // Changes it and tells so, if something is different afterwards. True if it was. `event` may be empty.
    bool change(Record& record, std::string_view event, std::function<void(json::object&)> const& how);

    void tell(std::string_view event, Record const& record, json::object previous = {});
};

// When time alone changes the object next, 0 for never; and what happens then. One pair for each kind that has such a time.
std::int64_t due_time(Record const& record);
void on_time(Record& record);

} // namespace pollux::sims::stripe
