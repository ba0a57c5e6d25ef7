// A Stripe for tests that answers from a table and remembers what it was asked. What the table does not have is 404 resource_missing.
#pragma once

#include "billing/stripe/client.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace pollux::billing::stripe {

class ScriptedApi final : public Api {
public:
    using Reply = std::function<Answer(Call const&)>;

    static Answer json(std::string const& body, int status = 200) { return read_answer(status, body); }
    static Answer error(int status, std::string const& code, std::string const& message)
    {
        return read_answer(status, R"({"error":{"type":"invalid_request_error","code":")" + code + R"(","message":")" + message + "\"}}");
    }
    static Answer silence()
    {
        Answer answer;
        answer.outcome = Outcome::unknown;
        answer.detail = "Stripe was not reached: time-out";
        return answer;
    }

    // The value of a parameter; empty: it is not there.
    static std::string parameter(Call const& call, std::string const& name)
    {
        auto const text = "&" + call.form.text();
        auto const at = text.find("&" + name + "=");
        if (at == std::string::npos) return {};
        auto const begin = at + name.size() + 2;
        return text.substr(begin, text.find('&', begin) - begin);
    }

    // `what`: "GET /v1/account"; with a * at its end, all that begin so and have no entry of their own.
    void on(std::string const& what, Reply reply) { replies_[what] = std::move(reply); }
    void on(std::string const& what, std::string const& body)
    {
        on(what, [body](Call const&) { return json(body); });
    }

    asio::awaitable<Answer> call(Call call) const override
    {
        auto const what = call.method + " " + call.path;
        calls_.push_back(what + (call.form.is_empty() ? "" : "?" + call.form.text()));
        co_return answer(what, call);
    }
    Mode mode() const override { return mode_; }

    std::vector<std::string> take_calls() { return std::exchange(calls_, {}); }

    Mode mode_ = Mode::test;

private:
    Answer answer(std::string const& what, Call const& call) const
    {
        if (auto const exact = replies_.find(what); exact != replies_.end()) return exact->second(call);
        for (auto const& [name, reply] : replies_) {
            if (name.ends_with('*') && what.starts_with(name.substr(0, name.size() - 1))) return reply(call);
        }
        return error(404, "resource_missing", "No such thing: " + what);
    }

    std::map<std::string, Reply> replies_;
    mutable std::vector<std::string> calls_;
};

} // namespace pollux::billing::stripe
