#include "ops/log.hpp"

#include "ops/log_line.hpp"
#include "ops/log_writer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fcntl.h>
#include <sstream>
#include <unistd.h>

namespace pollux::ops {
namespace {

Time const moment = time_of(1'795'368'192'000'123);

std::string line_of(LogFormat format, std::string_view event, std::initializer_list<Field> fields)
{
    std::string line;
    append_log_line(line, format, moment, Level::info, event, fields);
    return line;
}

TEST(LogLine, is_one_json_object)
{
    EXPECT_EQ(line_of(LogFormat::json, "request", {{"path", "/chatroom/"}, {"duration_us", 17}, {"empty", ""}}),
              R"({"time":"2026-11-22T17:23:12.000123Z","level":"info","event":"request","path":"/chatroom/","duration_us":17,"empty":""})");
}

TEST(LogLine, is_text_that_people_read)
{
    EXPECT_EQ(line_of(LogFormat::text, "request", {{"path", "/chatroom/"}, {"duration_us", -1}, {"agent", "a b"}, {"empty", ""}}),
              R"(2026-11-22T17:23:12.000123Z info    request path=/chatroom/ duration_us=-1 agent="a b" empty="")");
}

TEST(LogLine, time_follows_the_clock_across_seconds)
{
    std::string lines;
    for (std::int64_t later : {0, 999'000, 1'000'000, 0}) {
        append_log_line(lines, LogFormat::text, time_of(micros(moment) + later), Level::error, "x", {});
        lines.push_back('\n');
    }
    EXPECT_EQ(lines, "2026-11-22T17:23:12.000123Z error   x\n2026-11-22T17:23:12.999123Z error   x\n"
                     "2026-11-22T17:23:13.000123Z error   x\n2026-11-22T17:23:12.000123Z error   x\n");
}

TEST(LogLine, nothing_a_client_sends_makes_a_second_line_or_steers_a_terminal)
{
    struct Case {
        std::string_view sent;
        std::string_view kept;
    };
    Case const cases[] = {
        {"a\r\nlevel=error", R"("a\r\nlevel=error")"},
        {"\x1b[2J\x1b]0;x\x07", R"("\u001b[2J\u001b]0;x\u0007")"},
        {std::string_view("\0x", 2), R"("\u0000x")"},
        {"\x7f\t", R"("\u007f\t")"},
        {"\xC2\x9B"
         "31m",
         R"("\u009b31m")"}, // CSI as one C1 character.
        {"\u2028\u2029", R"("\u2028\u2029")"},
        {"\u202Eabc\u2066", R"("\u202eabc\u2066")"},
        {"say \"hi\" \\", R"("say \"hi\" \\")"},
        {"\xFF\xC3(\xE2\x82", R"("\ufffd\ufffd(\ufffd\ufffd")"}, // Broken UTF-8, at the end too.
        {"grüß 你好 🙂", R"("grüß 你好 🙂")"},
    };
    for (Case const& expected : cases) {
        for (LogFormat format : {LogFormat::json, LogFormat::text}) {
            std::string line = line_of(format, "e", {{"v", expected.sent}});
            EXPECT_NE(line.find(expected.kept), std::string::npos) << line;
            auto is_control = [](unsigned char c) { return c < ' ' || c == 127; };
            EXPECT_EQ(std::count_if(line.begin(), line.end(), is_control), 0) << line;
        }
    }
}

class Writer : public testing::Test {
protected:
    void SetUp() override { ASSERT_EQ(::pipe(ends_), 0); }
    void TearDown() override
    {
        ::close(ends_[0]);
        if (ends_[1] >= 0) ::close(ends_[1]);
    }

    std::unique_ptr<LogWriter> make(Pace pace)
    {
        auto describe_loss = [](std::uint64_t lines) { return "lost " + std::to_string(lines); };
        return std::make_unique<LogWriter>(ends_[1], pace, describe_loss);
    }

    std::string read_all()
    {
        ::close(std::exchange(ends_[1], -1));
        std::string text;
        char piece[4096];
        for (ssize_t count; (count = ::read(ends_[0], piece, sizeof piece)) > 0;) text.append(piece, static_cast<std::size_t>(count));
        return text;
    }

    std::string read_until(std::size_t size)
    {
        std::string text;
        char piece[65536];
        while (text.size() < size) {
            auto const count = ::read(ends_[0], piece, sizeof piece);
            if (count <= 0) break;
            text.append(piece, static_cast<std::size_t>(count));
        }
        return text;
    }

    int ends_[2] = {-1, -1};
};

TEST_F(Writer, keeps_the_order_and_writes_all_that_was_taken)
{
    auto writer = make(Pace::buffered);
    writer->take("one");
    writer->take("two");
    writer->write_out();
    writer->take("three");
    writer->stop();
    writer->take("four"); // After the end too.
    EXPECT_EQ(read_all(), "one\ntwo\nthree\nfour\n");
}

TEST_F(Writer, writes_by_itself)
{
    auto writer = make(Pace::buffered);
    writer->take("one");
    char piece[16];
    EXPECT_EQ(::read(ends_[0], piece, sizeof piece), 4); // Waits for the writer's thread.
}

TEST_F(Writer, writes_at_once_for_people)
{
    auto writer = make(Pace::at_once);
    writer->take("one");
    ASSERT_EQ(::fcntl(ends_[0], F_SETFL, O_NONBLOCK), 0);
    char piece[16];
    EXPECT_EQ(::read(ends_[0], piece, sizeof piece), 4);
}

TEST_F(Writer, loses_nothing_to_a_pipe_whose_writes_do_not_wait)
{
    ASSERT_EQ(::fcntl(ends_[1], F_SETFL, O_NONBLOCK), 0);
    auto writer = make(Pace::buffered);
    std::string const line(1'000'000, 'x'); // More than a pipe holds.
    writer->take(line);
    std::string text;
    std::thread reader([&] { text = read_until(line.size() + 1); });
    writer->write_out();
    writer->stop();
    reader.join();
    EXPECT_EQ(text, line + '\n');
}

TEST_F(Writer, drops_and_counts_what_nobody_reads)
{
    auto writer = make(Pace::buffered);
    std::string line(1'000'000, 'x');
    for (int i = 0; i < 30; ++i) writer->take(line); // More than twice what the buffer holds: none of these calls may wait.
    std::string text;
    std::thread reader([&] {
        char piece[65536];
        for (ssize_t count; (count = ::read(ends_[0], piece, sizeof piece)) > 0;) text.append(piece, static_cast<std::size_t>(count));
    });
    writer->stop();
    ::close(std::exchange(ends_[1], -1));
    reader.join();
    // Every line is there or counted; the writer's own thread may have written, and counted, in between.
    std::int64_t kept = 0;
    std::int64_t lost = 0;
    std::istringstream lines(text);
    for (std::string read; std::getline(lines, read);) {
        if (read.starts_with("lost ")) {
            lost += std::stoll(read.substr(5));
        } else {
            ++kept;
        }
    }
    EXPECT_GT(lost, 0);
    EXPECT_EQ(kept + lost, 30);
}

TEST_F(Writer, keeps_lines_of_many_threads_whole_while_it_is_stopped)
{
    constexpr int threads = 4;
    constexpr int lines_each = 500;
    auto writer = make(Pace::buffered);
    std::string text;
    std::thread reader([&] {
        char piece[4096];
        for (ssize_t count; (count = ::read(ends_[0], piece, sizeof piece)) > 0;) text.append(piece, static_cast<std::size_t>(count));
    });
    std::vector<std::thread> takers;
    for (int thread = 0; thread < threads; ++thread) {
        takers.emplace_back([&writer, thread] {
            std::string const line(200, static_cast<char>('a' + thread));
            for (int count = 0; count < lines_each; ++count) writer->take(line);
        });
    }
    writer->stop();
    for (auto& taker : takers) taker.join();
    ::close(std::exchange(ends_[1], -1));
    reader.join();
    int whole = 0;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) whole += line == std::string(200, line.front()) ? 1 : 0;
    EXPECT_EQ(whole, threads * lines_each);
}

TEST(Log, is_silent_below_its_level)
{
    configure_log(Level::warning, LogFormat::json);
    EXPECT_FALSE(logs(Level::info));
    EXPECT_TRUE(logs(Level::warning));
    configure_log(Level::info, LogFormat::text);
    EXPECT_TRUE(logs(Level::info));
}

} // namespace
} // namespace pollux::ops
