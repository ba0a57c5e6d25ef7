// Idempotency-Key: a POST that comes again is answered as the first was, for 24 hours.
#pragma once

#include <boost/json/object.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace pollux::sims::stripe {

struct KeptAnswer {
    int status = 0;
    std::string body;
    std::string request_id; // Of the call that was carried out.
};

class Idempotency {
public:
    // An answer to give again; nothing: go on, and call finish() or abandon(). Throws StripeError for a key that is in use, or was used
    // for something else.
    std::optional<KeptAnswer> begin(std::string const& key, std::string const& path, boost::json::object const& params, std::int64_t now);

    void finish(std::string const& key, KeptAnswer answer);
    void abandon(std::string const& key); // Nothing had begun: the key is as unused as before.

private:
    struct Use {
        std::string path;
        boost::json::object params;
        std::int64_t begun_at = 0;
        std::optional<KeptAnswer> answer; // Nothing while it runs.
    };

    std::map<std::string, Use> uses_;
};

} // namespace pollux::sims::stripe
