// What can be said of DATABASE_URL before anybody is asked.
#pragma once

#include <string>

namespace pollux::db::postgres {

// Throws UnusableDatabase, which names what is wrong and never quotes the URL, since it holds a password.
void require_readable(std::string const& url);

} // namespace pollux::db::postgres
