#include "cli/terminal.hpp"

#include "base/text.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cerrno>
#include <fcntl.h>
#include <memory>
#include <poll.h>
#include <stdexcept>
#include <termios.h>
#include <unistd.h>

namespace pollux::cli {
namespace {

constexpr std::size_t line_bytes_max = 1024 * 1024;

class TerminalFile {
public:
    TerminalFile() : descriptor_(::open("/dev/tty", O_RDWR | O_CLOEXEC))
    {
        if (descriptor_ >= 0) ::tcgetattr(descriptor_, &before_);
    }
    ~TerminalFile()
    {
        if (descriptor_ < 0) return;
        ::tcsetattr(descriptor_, TCSAFLUSH, &before_);
        ::close(descriptor_);
    }
    TerminalFile(TerminalFile const&) = delete;

    int descriptor() const { return descriptor_; }
    void hide_typing()
    {
        termios hidden = before_;
        hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        hidden.c_lflag |= ECHONL;
        ::tcsetattr(descriptor_, TCSAFLUSH, &hidden);
    }

private:
    int descriptor_;
    termios before_{};
};

} // namespace

LineReader::LineReader(asio::any_io_executor const& executor, int descriptor)
    : timer_(executor, asio::steady_timer::time_point::max()), descriptor_(descriptor)
{
    if (::pipe2(stop_, O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
    thread_ = std::thread([this] { read_lines(); });
}

LineReader::~LineReader()
{
    ::close(stop_[1]);
    thread_.join();
    ::close(stop_[0]);
}

asio::awaitable<void> LineReader::changed()
{
    boost::system::error_code ignored;
    timer_.expires_at(asio::steady_timer::time_point::max());
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

void LineReader::poke()
{
    asio::post(timer_.get_executor(), [this] { timer_.cancel(); });
}

void LineReader::put_first(std::string line)
{
    {
        std::scoped_lock const lock(mutex_);
        lines_.push_front(std::move(line));
    }
    poke();
}

asio::awaitable<std::optional<std::string>> LineReader::next()
{
    while (!peek() && !is_at_end()) co_await changed();
    std::scoped_lock const lock(mutex_);
    if (lines_.empty()) co_return std::nullopt;
    std::string line = std::move(lines_.front());
    lines_.pop_front();
    co_return line;
}

std::optional<std::string> LineReader::peek() const
{
    std::scoped_lock const lock(mutex_);
    if (lines_.empty()) return std::nullopt;
    return lines_.front();
}

bool LineReader::is_at_end() const
{
    std::scoped_lock const lock(mutex_);
    return at_end_ && lines_.empty();
}

void LineReader::take(std::string line)
{
    if (line.ends_with('\r')) line.pop_back();
    {
        std::scoped_lock const lock(mutex_);
        lines_.push_back(std::move(line));
    }
    poke();
}

void LineReader::end()
{
    {
        std::scoped_lock const lock(mutex_);
        at_end_ = true;
    }
    poke();
}

void LineReader::read_lines()
{
    std::string kept;
    char piece[4096];
    for (;;) {
        pollfd watched[] = {{descriptor_, POLLIN, 0}, {stop_[0], POLLIN, 0}};
        if (::poll(watched, 2, -1) < 0 && errno != EINTR) break;
        if (watched[1].revents != 0) return;
        if (watched[0].revents == 0) continue;
        ssize_t const count = ::read(descriptor_, piece, sizeof piece);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0 || kept.size() > line_bytes_max) break;
        kept.append(piece, static_cast<std::size_t>(count));
        for (std::size_t end = kept.find('\n'); end != std::string::npos; end = kept.find('\n')) {
            take(kept.substr(0, end));
            kept.erase(0, end + 1);
        }
    }
    if (!kept.empty()) take(std::move(kept));
    end();
}

std::string safe_for_terminal(std::string_view text)
{
    std::string safe;
    for (std::size_t at = 0; at < text.size(); ++at) {
        auto byte = static_cast<unsigned char>(text[at]);
        auto next = at + 1 < text.size() ? static_cast<unsigned char>(text[at + 1]) : 0;
        bool const is_c1 = byte == 0xC2 && next >= 0x80 && next < 0xA0;
        bool const is_control = (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7F;
        if (is_c1) ++at;
        if (!is_c1 && !is_control) safe.push_back(text[at]);
    }
    return safe;
}

std::string one_line(std::string_view text, std::size_t characters_max)
{
    std::string line;
    for (char const letter : safe_for_terminal(text)) {
        bool const is_space = letter == '\n' || letter == '\t' || letter == ' ';
        if (!is_space) line.push_back(letter);
        if (is_space && !line.empty() && line.back() != ' ') line.push_back(' ');
    }
    return std::string(cut_code_points(line, characters_max));
}

std::optional<std::string> ask_terminal(std::string const& question, Echo echo)
{
    TerminalFile terminal;
    if (terminal.descriptor() < 0) return std::nullopt;
    if (echo == Echo::off) terminal.hide_typing();
    if (::write(terminal.descriptor(), question.data(), question.size()) < 0) return std::nullopt;
    std::string answer;
    for (char letter; ::read(terminal.descriptor(), &letter, 1) == 1;) {
        if (letter == '\n') return answer;
        answer.push_back(letter);
    }
    return std::nullopt;
}

} // namespace pollux::cli
