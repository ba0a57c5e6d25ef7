// A Stripe in memory, for tests of what Pollux makes of its answers: the calls that Pollux makes, and no more. What the network and Stripe
// itself do is the simulator's (sims/stripe). Not safe from several threads.
#pragma once

#include "base/clock.hpp"
#include "billing/stripe/api.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace pollux::test {

namespace stripe = billing::stripe;
namespace json = boost::json;

class StripeWorld final : public stripe::Api {
public:
    asio::awaitable<stripe::Answer> call(stripe::Call call) const override
    {
        return const_cast<StripeWorld*>(this)->answer_later(std::move(call));
    }
    stripe::Mode mode() const override { return in_mode; }

    // As from `start`, for 30 days at a time.
    std::string subscribe(std::string const& customer, Time start, std::string const& price = "price_pro")
    {
        auto const id = "sub_" + std::to_string(++numbers_);
        json::object item{{"id", "si_" + id}, {"price", json::object{{"id", price}}}};
        item["current_period_start"] = seconds(start);
        item["current_period_end"] = seconds(start + std::chrono::days(30));
        subscriptions[id] = {{"id", id},
                             {"object", "subscription"},
                             {"customer", customer},
                             {"status", "active"},
                             {"created", seconds(start)},
                             {"cancel_at", nullptr},
                             {"cancel_at_period_end", false},
                             {"metadata", json::object()},
                             {"items", json::object{{"data", json::array{item}}}}};
        return id;
    }

    void set(std::string const& subscription, std::string_view field, json::value value) { subscriptions.at(subscription)[field] = value; }
    void set_period(std::string const& subscription, Time start)
    {
        auto& item = subscriptions.at(subscription).at("items").at("data").as_array().front().as_object();
        item["current_period_start"] = seconds(start);
        item["current_period_end"] = seconds(start + std::chrono::days(30));
    }

    // The session is over, and its money on its way: the subscription waits for it.
    std::string pay_later(std::string const& session, Time start)
    {
        auto& sold = sessions.at(session);
        auto const id = subscribe(std::string(sold.at("customer").as_string()), start);
        set(id, "status", "incomplete");
        sold["status"] = "complete";
        sold["url"] = nullptr;
        sold["subscription"] = id;
        return id;
    }

    // Sessions that can be paid, or whose money is on its way.
    std::int64_t payable(std::string const& customer) const
    {
        return std::ranges::count_if(sessions, [&](auto const& entry) {
            auto const& session = entry.second;
            if (session.at("customer").as_string() != customer) return false;
            if (session.at("status").as_string() == "open") return true;
            auto const* bought = session.if_contains("subscription");
            return bought && subscriptions.at(std::string(bought->as_string())).at("status").as_string() == "incomplete";
        });
    }

    static std::int64_t seconds(Time time) { return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count(); }

    std::map<std::string, json::object> subscriptions;
    std::map<std::string, json::object> customers;
    std::map<std::string, json::object> sessions;
    std::vector<std::string> calls; // "GET /v1/account"
    bool is_away = false;
    std::set<std::string> archived;                   // Prices that cannot be bought.
    std::function<asio::awaitable<void>()> meanwhile; // Happens once, while the answer to the next call is on its way.
    std::set<std::string> lost;                       // Calls ("POST /v1/customers") that are done, and whose answers get lost.
    std::set<std::string> archived_products;          // As "prod_" and the price's id.
    // What comes instead of an answer that was given: of somebody who stands in between, or of a Stripe that refuses.
    std::function<void(stripe::Call const&, stripe::Answer&)> twist;
    void forget_operations() { answered_.clear(); } // As Stripe does after a day.
    std::int64_t amount_minor = 2000;               // What every price costs.
    std::string account = "acct_1";
    stripe::Mode in_mode = stripe::Mode::live;

private:
    using Fields = std::map<std::string, std::string>;

    static Fields fields_of(std::string_view text)
    {
        Fields fields;
        while (!text.empty()) {
            auto const pair = text.substr(0, text.find('&'));
            auto const equals = std::min(pair.find('='), pair.size());
            fields[std::string(pair.substr(0, equals))] = unescaped(pair.substr(std::min(equals + 1, pair.size())));
            text.remove_prefix(std::min(pair.size() + 1, text.size()));
        }
        return fields;
    }

    static std::string unescaped(std::string_view text)
    {
        std::string plain;
        for (std::size_t at = 0; at < text.size(); ++at) {
            int byte = 0;
            bool const is_escape = text[at] == '%' && at + 2 < text.size() + 0;
            if (is_escape) std::from_chars(text.data() + at + 1, text.data() + at + 3, byte, 16);
            plain += is_escape ? static_cast<char>(byte) : text[at];
            if (is_escape) at += 2;
        }
        return plain;
    }

    static stripe::Answer done(json::object body)
    {
        stripe::Answer answer;
        answer.outcome = stripe::Outcome::done;
        answer.status = 200;
        answer.body = std::move(body);
        return answer;
    }
    static stripe::Answer unknown()
    {
        stripe::Answer answer;
        answer.outcome = stripe::Outcome::unknown;
        return answer;
    }
    static stripe::Answer missing()
    {
        stripe::Answer answer;
        answer.outcome = stripe::Outcome::refused;
        answer.status = 404;
        answer.error_code = "resource_missing";
        return answer;
    }
    static stripe::Answer found(std::map<std::string, json::object> const& all, std::string const& id)
    {
        auto const one = all.find(id);
        return one == all.end() ? missing() : done(one->second);
    }
    static stripe::Answer list(std::map<std::string, json::object> const& all, Fields const& asked)
    {
        json::array data;
        for (auto const& [id, one] : all) {
            bool const is_wanted = !asked.contains("customer") || one.at("customer").as_string() == asked.at("customer");
            bool const has_status =
                !asked.contains("status") || asked.at("status") == "all" || one.at("status").as_string() == asked.at("status");
            if (is_wanted && has_status) data.push_back(one);
        }
        return done({{"object", "list"}, {"data", data}, {"has_more", false}});
    }

