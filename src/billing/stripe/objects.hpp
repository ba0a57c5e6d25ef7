// What Pollux reads of Stripe's objects. Read leniently: what is missing, or of another type than expected, reads as not there, since
// Stripe adds fields at any time and leaves others out; so does a word that no column would take. Times are Stripe's: whole seconds.
// Source: docs.stripe.com/api, version 2026-10-28.endive.
#pragma once

#include "base/clock.hpp"

#include <boost/json/fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pollux::billing::stripe {

// Whose an object is, as we wrote it there (metadata[installation], metadata[user]); empty where nothing is written.
struct Owner {
    std::string installation;
    std::string user;
};

struct Invoice {
    std::string id;
    std::string status;         // draft, open, paid, uncollectible, void
    std::optional<Time> opened; // When it was finalized; until then when it was made.
    std::string reason;         // billing_reason: subscription_cycle, subscription_update ...
    bool was_tried = true;      // Somebody's means of payment was asked for its money.
    bool took_money = true;     // Else credit, a discount or nothing at all paid for it.
};

struct SubscriptionItem {
    std::string id;
    std::string price;
    std::optional<Time> period_start;
    std::optional<Time> period_end;
};

struct Subscription {
    std::string id;
    std::string customer;
    std::string status; // Stripe's word; there may be new ones.
    std::vector<SubscriptionItem> items;
    std::optional<Invoice> latest_invoice; // Only where it was expanded.
    // Behind a latest invoice that took no money for the period: those before it, newest first, to the one that did, or should have.
    std::vector<Invoice> earlier_invoices;
    bool is_charged = true; // Without anybody's doing; else an invoice is sent, and waits to be paid.
    bool cancels_at_period_end = false;
    std::optional<Time> cancel_at;
    std::optional<Time> ended_at;
    std::optional<Time> created;
    Owner owner;
    std::string went_back; // metadata[went_back]: the payment for whose return we ended it.
    // Of one that we ended: that payment is here after all, so the period is paid. Only where it was asked for.
    bool is_paid_after_all = false;

    std::optional<Time> period_start() const; // Of the item whose period ends first, as Stripe counts them.
    std::optional<Time> period_end() const;
};

struct CheckoutSession {
    std::string id;
    std::string url;    // Only while it is open.
    std::string status; // open, complete, expired
    std::string payment_status;
    std::string customer;
    std::string subscription;
    std::optional<Time> expires_at;
    Owner owner;
    std::string operation; // metadata[operation]: the one that made it.
};

struct Price {
    std::string id;
    std::string product;
    bool is_active = false;
    bool is_product_active = true;            // Known where the product was expanded: nobody can buy by a price of one that is archived.
    std::optional<std::int64_t> amount_minor; // None for tiers and fractions.
    std::string currency;
    std::string interval; // day, week, month, year; empty for what is bought once.
    std::int64_t interval_count = 1;
};

// The envelope of an event. Nothing else of it is believed.
struct Event {
    std::string id;
    std::string type;
    std::string account;
    std::string object_id;
    std::string object_type;
    std::string customer;       // Of its object; the object itself where that is a customer.
    std::string payment_intent; // Of a refund, a charge, a dispute.
    std::optional<Time> created;
    bool is_live = false;
};

Subscription read_subscription(boost::json::object const& object); // Without earlier invoices.
Invoice read_invoice(boost::json::object const& object);
CheckoutSession read_session(boost::json::object const& object);
Price read_price(boost::json::object const& object);
std::optional<Event> read_event(boost::json::object const& object); // None without an id, a type and "object": "event".

} // namespace pollux::billing::stripe
