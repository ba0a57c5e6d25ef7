// The URLs of databases. Neither kind is one of RFC 3986: libpq's may name several hosts with a port each, and both may hold letters that
// others must encode. Their grammars are written with Boost.URL's rules. What is handed out are pieces of the text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pollux {

// "postgres" of "postgres://...", in small letters; empty where the text does not begin like a URL.
std::string database_scheme(std::string_view url);

// "?name=value&..." of a URL that libpq reads: its user ends at the first "@" with no slash before it, so a password may hold a question
// mark. Nothing where a password holds "@" or "/" as it is: libpq would take what follows for the host or the path.
std::optional<std::string_view> postgres_parameters(std::string_view url);

struct SqliteUrl {
    std::string_view file;    // Percent-encoded.
    std::string_view options; // "?..." or "#...".
};

// sqlite:///file and sqlite:////folder/file; nothing for what has a host.
std::optional<SqliteUrl> parse_sqlite_url(std::string_view url);

} // namespace pollux
