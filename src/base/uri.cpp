#include "base/uri.hpp"

#include <boost/url/parse.hpp>

#include <algorithm>

namespace pollux {

std::optional<boost::urls::url_view> parse_uri(std::string_view text)
{
    auto const url = boost::urls::parse_uri(text);
    if (!url) return std::nullopt;
    // Boost.URL 1.81 takes "http://host:80x" for the port 80 and the path "x"; behind a host a path has a slash (RFC 3986, 3.3).
    std::string_view const path = url->encoded_path();
    if (url->has_authority() && !path.empty() && !path.starts_with('/')) return std::nullopt;
    return *url;
}

bool is_web(boost::urls::url_view const& url)
{
    return url.scheme_id() == boost::urls::scheme::http || url.scheme_id() == boost::urls::scheme::https;
}

bool is_among_hosts(std::string_view host, std::vector<std::string> const& patterns)
{
    return std::ranges::any_of(patterns, [&](std::string_view pattern) {
        if (pattern == "*") return true;
        if (pattern.starts_with('.')) return host == pattern.substr(1) || host.ends_with(pattern);
        return host == pattern;
    });
}

} // namespace pollux
