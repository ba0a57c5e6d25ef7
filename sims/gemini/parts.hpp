// The parts of one content, as Google takes them: texts, pictures and other files within the request (inlineData) or beside it (fileData).
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace pollux::sims {

struct File {
    std::string mime_type;
    std::string uri;        // Of fileData; empty for inlineData.
    std::int64_t bytes = 0; // Of inlineData, decoded.
};

struct Parts {
    std::string text; // All texts, joined.
    std::vector<File> files;
};

// `what` names the content in messages. Throws std::invalid_argument with Google's message for what Google refuses with 400.
Parts read_parts(boost::json::value const& content, std::string const& what);

// For the call log: [{"mime_type": ..., "bytes": ...}, {"mime_type": ..., "uri": ...}].
boost::json::array describe_files(std::vector<File> const& files);

} // namespace pollux::sims
