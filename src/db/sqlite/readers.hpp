// Reads run inline, on the I/O thread that asks, each thread with a connection of its own. A read by index takes microseconds, less than
// handing it to another thread and back; in WAL mode it waits for no writer, and it sees every COMMIT that came before. What scans
// a large table does not belong on an I/O thread: it would hold up everybody else there.
#pragma once

#include "db/sqlite/connection.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>

namespace pollux::db::sqlite {

struct Reader {
    Reader(std::filesystem::path const& file, int cache_kib, Clock const& clock) : connection(file, Role::reader, cache_kib, clock) {}

    Connection connection;
    asio::io_context loop{1}; // Snapshots run straight through on it.
};

class Readers {
public:
    // `cache_kib` for each thread that reads.
    Readers(std::filesystem::path file, int cache_kib, Clock const& clock);

    // The calling thread's, opened when it is first asked for.
    Reader& mine();

private:
    std::filesystem::path const file_;
    int const cache_kib_;
    Clock const& clock_;
    std::uint64_t const number_; // No other Readers of this process ever had it, while addresses are used again.
    std::mutex mutex_;
    std::unordered_map<std::thread::id, std::unique_ptr<Reader>> readers_;
};

} // namespace pollux::db::sqlite
