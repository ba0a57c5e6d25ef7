// The one place where Request meets Beast: included by http/*.cpp only.
#pragma once

#include <boost/beast/http/fields.hpp>

namespace pollux::http {

class HeaderFields {
public:
    explicit HeaderFields(boost::beast::http::fields const& beast_fields) : fields(beast_fields) {}

    boost::beast::http::fields const& fields;
};

} // namespace pollux::http
