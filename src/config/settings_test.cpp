#include "config/settings.hpp"

#include "config/settings_document.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace pollux::config {
namespace {

TEST(Settings, defaults_are_what_the_list_says)
{
    Config config;
    for (Setting const& setting : settings()) {
        if (setting.fallback.empty()) continue;
        EXPECT_EQ(setting.read(std::string(setting.fallback), config), std::nullopt) << setting.name;
        EXPECT_TRUE(config == Config{}) << setting.name << " is not " << setting.fallback;
        config = {};
    }
}

TEST(Settings, are_named_once_and_documented)
{
    std::string document = settings_document();
    for (Setting const& setting : settings()) {
        auto same = [&](Setting const& other) { return other.name == setting.name; };
        EXPECT_EQ(std::count_if(settings().begin(), settings().end(), same), 1) << setting.name;
        EXPECT_NE(document.find("| `" + std::string(setting.name) + "` |"), std::string::npos) << setting.name;
        EXPECT_FALSE(setting.meaning.empty()) << setting.name;
    }
}

} // namespace
} // namespace pollux::config
