#include "tasks/seal.hpp"

#include "base/secrets.hpp"

namespace pollux::tasks {
namespace {

constexpr std::string_view prefix = "sealed.1."; // No other payload begins so: they are JSON or empty.

} // namespace

Seal::Seal(std::string_view secret_key) : key_(derive_key(secret_key, "task payloads")) {}

std::string Seal::close(std::string_view text) const
{
    return std::string(prefix) + to_base64url(seal_box(key_, text));
}

std::optional<std::string> Seal::open(std::string_view sealed) const
{
    if (!is_sealed(sealed)) return std::nullopt;
    auto const box = from_base64url(sealed.substr(prefix.size()));
    return box ? open_box(key_, *box) : std::nullopt;
}

bool Seal::is_sealed(std::string_view payload)
{
    return payload.starts_with(prefix);
}

} // namespace pollux::tasks