    asio::awaitable<stripe::Answer> answer_later(stripe::Call call)
    {
        auto answered = answer(call);
        if (auto const happens = std::exchange(meanwhile, nullptr)) co_await happens();
        co_return answered;
    }

    stripe::Answer answer(stripe::Call const& call)
    {
        calls.push_back(call.method + " " + call.path);
        if (is_away) return {};
        auto answer = act_once(call);
        if (lost.contains(calls.back())) answer = unknown();
        if (twist) twist(call, answer);
        return answer;
    }

    stripe::Answer act_once(stripe::Call const& call)
    {
        if (call.operation.empty()) return act(call);
        auto const known = answered_.find(call.operation);
        if (known == answered_.end()) return answered_[call.operation] = act(call);
        auto again = known->second;
        again.is_replayed = true;
        return again;
    }

    stripe::Answer act(stripe::Call const& call)
    {
        auto const fields = fields_of(call.form.text());
        bool const is_post = call.method == "POST";
        std::string_view path = call.path;
        auto const under = [&](std::string_view folder) {
            if (!path.starts_with(folder)) return false;
            path.remove_prefix(folder.size());
            return true;
        };
        if (path == "/v1/account") return done({{"id", account}});
        if (path == "/v1/customers") return make_customer(fields);
        if (under("/v1/customers/")) return found(customers, std::string(path));
        if (path == "/v1/subscriptions") return list(subscriptions, fields);
        if (path == "/v1/checkout/sessions") return is_post ? make_session(fields) : list(sessions, fields);
        if (under("/v1/checkout/sessions/"))
            return is_post ? expire(std::string(path.substr(0, path.find('/')))) : found(sessions, std::string(path));
        if (path == "/v1/billing_portal/sessions")
            return done({{"id", "bps_1"}, {"customer", fields.at("customer")}, {"url", "https://portal.example.com/"}});
        if (under("/v1/subscriptions/")) return change(call.method, std::string(path), fields);
        if (under("/v1/prices/"))
            return done({{"id", path},
                         {"active", !archived.contains(std::string(path))},
                         {"product", json::object{{"id", "prod_" + std::string(path)},
                                                  {"active", !archived_products.contains("prod_" + std::string(path))}}},
                         {"currency", "usd"},
                         {"unit_amount", amount_minor},
                         {"recurring", json::object{{"interval", "month"}, {"interval_count", 1}}}});
        return missing();
    }

    // metadata, as the call writes it.
    static json::object written_in(Fields const& fields)
    {
        json::object written;
        for (auto const* name : {"installation", "user", "operation"}) {
            auto const field = fields.find("metadata[" + std::string(name) + "]");
            if (field != fields.end()) written[name] = field->second;
        }
        return written;
    }

    stripe::Answer make_customer(Fields const& fields)
    {
        auto const id = "cus_" + std::to_string(++numbers_);
        customers[id] = {{"id", id}, {"object", "customer"}, {"metadata", written_in(fields)}};
        return done(customers[id]);
    }

    stripe::Answer make_session(Fields const& fields)
    {
        auto const& price = fields.at("line_items[0][price]");
        if (archived.contains(price) || archived_products.contains("prod_" + price)) {
            auto refused = missing();
            refused.status = 400;
            refused.error_code = "";
            return refused;
        }
        auto const id = "cs_" + std::to_string(++numbers_);
        sessions[id] = {{"id", id},
                        {"object", "checkout.session"},
                        {"customer", fields.at("customer")},
                        {"status", "open"},
                        {"url", "https://pay.example.com/" + id},
                        {"payment_status", "unpaid"},
                        {"metadata", written_in(fields)}};
        sessions[id]["line_items"] = json::object{{"data", json::array{json::object{{"price", json::object{{"id", price}}}}}}};
        if (fields.contains("subscription_data[trial_period_days]"))
            sessions[id]["trial"] = fields.at("subscription_data[trial_period_days]");
        return done(sessions[id]);
    }

    stripe::Answer expire(std::string const& id)
    {
        if (!sessions.contains(id)) return missing();
        if (sessions[id].at("status").as_string() != "open") {
            auto refused = missing();
            refused.status = 400;
            refused.error_code = "";
            return refused;
        }
        sessions[id]["status"] = "expired";
        sessions[id]["url"] = nullptr;
        return done(sessions[id]);
    }

    stripe::Answer change(std::string const& method, std::string const& id, Fields const& fields)
    {
        if (!subscriptions.contains(id)) return missing();
        auto& one = subscriptions[id];
        if (method == "DELETE") one["status"] = "canceled";
        if (fields.contains("cancel_at_period_end")) one["cancel_at_period_end"] = fields.at("cancel_at_period_end") == "true";
        if (fields.contains("cancel_at")) one["cancel_at"] = nullptr;
        return done(one);
    }

    int numbers_ = 0;
    std::map<std::string, stripe::Answer> answered_;
};

} // namespace pollux::test
