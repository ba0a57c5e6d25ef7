// What is asked of Stripe without changing anything there, typed. An answer that lacks what it must have, or is about something else
// (asked.hpp), counts as not given. An id that is
// none of Stripe's (letters, digits, underscores; of a price anything) is not asked for: it is missing.
#pragma once

#include "billing/stripe/api.hpp"
#include "billing/stripe/lists.hpp"
#include "billing/stripe/objects.hpp"

#include <string>
#include <vector>

namespace pollux::billing::stripe {

// A customer has one or two; whoever has more than this was made by something else, and the rest is not looked at.
constexpr std::size_t subscriptions_max = 300;

// Of every state, each with its latest invoice, and those before it that the period was paid with. An unknown customer is missing, a
// deleted one has none.
asio::awaitable<Fetched<std::vector<Subscription>>> subscriptions_of(Api const& api, std::string customer, Steady::time_point deadline);

// With its invoices, as above.
asio::awaitable<Fetched<Subscription>> subscription_of(Api const& api, std::string id, Steady::time_point deadline);
asio::awaitable<Fetched<bool>> is_customer_deleted(Api const& api, std::string id, Steady::time_point deadline);
asio::awaitable<Fetched<CheckoutSession>> session_of(Api const& api, std::string id, Steady::time_point deadline);
// The same, of which it is known whose it is.
asio::awaitable<Fetched<CheckoutSession>> session_of(Api const& api, std::string id, std::string customer, Steady::time_point deadline);
// Of a customer all, or those that can still be paid; the hundred newest.
enum class Sessions { all, open };
asio::awaitable<Fetched<std::vector<CheckoutSession>>> sessions_of(Api const& api, std::string customer, Sessions which,
                                                                   Steady::time_point deadline);
asio::awaitable<Fetched<Price>> price_of(Api const& api, std::string id, Steady::time_point deadline);

// The account that the key belongs to.
asio::awaitable<Fetched<std::string>> account_of(Api const& api, Steady::time_point deadline);

// What a payment paid for. Refunds, charges and disputes name a payment, never an invoice.
struct PaidInvoice {
    std::string invoice;
    std::string subscription; // Empty: it was for something else.
};
asio::awaitable<Fetched<std::vector<PaidInvoice>>> invoices_paid_by(Api const& api, std::string payment_intent,
                                                                    Steady::time_point deadline);

// Whether all the money of a payment is gone: refunded as a whole, with no refund still on its way, or a dispute over it lost. A dispute
// that was lost and is looked at again has another status, and is not lost.
asio::awaitable<Fetched<bool>> is_money_gone(Api const& api, std::string payment_intent, Steady::time_point deadline);

template <class T>
struct Page {
    std::vector<T> items;
    std::string next; // Where the next page starts; empty: this was the last.
};

// All that happened since, newest first, of the types that matter here (events.hpp). `after`: Page::next of the page before.
asio::awaitable<Fetched<Page<Event>>> events_since(Api const& api, Time since, std::string after, Steady::time_point deadline);

// All of the account, of every state.
asio::awaitable<Fetched<Page<Subscription>>> all_subscriptions(Api const& api, std::string after, Steady::time_point deadline);

} // namespace pollux::billing::stripe
