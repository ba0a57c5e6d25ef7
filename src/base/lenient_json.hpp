// Reading other services' JSON, of which any field may be missing or of another type than expected: both read as "not there".
#pragma once

#include <boost/json/object.hpp>

#include <cstdint>
#include <string_view>

namespace pollux {

boost::json::object const* object_at(boost::json::object const& object, std::string_view name);
boost::json::array const* array_at(boost::json::object const& object, std::string_view name);
std::string_view text_at(boost::json::object const& object, std::string_view name); // Empty when not there.
std::int64_t number_at(boost::json::object const& object, std::string_view name, std::int64_t otherwise);

} // namespace pollux
