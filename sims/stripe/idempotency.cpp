#include "stripe/idempotency.hpp"

#include "stripe/errors.hpp"

namespace pollux::sims::stripe {

namespace {

constexpr std::size_t key_characters_max = 255;
constexpr std::int64_t kept_s = 24 * 3600;

StripeError misused(int status, std::string message, std::string code = {})
{
    auto error = refused(status, std::move(message), std::move(code));
    error.type = "idempotency_error";
    return error;
}

} // namespace

std::optional<KeptAnswer> Idempotency::begin(std::string const& key, std::string const& path, boost::json::object const& params,
                                             std::int64_t now)
{
    if (key.size() > key_characters_max)
        throw misused(400,
                      "Your idempotency key is too long: it must be at most 255 characters, but it is " + std::to_string(key.size()) + ".");
    auto const found = uses_.find(key);
    if (found == uses_.end() || (found->second.answer && now - found->second.begun_at > kept_s)) {
        uses_[key] = {path, params, now, std::nullopt};
        return std::nullopt;
    }
    auto const& use = found->second;
    if (use.path != path)
        throw misused(400, "Keys for idempotent requests can only be used for the same endpoint they were first used for ('" + path +
                               "' vs '" + use.path + "'). Try using a key other than '" + key +
                               "' if you meant to execute a different request.");
    if (use.params != params)
        throw misused(
            400, "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other "
                 "than '" +
                     key + "' if you meant to execute a different request.");
    if (!use.answer)
        throw misused(
            409,
            "There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the "
            "other request is still going through): " +
                key + ". Please try again later.",
            "idempotency_key_in_use");
    return use.answer;
}

void Idempotency::finish(std::string const& key, KeptAnswer answer)
{
    auto const found = uses_.find(key);
    if (found != uses_.end()) found->second.answer = std::move(answer);
}

void Idempotency::abandon(std::string const& key)
{
    auto const found = uses_.find(key);
    if (found != uses_.end() && !found->second.answer) uses_.erase(found);
}

} // namespace pollux::sims::stripe
