#include "config/secret_key.hpp"

#include "base/secrets.hpp"
#include "base/text.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <unistd.h>

namespace pollux::config {
namespace {

constexpr std::size_t key_bytes_min = 32;

std::string read_key(std::filesystem::path const& path)
{
    std::ifstream file(path, std::ios::binary);
    std::string const text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    return std::string(trim(text));
}

[[noreturn]] void fail(std::string const& what, std::filesystem::path const& path)
{
    throw std::runtime_error(what + " " + path.string() + ": " + std::strerror(errno));
}

void write_whole(int descriptor, std::string const& text, std::filesystem::path const& path)
{
    bool const is_written = ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(descriptor) == 0;
    int const failure = errno;
    ::close(descriptor);
    errno = failure;
    if (!is_written) fail("cannot write", path);
}

} // namespace

std::string kept_secret_key(std::filesystem::path const& data_dir)
{
    std::filesystem::path const path = data_dir / "secret_key";
    std::string kept = read_key(path);
    if (kept.size() >= key_bytes_min) return kept;

    if (std::filesystem::create_directories(data_dir)) std::filesystem::permissions(data_dir, std::filesystem::perms::owner_all);
    prepare_secrets();
    // A whole file gets its name in one step, so that another process sees all of a key or none.
    std::filesystem::path const draft = data_dir / ("secret_key." + to_hex(random_bytes(8)));
    int const descriptor = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0) fail("cannot create", draft);
    write_whole(descriptor, random_token() + "\n", draft);
    bool const is_first = ::link(draft.c_str(), path.c_str()) == 0;
    int const failure = errno;
    ::unlink(draft.c_str());
    errno = failure;
    if (!is_first && errno != EEXIST) fail("cannot create", path);
    kept = read_key(path);
    if (kept.size() < key_bytes_min) throw std::runtime_error(path.string() + " holds no key of 32 bytes; delete it to have one made");
    return kept;
}

} // namespace pollux::config
