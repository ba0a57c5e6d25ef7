// A folder of its own for a test, removed with everything in it at the end.
#pragma once

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>

#include <stdlib.h>

namespace pollux::test {

class TempFolder {
public:
    TempFolder()
    {
        std::string pattern = (std::filesystem::temp_directory_path() / "pollux-test-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a temporary folder like " + pattern);
        path_ = pattern;
    }
    ~TempFolder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TempFolder(TempFolder const&) = delete;
    TempFolder& operator=(TempFolder const&) = delete;

    std::filesystem::path const& path() const { return path_; }
    std::filesystem::path operator/(std::filesystem::path const& name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

// The same for a test with EXPECT_DEATH or EXPECT_EXIT in GoogleTest's threadsafe style, which runs the test again in a fresh process:
// there it is the folder that the first process made, and still removes. One at a time.
class DeathTestFolder {
public:
    DeathTestFolder()
    {
        if (::getenv(name) != nullptr) return;
        mine_.emplace();
        ::setenv(name, mine_->path().c_str(), 1);
    }
    ~DeathTestFolder()
    {
        if (mine_) ::unsetenv(name);
    }
    DeathTestFolder(DeathTestFolder const&) = delete;
    DeathTestFolder& operator=(DeathTestFolder const&) = delete;

    std::filesystem::path path() const { return ::getenv(name); }

private:
    static constexpr char const* name = "POLLUX_DEATH_TEST_FOLDER";
    std::optional<TempFolder> mine_;
};

} // namespace pollux::test
