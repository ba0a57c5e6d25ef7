#include "app/process.hpp"

#include "app/descriptors.hpp"
#include "app/options.hpp"
#include "base/secrets.hpp"
#include "config/secret_key.hpp"
#include "net/http_client.hpp"
#include "ops/failure.hpp"

#include <malloc.h>

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

void prepare_process(config::Config const& config)
{
    keep_freed_memory();
    raise_descriptor_limit();
    configure_log(config);
    ops::log_before_terminate();
    prepare_secrets();
    net::prepare_http_client();
}

std::string secret_key(config::Config const& config)
{
    return config.secret_key ? config.secret_key->reveal() : config::kept_secret_key(config.data_dir);
}

} // namespace pollux::app
