// A Lua script that Redis runs in one step. It is called by its hash, and sent whole when Redis does not know it (yet, or any more).
#pragma once

#include "redis/client.hpp"

namespace pollux::redis {

class Script {
public:
    Script(Client& client, std::string source);

    // KEYS and ARGV. Nothing: Redis is away, or refused (it may be full, the script may be wrong); what it did is then not known.
    asio::awaitable<std::optional<Reply>> run(std::vector<std::string> keys, std::vector<std::string> arguments,
                                              Patience patience = Patience::full) const;

    // Whole, for Client::send().
    std::string eval_command(std::vector<std::string> const& keys, std::vector<std::string> const& arguments) const;

private:
    Client& client_;
    std::string const source_;
    std::string const hash_; // SHA-1 in hex, as Redis names it.
};

} // namespace pollux::redis
