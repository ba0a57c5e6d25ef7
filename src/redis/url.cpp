#include "redis/url.hpp"

#include "base/text.hpp"
#include "base/uri.hpp"

#include <boost/url/grammar/ci_string.hpp>

namespace pollux::redis {
namespace {

namespace grammar = boost::urls::grammar;

constexpr std::int64_t database_max = 65'535;

Error wrong(std::string why)
{
    return {ErrorKind::invalid, "redis_url", std::move(why)};
}

} // namespace

Result<Url> parse_url(std::string_view text)
{
    auto const parsed = parse_uri(text);
    if (!parsed) return wrong("must be redis://[user:password@]host[:port][/number], special characters percent-encoded");
    auto const& parts = *parsed;

    Url url;
    if (grammar::ci_is_equal(parts.scheme(), "rediss")) {
        url.transport = Transport::tls;
    } else if (!grammar::ci_is_equal(parts.scheme(), "redis")) {
        return wrong("must begin with redis:// or rediss://");
    }
    if (parts.encoded_host().empty()) return wrong("names no host");
    url.host = parts.host_address();
    if (!parts.port().empty()) {
        auto const port = parse_integer(parts.port());
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
