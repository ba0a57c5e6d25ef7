// The access tokens that were lately found genuine, and what they claim. Checking the MAC and the encodings again for each request took two
// thirds of the instructions of an answer from the cache (docs/performance.md). What changes with time, expiry and ended sessions, is not
// kept here: it is judged each time.
//
// Only genuine tokens are kept, so strangers can fill nothing; they are found by a hash under a random key, so that how long a look-up
// takes says nothing about a guess. Each thread has a table of its own, of fixed size; a newer token takes an older one's place.
#pragma once

#include "base/secrets.hpp"
#include "http/request.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace pollux::accounts {

struct TokenClaims {
    http::Identity identity;
    std::int64_t issued_at_s = 0;
    std::int64_t expires_at_s = 0;
};

class GenuineTokens {
public:
    GenuineTokens();

    Hash128 hash_of(std::string_view token) const { return keyed_hash(key_, token); }

    std::optional<TokenClaims> find(Hash128 const& token) const;
    void keep(Hash128 const& token, TokenClaims const& claims) const;

private:
    Hash128 key_; // Another object's entries of the same thread's table are not found under it.
};

} // namespace pollux::accounts
