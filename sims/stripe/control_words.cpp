#include "stripe/control_words.hpp"

#include "stripe/errors.hpp"

#include <algorithm>
#include <span>

namespace pollux::sims::stripe {

namespace {

struct Words {
    std::string_view what;
    std::string_view fields; // Divided by spaces.
};

constexpr Words reads[] = {
    {"calls", "after method path"},
    {"clock", ""},
    {"deliveries", "event state"},
    {"health", ""},
    {"objects", "account expand id kind mode"},
    {"settings", "account mode"},
    {"webhooks", ""},
};

constexpr Words writes[] = {
    {"batch", "acts"},
    {"clock", "advance_s to"},
    {"deliveries/drain", "timeout_ms"},
    {"deliveries/drop", ""},
    {"deliveries/forge", "account age_s endpoint event mode payload secret signature url"},
    {"deliveries/redeliver", "copies delay_ms endpoint event"},
    {"deliveries/release", "copies delay_ms order parallel"},
    {"deliveries/retry", "endpoint event"},
    {"keys", "account key remove rights"},
    {"many", "account classic customers events first metadata mode price"},
    {"portal_default", "account active business_profile default_return_url features login_page metadata mode name"},
    {"reset", ""},
    {"settings", "account after_last_retry draft_s mode requests_per_second retry_after_s"},
    {"webhooks", "copies delay_ms mode parallel retries retry_ms schedule seed time timeout_ms"},
};

constexpr Words acts[] = {
    {"checkout", "do session"},
    {"customer", "customer payments"},
    {"dispute", "charge dispute do invoice payment_intent reason status subscription"},
    {"endpoint", "do endpoint set"},
    {"invoice", "do invoice"},
    {"portal", "configuration do price subscription"},
    {"refund", "amount charge do invoice metadata payment_intent reason refund status subscription"},
    {"subscription", "do reason set subscription tells"},
};

Words const* find(std::span<Words const> table, std::string_view what)
{
    auto const found = std::ranges::find(table, what, &Words::what);
    return found == table.end() ? nullptr : &*found;
}

std::string names(std::span<Words const> table)
{
    std::string all;
    for (auto const& words : table) all.append(all.empty() ? "" : ", ").append(words.what);
    return all;
}

void check_fields(Words const& words, json::object const& how, std::string_view more = {})
{
    for (auto const& field : how) {
        if (has_word(words.fields, field.key()) || field.key() == more) continue;
        auto const known = words.fields.empty() ? std::string("nothing") : std::string(words.fields);
        throw invalid("/_sim/" + std::string(words.what) + " has no field " + std::string(field.key()) + ": it takes " + known);
    }
}

} // namespace

void check_read(std::string_view what, json::object const& query)
{
    auto const* words = find(reads, what);
    if (!words) throw invalid("there is nothing to read of " + std::string(what) + ": write " + names(reads));
    check_fields(*words, query);
}

void check_write(std::string_view what, json::object const& how)
{
    auto const* words = find(writes, what);
    if (!words) words = find(acts, what);
    if (!words) throw invalid("there is nothing to do on " + std::string(what) + ": write plan, " + names(writes) + ", " + names(acts));
    check_fields(*words, how);
}

void check_act(json::object const& act)
{
    auto const on_what = text_of(act, "on");
    auto const* words = find(acts, on_what);
    if (!words) throw invalid("an act is on one of " + names(acts) + ", not on '" + on_what + "'");
    check_fields(*words, act, "on");
}

void check_word(std::string_view of_what, std::string_view word, std::string_view known)
{
    if (word.empty() || !has_word(known, word))
        throw invalid(std::string(of_what) + " is one of " + std::string(known) + ", not '" + std::string(word) + "'");
}

} // namespace pollux::sims::stripe
