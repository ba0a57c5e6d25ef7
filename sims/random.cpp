#include "random.hpp"

#include <random>

namespace pollux::sims {

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

std::size_t random_number(std::size_t least, std::size_t most)
{
    return least + source()() % (most - least + 1);
}

void seed_random(std::uint64_t seed)
{
    source().seed(seed);
}

} // namespace pollux::sims
