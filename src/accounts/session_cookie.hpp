// The cookie in which a page keeps its refresh token, out of reach of every script. A client asks for it by X-Pollux-Client: web; all
// others have the token in the body, and no cookie is read of them.
//
// A cookie goes along whoever made the page that asks. So it counts only where a page of our own asks (Request::own_page), with a header
// that no form and no foreign page can send unasked; besides, browsers keep it to this site (SameSite=Strict).
//
// Whether it is https is told by the page's own Origin, which is known here however many proxies stand between and whatever Host they
// write: then the cookie is Secure, and by its name (__Host-) bound to this very host. Over plain http neither would be kept. Each of the
// two has its own name, and only the one that fits is read, so that who can write into plain http can set none that counts over https.
// Cookies know no ports, so where the Origin has one it stands in the name: two servers on one machine do not sign each other's users out.
// Source: RFC 6265bis, 4.1.3 and 5.7; OWASP, Cross-Site Request Forgery Prevention.
#pragma once

#include "base/error.hpp"
#include "http/request.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace pollux::accounts {

bool is_web_client(http::Request const& request);

// Why a web client is not let in; empty for those that are, and for all other clients.
std::optional<Error> refuse_foreign_page(http::Request const& request);

// What the cookie of a web client holds.
std::optional<std::string> cookie_token(http::Request const& request);

// Values of Set-Cookie. `lifetime`: after so long without a refresh the session is over.
std::string set_cookie(http::Request const& request, std::string_view refresh_token, std::chrono::seconds lifetime);
std::string clear_cookie(http::Request const& request);

} // namespace pollux::accounts
