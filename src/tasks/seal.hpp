// Keeps the secret parts of payloads from readers of the database without SECRET_KEY (libsodium's secretbox). Safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pollux::tasks {

class Seal {
public:
    explicit Seal(std::string_view secret_key); // The one of the settings.

    std::string close(std::string_view text) const;
    std::optional<std::string> open(std::string_view sealed) const; // nullopt: damaged, or closed under another key.

    static bool is_sealed(std::string_view payload);

private:
    std::string key_;
};

} // namespace pollux::tasks
