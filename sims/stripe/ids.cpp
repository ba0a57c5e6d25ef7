#include "stripe/ids.hpp"

#include <random>

namespace pollux::sims::stripe {

namespace {

std::mt19937_64& source()
{
    static std::mt19937_64 random{std::random_device{}()};
    return random;
}

} // namespace

std::string random_letters(std::size_t count)
{
    constexpr std::string_view letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    std::string text(count, ' ');
    for (auto& letter : text) letter = letters[source()() % letters.size()];
    return text;
}

std::string make_id(std::string_view prefix)
{
    bool const is_short = prefix == "cus_" || prefix == "prod_" || prefix == "si_" || prefix == "req_";
    std::string id(prefix);
    id += is_short ? random_letters(14) : "1" + random_letters(23);
    if (prefix.starts_with("cs_")) id += random_letters(34);
    return id;
}

std::size_t random_number(std::size_t least, std::size_t most)
{
    return least + source()() % (most - least + 1);
}

void seed_random(std::uint64_t seed)
{
    source().seed(seed);
}

} // namespace pollux::sims::stripe
