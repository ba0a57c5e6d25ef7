#include "redis/url.hpp"

#include "base/text.hpp"

#include <boost/url/parse.hpp>

namespace pollux::redis {
namespace {

constexpr std::int64_t database_max = 65'535;

Error wrong(std::string why)
{
    return {ErrorKind::invalid, "redis_url", std::move(why)};
}

} // namespace

Result<Url> parse_url(std::string_view text)
{
    auto const parsed = boost::urls::parse_uri({text.data(), text.size()});
    if (!parsed) return wrong("must be redis://[user:password@]host[:port][/number], special characters percent-encoded");
    auto const& parts = *parsed;

    Url url;
    if (parts.scheme() == "rediss") {
        url.transport = Transport::tls;
    } else if (parts.scheme() != "redis") {
        return wrong("must begin with redis:// or rediss://");
    }
    if (parts.host().empty()) return wrong("names no host");
    url.host = parts.host();
    if (url.host.starts_with('[') && url.host.ends_with(']')) url.host = url.host.substr(1, url.host.size() - 2);
    if (!parts.port().empty()) {
        auto const port = parse_integer(std::string_view(parts.port().data(), parts.port().size()));
        if (!port || *port < 1 || *port > 65'535) return wrong("the port must be 1 to 65535");
        url.port = static_cast<std::uint16_t>(*port);
    }
    url.user = parts.user();
    url.password = parts.password();
    if (!url.user.empty() && url.password.empty()) return wrong("a user needs a password; a password alone is written :password@");

    std::string const path = parts.path();
    if (path.size() > 1) {
        auto const number = parse_integer(path.substr(1));
        if (!number || *number < 0 || *number > database_max) return wrong("what follows the / must be the database's number");
        url.database = static_cast<int>(*number);
    }
    return url;
}

} // namespace pollux::redis
