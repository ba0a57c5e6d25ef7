// URLs with a scheme, read by Boost.URL. What a URL may hold at its place is judged by who asked for it.
#pragma once

#include <boost/url/url_view.hpp>

#include <optional>
#include <string_view>

namespace pollux {

// As RFC 3986 has it; nothing for what is no URL. The view is of `text`.
std::optional<boost::urls::url_view> parse_uri(std::string_view text);

// Of http or https, in small letters or capitals.
bool is_web(boost::urls::url_view const& url);

} // namespace pollux
