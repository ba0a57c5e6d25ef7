#include "db/sqlite/readers.hpp"

#include <atomic>

namespace pollux::db::sqlite {
namespace {

std::atomic<std::uint64_t> last_number = 0;

// The reader that this thread used last.
struct LastUsed {
    std::uint64_t number = 0;
    Reader* reader = nullptr;
};
thread_local LastUsed last_used;

} // namespace

Readers::Readers(std::filesystem::path file, int cache_kib, Clock const& clock)
    : file_(std::move(file)), cache_kib_(cache_kib), clock_(clock), number_(++last_number)
{}

Reader& Readers::mine()
{
    if (last_used.number == number_) return *last_used.reader;

    std::lock_guard const lock(mutex_);
    auto& reader = readers_[std::this_thread::get_id()];
    if (!reader) reader = std::make_unique<Reader>(file_, cache_kib_, clock_);
    last_used = {number_, reader.get()};
    return *reader;
}

} // namespace pollux::db::sqlite
