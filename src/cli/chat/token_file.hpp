// What `pollux chat` keeps of one server between two runs: its tokens and who they are for. The file is readable by its owner only,
// is replaced in one step, and a lock beside it lets two clients share it: of a refresh token that two use, one would end the session.
#pragma once

#include <filesystem>
#include <string>

namespace pollux::cli {

struct Tokens {
    std::string access;
    std::string refresh;
    std::string mobile;
    bool empty() const { return refresh.empty(); }
};

class TokenFile {
public:
    explicit TokenFile(std::filesystem::path file);

    // $XDG_STATE_HOME/pollux (or ~/.local/state/pollux), one file a server.
    static std::filesystem::path path_for(std::string const& server_url);

    Tokens load() const;                   // Empty when there are none, or they cannot be read.
    void save(Tokens const& tokens) const; // Throws std::runtime_error.
    void forget() const;

    // Held while tokens are renewed.
    class Lock {
    public:
        explicit Lock(TokenFile const& file);
        ~Lock();
        Lock(Lock const&) = delete;
        bool try_take(); // False while somebody else holds it, in this process too.

    private:
        int descriptor_;
    };

private:
    std::filesystem::path file_;
};

} // namespace pollux::cli
