#include "limits/rate_rules.hpp"

#include <string>

namespace pollux::limits {

namespace {

using namespace std::chrono_literals;

constexpr std::int64_t count_max = 1'000'000;
constexpr std::chrono::seconds window_max = 24h;

Error wrong(std::string_view name, std::string_view why)
{
    return {ErrorKind::invalid, "bad_rate_rule", std::string(name) + ": " + std::string(why)};
}

std::optional<RateRule>* rule_named(RateRules& rules, std::string_view name)
{
    if (name == "auth") return &rules.auth.per_address;
    if (name == "otp") return &rules.otp.per_address;
    if (name == "send") return &rules.send.per_user;
    if (name == "send_address") return &rules.send.per_address;
    if (name == "create") return &rules.create.per_user;
    if (name == "create_address") return &rules.create.per_address;
    if (name == "webhook") return &rules.webhook.per_address;
    if (name == "plan") return &rules.plan;
    if (name == "read") return &rules.read.per_user;
    if (name == "read_address") return &rules.read.per_address;
    return nullptr;
}

} // namespace

ClassRules RateRules::of(RateClass rate_class) const
{
    switch (rate_class) {
    case RateClass::none:
    case RateClass::plan:
    case RateClass::call: return {};
    case RateClass::auth: return auth;
    case RateClass::otp: return otp;
    case RateClass::send: return send;
    case RateClass::create: return create;
    case RateClass::webhook: return webhook;
    case RateClass::read: return read;
    }
    return {};
}

std::string_view name_of(RateClass rate_class)
{
    switch (rate_class) {
    case RateClass::none: return "none";
    case RateClass::auth: return "auth";
    case RateClass::otp: return "otp";
    case RateClass::send: return "send";
    case RateClass::create: return "create";
    case RateClass::webhook: return "webhook";
    case RateClass::read: return "read";
    case RateClass::plan: return "plan";
    case RateClass::call: return "call";
    }
    return "none";
}

std::string_view address_policy(RateClass rate_class)
{
    if (rate_class == RateClass::send) return "send_address";
    if (rate_class == RateClass::create) return "create_address";
    if (rate_class == RateClass::read) return "read_address";
    return name_of(rate_class);
}

RateRules built_in_rate_rules()
{
    RateRules rules;
    // A client that logs in has no name yet, so only the address counts. A person needs two or three requests; twenty leave room for an
    // office behind one address, and make a list of a million passwords last 35 days.
    rules.auth.per_address = RateRule{20, 60s};
    // Each may cost an SMS. The narrow limits are per mobile and per code and stand in the database; this one stops a flood early.
    rules.otp.per_address = RateRule{10, 60s};
    // One send a second, sustained, is faster than anybody types. Per address five such people at once, for schools and offices; it
    // bounds what many accounts behind one address can do together.
    rules.send.per_user = RateRule{60, 60s};
    rules.send.per_address = RateRule{300, 60s};
    // A room lasts, and may hold 32 kB of its own. Nobody opens one every two seconds for long; a page that is tried out may.
    rules.create.per_user = RateRule{30, 60s};
    rules.create.per_address = RateRule{150, 60s};
    // Other companies' machines, which come in bursts and from few addresses; each request is cheap until its signature is right.
    rules.webhook.per_address = RateRule{600, 60s};
    // Ten a second: a page that opens loads a handful, and several tabs may open at once. Per address only twice as much: reading is
    // cheap, and this one is there for many accounts behind one address. (A request without a token is refused before it is counted: that
    // costs less than counting.)
    rules.read.per_user = RateRule{600, 60s};
    rules.read.per_address = RateRule{1'200, 60s};
    return rules;
}

Result<void> set_rate_rule(RateRules& rules, std::string_view name, RateRule rule)
{
    auto* found = rule_named(rules, name);
    if (!found) {
        return wrong(name,
                     "no such rule; there are auth, otp, webhook, send, send_address, create, create_address, read, read_address, plan");
    }
    if (rule.count < 1 || rule.count > count_max) return wrong(name, "the number of requests must be 1 to 1000000");
    if (rule.window < 1s || rule.window > window_max) return wrong(name, "the time must be 1 s to 24 h");
    *found = rule;
    return {};
}

} // namespace pollux::limits
