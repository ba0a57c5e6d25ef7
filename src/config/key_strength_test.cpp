#include "config/key_strength.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace pollux::config {
namespace {

TEST(KeyStrength, repetition_rows_and_examples_are_weak)
{
    for (std::string const key :
         {"short", "abcdefghabcdefghabcdefghabcdefgh", "abcdefghijklmnopqrstuvwxyz0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345",
          "0123456789abcdef0123456789abcdef", "0123456789abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm1234567890",
          "passwordpasswordpasswordpassword", "Sup3r!xYSup3r!xYSup3r!xYSup3r!xY", "k3y.W0rd-9zQk3y.W0rd-9zQk3y.W0rd-9zQ",
          "zyxwvutsrqponmlkjihgfedcba9876543210", "this-is-my-django-insecure-key-42-xyz",
          "aaaaaaaabbbbbbbbccccccccddddddddeeeeffffgggghhhh", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.",
          "1234567890123456789012345678901234567890abcdefg"}) {
        EXPECT_FALSE(weakness(key).empty()) << key;
    }
}

TEST(KeyStrength, random_keys_are_strong)
{
    std::mt19937_64 random(1);
    for (std::string const letters : {"0123456789abcdef", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
                                      "abcdefghijklmnopqrstuvwxyz0123456789-_"}) {
        for (int count = 0; count < 2'000; ++count) {
            std::string key;
            while (key.size() < 32) key.push_back(letters[random() % letters.size()]);
            EXPECT_EQ(weakness(key), "") << key;
        }
    }
    EXPECT_EQ(weakness("correct horse battery staple and a duck"), "");
}

} // namespace
} // namespace pollux::config
