// What reads of Stripe's objects have in common: its lists, its ids, and what is said where an answer is of no use.
#pragma once

#include "billing/stripe/api.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pollux::billing::stripe {

// The value when it was answered; else why not.
template <class T>
struct Fetched {
    std::optional<T> value;
    bool is_missing = false; // Stripe knows no such object (any more), in this mode.
    std::string detail;      // For operators.
    bool is_refused = false; // Stripe said no for another reason, and would again: as a rule the key lacks a right.
};

template <class T>
Fetched<T> not_fetched(Answer const& answer)
{
    bool const is_missing = answer.error_code == "resource_missing";
    bool const is_refused = answer.outcome == Outcome::refused && !is_missing;
    return {std::nullopt, is_missing, answer.detail.empty() ? "an answer that lacks what it must have" : answer.detail, is_refused};
}

template <class T>
Fetched<T> fetched(T value)
{
    return {std::move(value), false, {}, false};
}

// The objects are parts of the body.
struct List {
    std::vector<boost::json::object const*> items;
    bool has_more = false;
};
std::optional<List> list_of(boost::json::object const& body); // nullopt: it is none.

// Letters, digits and underscores, as Stripe makes ids: an id is part of a path, and may be what a user gave.
bool is_id(std::string_view text);

// Of what may have an id that somebody chose, like products, and prices that were plans ("pro-monthly"): as part of a path. nullopt: it can
// be none.
std::optional<std::string> path_part(std::string_view id);

} // namespace pollux::billing::stripe
