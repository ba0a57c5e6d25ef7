// The texts that were taken, by either vendor, and what became of each.
#pragma once

#include "json_values.hpp"

#include <deque>
#include <memory>

namespace pollux::sims::sms {

struct Text {
    std::int64_t number = 0; // Its place among all.
    std::string vendor;      // "twilio" or "webhook".
    std::string id;          // SM..., or the sender's own.
    std::string account;
    std::string to;
    std::string from;
    std::string service; // MG..., where one sends.
    std::string body;
    std::string purpose;
    std::int64_t valid_s = 0; // ValidityPeriod or ttl_s.
    std::string status_url;
    std::string status;
    json::array history;         // The statuses it had, in order.
    std::int64_t error_code = 0; // 0: none.
    double created_at = 0;       // Seconds since 1970.
    double updated_at = 0;
    double sent_at = 0; // 0: not yet.
    int requests = 1;   // How often it was asked for; the webhook vendor's texts come again.
};
using SharedText = std::shared_ptr<Text>;

class Texts {
public:
    explicit Texts(std::size_t texts_max) : texts_max_(texts_max) {}

    SharedText add(Text text);
    SharedText find(std::string_view vendor, std::string_view id) const; // Null: there is none.
    std::deque<SharedText> const& all() const { return all_; }
    void clear() { all_.clear(); }

    // {"total", "texts": [...]} in the order they came: those after that number, to that number of a phone, of that vendor.
    json::object describe(std::int64_t after, std::string_view to, std::string_view vendor) const;

private:
    std::size_t texts_max_;
    std::deque<SharedText> all_;
    std::int64_t last_number_ = 0;
};

void set_status(Text& text, std::string status, std::int64_t error_code = 0);

} // namespace pollux::sims::sms
