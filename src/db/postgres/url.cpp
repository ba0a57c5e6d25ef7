#include "db/postgres/url.hpp"

#include "base/database_url.hpp"
#include "db/postgres/unusable.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <libpq-fe.h>

#include <algorithm>
#include <memory>
#include <string_view>

namespace pollux::db::postgres {
namespace {

using Options = std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)>;

bool is_known(std::string_view name)
{
    if (name == "ssl") return true; // As JDBC has it; only in a URL.
    Options const options(PQconndefaults(), PQconninfoFree);
    for (auto const* option = options.get(); option != nullptr && option->keyword != nullptr; ++option) {
        if (name == option->keyword) return true;
    }
    return false;
}

std::string advice_for(std::string_view name)
{
    if (name == "schema") return "; a schema of its own is options=-csearch_path%3DNAME, or `alter role ... set search_path`";
    if (name == "pgbouncer") return "; take it out, and let PgBouncer pool sessions (pool_mode=session) or name PostgreSQL itself";
    return "; take it out";
}

void require_known_parameters(std::string_view query)
{
    constexpr std::size_t shown_bytes_max = 40;
    auto const parsed = boost::urls::parse_relative_ref(query);
    if (!parsed) throw UnusableDatabase("what stands behind the question mark of the URL cannot be read");
    for (auto const& parameter : parsed->params()) {
        if (is_known(parameter.key)) continue;
        auto const name = parameter.key.substr(0, shown_bytes_max);
        auto const is_plain =
            std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.'; });
        throw UnusableDatabase("PostgreSQL knows no parameter " + (is_plain ? "`" + name + "`" : std::string("of that name")) +
                               " in a URL" + advice_for(parameter.key));
    }
}

} // namespace

// libpq's complaint about a URL quotes it, password and all.
void require_readable(std::string const& url)
{
    auto const parameters = postgres_parameters(url);
    if (parameters) require_known_parameters(*parameters);
    char* complaint = nullptr;
    Options const options(PQconninfoParse(url.c_str(), &complaint), PQconninfoFree);
    PQfreemem(complaint);
    if (!options || !parameters)
        throw UnusableDatabase("the URL of PostgreSQL cannot be read: letters like @ / % in a password are written as %40, %2F, %25");
}

} // namespace pollux::db::postgres
