// The demo's pages: what they say, without I/O. Each says first that no money moves.
#pragma once

#include "billing/demo/demo_desk.hpp"
#include "http/html.hpp"

namespace pollux::billing::demo {

enum class CheckoutNote { none, declined };

http::Html checkout_page(DemoDesk::CheckoutView const& view, CheckoutNote note);
http::Html portal_page(DemoDesk::PortalView const& view);
http::Html missing_page(); // 404: there is no such checkout or portal, or no longer.

} // namespace pollux::billing::demo
