#include "http/framing.hpp"

#include "http/request_reader.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace pollux::http {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

// "400 bad_framing", or "fine".
std::string judged(Headers const& headers, unsigned version = 11, std::string_view target = "/")
{
    boost::beast::http::header<true> head;
    head.version(version);
    for (auto const& [name, value] : headers) head.insert(name, value);
    auto const refusal = check_framing(head, target);
    return refusal ? std::to_string(refusal->status) + " " + std::string(refusal->code) : "fine";
}

Headers with_host(Headers headers)
{
    headers.emplace_back("Host", "localhost");
    return headers;
}

TEST(Framing, refuses_what_others_may_read_differently)
{
    struct Case {
        Headers headers;
        std::string verdict;
    };
    std::vector<Case> const cases = {
        {{}, "fine"},
        {{{"Content-Length", "2"}}, "fine"},
        {{{"Content-Length", "2, 2"}}, "400 bad_framing"},
        {{{"Content-Length", "2"}, {"Content-Length", "2"}}, "400 repeated_header"},
        {{{"Transfer-Encoding", "chunked"}}, "fine"},
        {{{"Transfer-Encoding", "Chunked"}}, "fine"},
        {{{"Transfer-Encoding", "gzip, chunked"}}, "501 coding_not_supported"},
        {{{"Transfer-Encoding", "chunked"}, {"Content-Length", "2"}}, "400 bad_framing"},
        {{{"Host", "other"}}, "400 repeated_header"},
        {{{"authorization", "a"}, {"Authorization", "b"}}, "400 repeated_header"},
        {{{"Content_Length", "2"}}, "400 ambiguous_header"},
        {{{"X_Forwarded_For", "a"}}, "400 ambiguous_header"},
        {{{"X-Forwarded_Host", "a"}}, "400 ambiguous_header"},
        {{{"My_Own", "a"}}, "fine"},
        {{{"Expect", "100-Continue"}}, "fine"},
        {{{"Expect", "more"}}, "417 expectation_failed"},
        {{{"Accept", "a"}, {"Accept", "b"}}, "fine"},
    };
    for (auto const& [headers, verdict] : cases)
        EXPECT_EQ(judged(with_host(headers)), verdict) << (headers.empty() ? "" : headers[0].first);
}

TEST(Framing, asks_for_a_host_in_http_1_1_alone)
{
    EXPECT_EQ(judged({}), "400 host_missing");
    EXPECT_EQ(judged({}, 10), "fine");
    EXPECT_EQ(judged({{"Transfer-Encoding", "chunked"}}, 10), "400 bad_framing");
}

TEST(Framing, bounds_the_line_and_the_number_of_headers)
{
    EXPECT_EQ(judged(with_host({}), 11, std::string(request_line_bytes_max, 'a')), "fine");
    EXPECT_EQ(judged(with_host({}), 11, std::string(request_line_bytes_max + 1, 'a')), "414 uri_too_long");
    Headers many;
    for (std::size_t count = 1; count < headers_max; ++count) many.emplace_back("H" + std::to_string(count), "x");
    EXPECT_EQ(judged(with_host(many)), "fine");
    many.emplace_back("One-More", "x");
    EXPECT_EQ(judged(with_host(many)), "431 too_many_headers");
}

TEST(Framing, sees_a_line_that_goes_on_behind_a_blank)
{
    EXPECT_TRUE(has_folded_line("A: b\r\n c\r\n"));
    EXPECT_TRUE(has_folded_line("A: b\r\n\tc\r\n"));
    EXPECT_FALSE(has_folded_line("A: b\r\nC: d\r\n\r\n"));
    EXPECT_FALSE(has_folded_line("A: b c\r\n"));
    EXPECT_FALSE(has_folded_line(""));
}

} // namespace
} // namespace pollux::http
