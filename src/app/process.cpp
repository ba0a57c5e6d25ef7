#include "app/process.hpp"

#include "app/options.hpp"
#include "base/secrets.hpp"
#include "config/secret_key.hpp"
#include "net/http_client.hpp"

#include <malloc.h>
#include <pthread.h>

namespace pollux::app {
namespace {

// glibc hands the end of a heap back to the system as soon as 128 KiB of it are free, and the next answer of that size takes it again,
// page by page: a sixth of what a room with 50 messages cost.
void keep_freed_memory()
{
    constexpr int kept_bytes = 1 << 20; // Of a heap; a thread has one.
    mallopt(M_TRIM_THRESHOLD, kept_bytes);
    mallopt(M_MMAP_THRESHOLD, kept_bytes); // Would follow by itself, had the other one not been set.
}

} // namespace

sigset_t block_stop_signals()
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN); // A file at its limit (ulimit -f) is a write that fails, as a full disk is.
    return signals;
}

void wait_for_stop(sigset_t const& signals)
{
    int signal = 0;
    sigwait(&signals, &signal);
    pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

void prepare_process(config::Config const& config)
{
    keep_freed_memory();
    configure_log(config);
    prepare_secrets();
    net::prepare_http_client();
}

std::string secret_key(config::Config const& config)
{
    return config.secret_key ? config.secret_key->reveal() : config::kept_secret_key(config.data_dir);
}

} // namespace pollux::app
