// What a model was asked, whichever way it came, and what it says to that when no plan says otherwise.
#pragma once

#include <boost/json/array.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pollux::sims {

struct File {
    std::string mime_type;
    std::string uri;        // Of a file that lies elsewhere; empty when it came with the request.
    std::int64_t bytes = 0; // Of one that came, decoded.
};

struct Turn {
    std::string role;
    std::string text;
    std::vector<File> files;
};

// A request that was understood.
struct Question {
    std::vector<Turn> turns;
    std::string system;
    bool asks_for_thoughts = false;

    std::string_view last_user_text() const;
};

// Markdown with the last user text as it stands, the number of turns and a digest of all of them.
std::string echo(Question const& question);

// For the call log: [{"mime_type": ..., "bytes": ...}, {"mime_type": ..., "uri": ...}].
boost::json::array describe_files(std::vector<File> const& files);

std::int64_t count_tokens(std::string_view text); // Roughly.
std::int64_t count_tokens(Question const& question);

} // namespace pollux::sims
