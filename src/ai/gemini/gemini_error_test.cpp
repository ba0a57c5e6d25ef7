#include "ai/gemini/gemini_error.hpp"

#include <gtest/gtest.h>

namespace pollux::ai {
namespace {

using std::chrono::milliseconds;

constexpr auto transient = Failed::Kind::transient;
constexpr auto permanent = Failed::Kind::permanent;

std::string error(int code, std::string const& status, std::string const& details = "")
{
    return R"({"error":{"code":)" + std::to_string(code) + R"(,"message":"secret AIzaSyD-1234567890 and a user's words","status":")" +
           status + "\"" + (details.empty() ? "" : R"(,"details":[)" + details + "]") + "}}";
}

std::string const per_minute =
    R"({"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaMetric":"m","quotaId":"GenerateRequestsPerMinutePerProjectPerModel-FreeTier","quotaValue":"10"}]})";
std::string const per_day =
    R"({"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]})";
std::string const retry_info = R"({"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.07s"})";
std::string const wrong_key =
    R"({"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com"})";

struct Case {
    char const* name;
    int status;
    std::string body;
    std::string retry_after;
    Failed::Kind kind;
    std::optional<milliseconds> wait;
    std::string detail_holds;
};

TEST(GeminiError, reads_the_table)
{
    std::vector<Case> const cases = {
        {"malformed", 400, error(400, "INVALID_ARGUMENT"), "", permanent, {}, "400 INVALID_ARGUMENT"},
        {"wrong key", 400, error(400, "INVALID_ARGUMENT", wrong_key), "", permanent, {}, "API_KEY_INVALID"},
        {"billing", 400, error(400, "FAILED_PRECONDITION"), "", permanent, {}, "FAILED_PRECONDITION"},
        {"unauthenticated", 401, error(401, "UNAUTHENTICATED"), "", permanent, {}, "401"},
        {"forbidden", 403, error(403, "PERMISSION_DENIED"), "", permanent, {}, "403"},
        {"no model", 404, error(404, "NOT_FOUND"), "", permanent, {}, "404"},
        {"per minute", 429, error(429, "RESOURCE_EXHAUSTED", per_minute + "," + retry_info), "1", transient, milliseconds(34'070),
         "PerMinute"},
        {"per day", 429, error(429, "RESOURCE_EXHAUSTED", per_day + "," + retry_info), "", permanent, milliseconds(34'070), "PerDay"},
        {"bare 429", 429, "", "7", transient, milliseconds(7'000), "429"},
        {"429 with a date", 429, "", "Wed, 21 Oct 2026 07:28:00 GMT", transient, {}, "429"},
        {"429 for ever", 429, "", "999999999", transient, {}, "429"},
        {"429 beyond all numbers", 429, "", "555555555555555555", transient, {}, "429"},
        {"429 before now", 429, "", "-5", transient, {}, "429"},
        {"cancelled", 499, error(499, "CANCELLED"), "", permanent, {}, "499"},
        {"internal", 500, error(500, "INTERNAL"), "", transient, {}, "500 INTERNAL"},
        {"overloaded", 503, error(503, "UNAVAILABLE"), "", transient, {}, "503"},
        {"too slow", 504, error(504, "DEADLINE_EXCEEDED"), "", transient, {}, "504"},
        {"not implemented", 501, "", "", permanent, {}, "501"},
        {"time-out", 408, "", "", transient, {}, "408"},
        {"array", 503, "[" + error(503, "UNAVAILABLE") + "]", "", transient, {}, "UNAVAILABLE"},
        {"html", 502, "<html>Bad gateway</html>", "", transient, {}, "502"},
        {"redirect", 302, "", "", permanent, {}, "302"},
        {"odd shapes", 503, R"({"error":{"code":"x","status":5,"details":{"a":1}}})", "", transient, {}, "503"},
        {"more odd shapes",
         429,
         R"({"error":{"details":[1,{"@type":"google.rpc.RetryInfo","retryDelay":5},{"@type":"google.rpc.QuotaFailure","violations":[3]}]}})",
         "",
         transient,
         {},
         "429"},
        {"a sentence as status", 503, R"({"error":{"status":"your key AIza is wrong"}})", "", transient, {}, "503"},
    };
    for (auto const& c : cases) {
        auto const read = read_error_answer(c.status, c.body, c.retry_after);
        EXPECT_EQ(read.failure.kind, c.kind) << c.name;
        EXPECT_EQ(read.failure.retry_after, c.wait) << c.name;
        EXPECT_NE(read.failure.detail.find(c.detail_holds), std::string::npos) << c.name << ": " << read.failure.detail;
        EXPECT_EQ(read.failure.detail.find("AIza"), std::string::npos) << c.name;
        EXPECT_EQ(read.failure.detail.find("words"), std::string::npos) << c.name;
    }
}

TEST(GeminiError, reads_durations)
{
    EXPECT_EQ(parse_duration("34.07s"), milliseconds(34'070));
    EXPECT_EQ(parse_duration("0s"), milliseconds(0));
    EXPECT_EQ(parse_duration("0.0001s"), milliseconds(1));
    for (auto wrong : {"", "s", "1", "1m", "-1s", "nans", "infs", "1e3s", "1 s", "99999999s", "1s "})
        EXPECT_FALSE(parse_duration(wrong)) << wrong;
}

} // namespace
} // namespace pollux::ai
