// GET /subscription/done/: where buyers come back to who gave no return_url. It says no more than it knows: that somebody came back.
#pragma once

namespace pollux::http {
class Router;
}

namespace pollux::billing {

struct PaymentsApi;

void add_done_page(http::Router& router, PaymentsApi& api);

} // namespace pollux::billing
