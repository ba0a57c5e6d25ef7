// Addresses as operators write them in settings.
#pragma once

#include "config/config.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace pollux::config {

// http or https, a host, a port if need be, a path; no user, query or fragment.
struct WebUrl {
    bool is_https = false;
    std::string host; // Lower case; IPv6 in brackets.
    std::uint16_t port = 0;
    std::string path;           // Without a slash at the end.
    std::string text() const;   // "https://host:8443/path"
    std::string origin() const; // "https://host:8443"; the usual port is left out.
};

std::optional<WebUrl> parse_web_url(std::string_view text);

// A host without anything beside it, in small letters: a name, an IPv4 address, an IPv6 address in brackets.
enum class HostFault { unreadable, has_port };
std::variant<std::string, HostFault> parse_host(std::string_view text);

// The origin of a page (RFC 6454): "https://chat.example.com", or an app's own, "capacitor://localhost". In small letters, without the
// usual port.
std::optional<std::string> parse_origin(std::string_view text);

// localhost, 127.0.0.0/8 and [::1].
bool is_loopback_host(std::string_view host);

// Whether Twilio or Stripe at `vendor` posts to a URL of this service: over https; a simulator on this machine does so over http as well.
bool may_be_reported_to(std::string_view public_url, std::string_view vendor);

// "127.0.0.1:8000", "localhost:8000", "[::1]:8000", ":8000" (all addresses): never another name, since it is listened on.
std::optional<Endpoint> parse_endpoint(std::string_view text);

// Whether it cannot be listened at both at once. No two meet at port 0, which is another one each time.
bool meet(Endpoint const& one, Endpoint const& other);

// "192.0.2.7", "10.0.0.0/8", "2001:db8::/32".
bool is_network(std::string_view text);

// Whether these networks together hold a good part (a sixteenth) of all addresses of IPv4 or of IPv6.
bool hold_much_of_the_world(std::vector<std::string> const& networks);
bool is_loopback_network(std::string_view network);

} // namespace pollux::config
