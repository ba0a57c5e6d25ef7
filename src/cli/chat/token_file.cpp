#include "cli/chat/token_file.hpp"

#include "cli/chat/json_value.hpp"

#include <algorithm>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pollux::cli {
namespace {

void write_private_file(std::filesystem::path const& path, std::string const& text)
{
    int const descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0) throw std::runtime_error("cannot write " + path.string());
    bool const is_written =
        ::fchmod(descriptor, 0600) == 0 && ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    ::close(descriptor);
    if (!is_written) throw std::runtime_error("cannot write " + path.string());
}

} // namespace

TokenFile::TokenFile(std::filesystem::path file) : file_(std::move(file))
{
    if (file_.empty()) return;
    std::filesystem::create_directories(file_.parent_path());
    std::filesystem::permissions(file_.parent_path(), std::filesystem::perms::owner_all);
}

std::filesystem::path TokenFile::path_for(std::string const& server_url)
{
    char const* state = std::getenv("XDG_STATE_HOME");
    char const* home = std::getenv("HOME");
    std::filesystem::path const folder =
        state && *state ? std::filesystem::path(state) : std::filesystem::path(home ? home : ".") / ".local" / "state";
    std::string name = server_url;
    auto is_kept = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
    };
    std::replace_if(name.begin(), name.end(), [&](char c) { return !is_kept(c); }, '_');
    return folder / "pollux" / ("chat_" + name + ".json");
}

Tokens TokenFile::load() const
{
    std::ifstream file(file_, std::ios::binary);
    std::string const text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    JsonValue const kept = parse_json(text);
    return {text_in(kept, "access"), text_in(kept, "refresh"), text_in(kept, "mobile")};
}

void TokenFile::save(Tokens const& tokens) const
{
    std::filesystem::path const draft = file_.string() + "." + std::to_string(::getpid());
    write_private_file(draft, json_object({{"access", tokens.access}, {"refresh", tokens.refresh}, {"mobile", tokens.mobile}}) + "\n");
    std::filesystem::rename(draft, file_);
}

void TokenFile::forget() const
{
    std::error_code ignored;
    std::filesystem::remove(file_, ignored);
}

TokenFile::Lock::Lock(TokenFile const& file)
    : descriptor_(::open((file.file_.string() + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600))
{}

bool TokenFile::Lock::try_take()
{
    return descriptor_ < 0 || ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0;
}

TokenFile::Lock::~Lock()
{
    if (descriptor_ >= 0) ::close(descriptor_);
}

} // namespace pollux::cli
