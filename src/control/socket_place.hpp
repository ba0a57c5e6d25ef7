// The address of DATA_DIR/control.sock. An address of a Unix socket holds 107 characters, and a folder's path may be longer, so the folder
// is opened and the socket addressed by that (proc(5), /proc/self/fd).
#pragma once

#include "control/message.hpp"

#include <filesystem>
#include <string>

#include <fcntl.h>
#include <unistd.h>

namespace pollux::control {

class SocketPlace {
public:
    explicit SocketPlace(std::filesystem::path const& folder) : folder_(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {}
    ~SocketPlace()
    {
        if (folder_ >= 0) ::close(folder_);
    }
    SocketPlace(SocketPlace const&) = delete;
    SocketPlace& operator=(SocketPlace const&) = delete;

    bool exists() const { return folder_ >= 0; }
    std::string address() const { return "/proc/self/fd/" + std::to_string(folder_) + "/" + socket_name; }
    bool remove() const { return ::unlinkat(folder_, socket_name, 0) == 0; }

private:
    int const folder_;
};

} // namespace pollux::control
