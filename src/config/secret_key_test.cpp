#include "config/secret_key.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace pollux::config {
namespace {

class SecretKey : public testing::Test {
protected:
    void SetUp() override
    {
        std::string pattern = (std::filesystem::temp_directory_path() / "pollux_key_XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::filesystem::path folder_;
};

TEST_F(SecretKey, is_made_once_and_for_its_owner_only)
{
    std::filesystem::path data_dir = folder_ / "new" / "data";
    std::string key = kept_secret_key(data_dir);
    EXPECT_GE(key.size(), 32u);
    EXPECT_EQ(kept_secret_key(data_dir), key);

    struct stat about{};
    ASSERT_EQ(::stat((data_dir / "secret_key").c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777, 0600u);
    auto files = std::distance(std::filesystem::directory_iterator(data_dir), {});
    EXPECT_EQ(files, 1); // No draft is left.
}

TEST_F(SecretKey, refuses_a_file_that_holds_no_key)
{
    std::ofstream(folder_ / "secret_key") << "short\n";
    EXPECT_THROW(kept_secret_key(folder_), std::runtime_error);
}

} // namespace
} // namespace pollux::config
