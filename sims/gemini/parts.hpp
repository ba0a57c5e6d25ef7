// The parts of one content, as Google takes them: texts, pictures and other files within the request (inlineData) or beside it (fileData).
#pragma once

#include "models/question.hpp"

#include <boost/json/value.hpp>

#include <string>
#include <vector>

namespace pollux::sims {

struct Parts {
    std::string text; // All texts, joined.
    std::vector<File> files;
};

// `what` names the content in messages. Throws std::invalid_argument with Google's message for what Google refuses with 400.
Parts read_parts(boost::json::value const& content, std::string const& what);

} // namespace pollux::sims
