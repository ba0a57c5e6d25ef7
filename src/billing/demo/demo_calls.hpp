// The calls of Stripe's API that Pollux makes, answered from what lies at the demo. One that it does not know is answered like an object
// that is not there.
// Source: docs.stripe.com/api, version 2026-10-28.endive.
#pragma once

#include "billing/demo/demo_store.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pollux::billing::demo {

struct DemoQuestion {
    std::string method;
    std::string path; // "/v1/customers/cus_demo_1"
    std::vector<std::pair<std::string, std::string>> parameters;
    std::string public_url; // Where the demo's pages are.
    std::string id;         // From the path.

    std::string const* parameter(std::string_view name) const; // Null: not given.
    std::string value(std::string_view name) const;            // Empty: not given.
};

// A GET changes nothing.
asio::awaitable<DemoAnswer> answer_question(db::Transaction& transaction, DemoQuestion question);

DemoAnswer refused(int status, std::string_view code, std::string_view message, std::string_view parameter = {});

} // namespace pollux::billing::demo
