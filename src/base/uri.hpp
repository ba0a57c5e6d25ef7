// URLs with a scheme, read by Boost.URL. What a URL may hold at its place is judged by who asked for it.
#pragma once

#include <boost/url/url_view.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pollux {

// As RFC 3986 has it; nothing for what is no URL. The view is of `text`.
std::optional<boost::urls::url_view> parse_uri(std::string_view text);

// Of http or https, in small letters or capitals.
bool is_web(boost::urls::url_view const& url);

// Whether one of `patterns` is this host: its name, ".example.com" for that and what is below it, "*" for all, as in Django. In small
// letters, IPv6 in brackets, both.
bool is_among_hosts(std::string_view host, std::vector<std::string> const& patterns);

} // namespace pollux
