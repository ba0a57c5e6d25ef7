#include "sms/texts.hpp"

#include "call_log.hpp"
#include "sms/segments.hpp"

#include <algorithm>

namespace pollux::sims::sms {

namespace {

json::object describe_text(Text const& text)
{
    auto const segments = segments_of(text.body);
    return {{"number", text.number},
            {"vendor", text.vendor},
            {"id", text.id},
            {"to", text.to},
            {"from", text.from},
            {"service", text.service},
            {"body", text.body},
            {"encoding", segments.encoding},
            {"characters", segments.characters},
            {"segments", segments.count},
            {"purpose", text.purpose},
            {"valid_s", text.valid_s},
            {"status_url", text.status_url},
            {"status", text.status},
            {"history", text.history},
            {"error_code", text.error_code},
            {"created_at", text.created_at},
            {"sent_at", text.sent_at},
            {"requests", text.requests}};
}

} // namespace

SharedText Texts::add(Text text)
{
    text.number = ++last_number_;
    text.created_at = text.updated_at = seconds_since_1970();
    while (all_.size() >= texts_max_) all_.pop_front();
    return all_.emplace_back(std::make_shared<Text>(std::move(text)));
}

SharedText Texts::find(std::string_view vendor, std::string_view id) const
{
    auto const found = std::find_if(all_.rbegin(), all_.rend(), [&](auto const& text) { return text->id == id && text->vendor == vendor; });
    return found == all_.rend() ? nullptr : *found;
}

json::object Texts::describe(std::int64_t after, std::string_view to, std::string_view vendor) const
{
    json::array list;
    for (auto const& text : all_) {
        if (text->number > after && (to.empty() || to == text->to) && (vendor.empty() || vendor == text->vendor))
            list.push_back(describe_text(*text));
    }
    return {{"total", all_.size()}, {"texts", std::move(list)}};
}

void set_status(Text& text, std::string status, std::int64_t error_code)
{
    text.updated_at = seconds_since_1970();
    if (status == "sent") text.sent_at = text.updated_at;
    text.history.emplace_back(status);
    text.status = std::move(status);
    text.error_code = error_code;
}

} // namespace pollux::sims::sms
