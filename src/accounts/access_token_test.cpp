#include "accounts/access_token.hpp"

#include "base/secrets.hpp"

#include <gtest/gtest.h>

namespace pollux::accounts {
namespace {

using namespace std::chrono_literals;

constexpr http::Identity identity{UserId{17}, SessionId{23}};
constexpr std::int64_t issued_s = 1'800'000'000;
constexpr Time now = Time(std::chrono::seconds(issued_s));

std::string kid_of(std::string_view key)
{
    return to_hex(sha256(key)).substr(0, 8);
}

std::string header_of(std::string_view key)
{
    return R"({"alg":"HS256","typ":"JWT","kid":")" + kid_of(key) + "\"}";
}

std::string seal(std::string_view key, std::string_view header, std::string_view payload)
{
    auto const text = to_base64url(header) + "." + to_base64url(payload);
    return text + "." + to_base64url(hmac_sha256(key, text));
}

// The payload of a good token, with one text in it replaced by another.
std::string payload(std::string_view from = "", std::string_view to = "")
{
    std::string text = R"({"iss":"pollux","aud":"pollux","sub":"17","sid":"23","iat":1800000000,"exp":1800000900,"typ":"access"})";
    if (from.empty()) return text;
    auto const at = text.find(from);
    if (at == std::string::npos) throw std::logic_error("not in the payload: " + std::string(from));
    return text.replace(at, from.size(), to);
}

class AccessToken : public testing::Test {
protected:
    std::string const key = std::string(32, 'k');
    std::string const previous = std::string(32, 'p');
    AccessTokens const tokens{key, previous, 15min};

    std::string sealed(std::string_view from, std::string_view to) const { return seal(key, header_of(key), payload(from, to)); }
    std::string with_header(std::string_view header) const { return seal(key, header, payload()); }
};

TEST_F(AccessToken, says_whom_it_speaks_for)
{
    auto const token = tokens.issue(identity, now);
    EXPECT_EQ(token, seal(key, header_of(key), payload()));
    auto const verified = tokens.verify(token, now);
    ASSERT_TRUE(verified);
    EXPECT_EQ(verified->user, UserId{17});
    EXPECT_EQ(verified->session, SessionId{23});
    EXPECT_LT(token.size(), 300u);
}

TEST_F(AccessToken, lives_from_its_issue_to_its_expiry)
{
    auto const token = tokens.issue(identity, now);
    EXPECT_TRUE(tokens.verify(token, now + 15min - 1s));
    EXPECT_EQ(tokens.verify(token, now + 15min).error().code(), "token_expired");
    EXPECT_EQ(tokens.verify(token, now + 24h).error().code(), "token_expired");
    EXPECT_TRUE(tokens.verify(token, now - 60s)); // Another node's clock is a little ahead.
    EXPECT_EQ(tokens.verify(token, now - 61s).error().code(), "token_invalid");
}

TEST_F(AccessToken, of_the_previous_key_still_counts)
{
    AccessTokens const before(previous, "", 15min);
    auto const token = before.issue(identity, now);
    EXPECT_TRUE(tokens.verify(token, now));
    EXPECT_FALSE(AccessTokens(key, "", 15min).verify(token, now));
    EXPECT_NE(tokens.issue(identity, now), token); // New ones are signed with the new key.
}

TEST_F(AccessToken, tells_of_an_old_session_after_its_expiry)
{
    auto const token = tokens.issue(identity, now);
    ASSERT_TRUE(tokens.issued_to(token));
    EXPECT_EQ(tokens.issued_to(token)->session, SessionId{23});
    EXPECT_FALSE(tokens.issued_to(token + "A"));
    EXPECT_FALSE(tokens.issued_to(AccessTokens("other", "", 15min).issue(identity, now)));
}

TEST_F(AccessToken, is_judged_again_each_time_it_is_shown)
{
    auto const token = tokens.issue(identity, now);
    ASSERT_TRUE(tokens.verify(token, now));
    ASSERT_TRUE(tokens.verify(token, now)); // Known by now.

    auto const late = tokens.verify(token, now + 15min);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code(), "token_expired");
    AccessTokens const others(std::string(32, 'o'), "", 15min);
    EXPECT_FALSE(others.verify(token, now));
    for (std::size_t index = 0; index < token.size(); ++index) {
        auto changed = token;
        changed[index] = changed[index] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(tokens.verify(changed, now)) << index;
    }
    EXPECT_FALSE(tokens.verify(token.substr(0, token.size() - 1), now));
    EXPECT_FALSE(tokens.verify(token + "A", now));
    EXPECT_TRUE(tokens.verify(token, now));
}

TEST_F(AccessToken, of_many_users_are_not_mixed_up)
{
    std::vector<std::string> issued;
    for (std::int64_t user = 1; user <= 10'000; ++user) issued.push_back(tokens.issue({UserId{user}, SessionId{user + 1}}, now));
    for (int round = 0; round < 2; ++round) {
        for (std::int64_t user = 1; user <= 10'000; ++user) {
            auto const verified = tokens.verify(issued[static_cast<std::size_t>(user - 1)], now);
            ASSERT_TRUE(verified);
            ASSERT_EQ(verified->user, UserId{user});
            ASSERT_EQ(verified->session, SessionId{user + 1});
        }
    }
}

// RFC 7515 and RFC 8725: what must never be taken. Payloads and headers here are sealed with the right key where it says "sealed":
// even somebody with the key could not get them past.
TEST_F(AccessToken, is_taken_in_one_form_only)
{
    auto const good = tokens.issue(identity, now);
    auto const dot = good.find('.');
    auto const last = good.rfind('.');
    auto const head = good.substr(0, dot);
    auto const body = good.substr(dot + 1, last - dot - 1);
    auto const mac = good.substr(last + 1);
    auto const unsigned_none = to_base64url(R"({"alg":"none"})") + "." + body + ".";
    ASSERT_TRUE(tokens.verify(good, now));

    std::vector<std::string> refused = {
        // Not three parts.
        "", ".", "..", "...", " ", "a", "a.b", "a.b.c", "null", "Bearer " + good, head, head + "." + body, head + "." + body + ".",
        "." + body + "." + mac, head + ".." + mac, good + ".", "." + good, good + "." + mac, head + "." + body + "." + mac + "." + body,
        good + "\n", " " + good, good + " ", "\t" + good, good + std::string(1, '\0'), head + " ." + body + "." + mac,
        head + ". " + body + "." + mac, "\xEF\xBB\xBF" + good, std::string(100'000, 'a'), std::string(100'000, '.'),
        good + std::string(100'000, 'A'), head + "." + std::string(50'000, 'A') + "." + mac,
        // The signature: absent, altered, padded, written otherwise.
        head + "." + body + "." + std::string(43, 'A'), head + "." + body + "." + mac + "=",
        head + "." + body + "." + mac + "==", head + "." + body + "." + mac + "A", head + "." + body + "." + mac.substr(1),
        head + "." + body + "." + mac.substr(0, 42), head + "." + body + "." + mac.substr(0, 42) + "+",
        head + "." + body + "." + mac.substr(0, 42) + "/", head + "." + body + "." + mac + mac,
        head + "." + body + "." + to_hex(hmac_sha256(key, head + "." + body)),
        head + "." + body + "." + to_base64url(sha256(head + "." + body)),
        head + "." + body + "." + to_base64url(hmac_sha256("", head + "." + body)),
        head + "." + body + "." + to_base64url(hmac_sha256(previous, head + "." + body)),
        head + "." + body + "." + to_base64url(hmac_sha256("another key", head + "." + body)),
        head + "." + body + "." + to_base64url(hmac_sha256(key, body)),
        // Parts of other tokens.
        head + "." + to_base64url(payload("17", "18")) + "." + mac, to_base64url(header_of(previous)) + "." + body + "." + mac,
        head + "=." + body + "." + mac, head + "." + body + "=." + mac, head + "." + body + "A." + mac,
        // Algorithms, sealed or not.
        unsigned_none, unsigned_none + mac, to_base64url(R"({"alg":"none","typ":"JWT","kid":")" + kid_of(key) + "\"}") + "." + body + ".",
        with_header(R"({"alg":"none","typ":"JWT","kid":")" + kid_of(key) + "\"}"),
        with_header(R"({"alg":"None","typ":"JWT","kid":")" + kid_of(key) + "\"}"),
        with_header(R"({"alg":"HS384","typ":"JWT","kid":")" + kid_of(key) + "\"}"),
        with_header(R"({"alg":"HS512","typ":"JWT","kid":")" + kid_of(key) + "\"}"),
        with_header(R"({"alg":"RS256","typ":"JWT","kid":")" + kid_of(key) + "\"}"),
        with_header(R"({"alg":"ES256","typ":"JWT","kid":")" + kid_of(key) + "\"}"),
        with_header(R"({"alg":"hs256","typ":"JWT","kid":")" + kid_of(key) + "\"}"),
        with_header(R"({"alg":"","typ":"JWT","kid":")" + kid_of(key) + "\"}"), with_header(R"({"typ":"JWT","kid":")" + kid_of(key) + "\"}"),
        with_header(R"({"alg":["HS256"],"typ":"JWT","kid":")" + kid_of(key) + "\"}"),
        // Headers, sealed.
        with_header(R"({"alg":"HS256","typ":"JWT"})"), with_header(R"({"alg":"HS256","kid":")" + kid_of(key) + "\"}"),
        with_header(R"({"alg":"HS256","typ":"JWT","kid":""})"), with_header(R"({"alg":"HS256","typ":"JWT","kid":"../../dev/null"})"),
        with_header(R"({"alg":"HS256","typ":"JWT","kid":"00000000"})"), with_header(header_of("unknown key")),
        with_header(header_of(previous)), with_header(R"({"alg":"HS256","typ":"at+jwt","kid":")" + kid_of(key) + "\"}"),
        with_header(R"({"typ":"JWT","alg":"HS256","kid":")" + kid_of(key) + "\"}"),
        with_header(R"({"alg":"HS256","typ":"JWT","kid":")" + kid_of(key) + R"(","jwk":{"kty":"oct","k":"AA"}})"),
        with_header(R"({"alg":"HS256","typ":"JWT","kid":")" + kid_of(key) + R"(","crit":["exp"]})"),
        with_header(R"({"alg":"HS256","typ":"JWT","kid":")" + kid_of(key) + R"(","alg":"none"})"),
        with_header(R"({"alg":"HS256","typ":"JWT","kid":")" + kid_of(key) + R"(","zip":"DEF"})"),
        with_header(R"({ "alg":"HS256","typ":"JWT","kid":")" + kid_of(key) + "\"}"), with_header(header_of(key) + " "), with_header(""),
        with_header("{}"), with_header("[]"), with_header("not json"), seal(previous, header_of(key), payload()),
        // Claims, sealed.
        sealed(R"("iss":"pollux",)", ""), sealed(R"("iss":"pollux")", R"("iss":"castor")"), sealed(R"("iss":"pollux")", R"("iss":null)"),
        sealed(R"("aud":"pollux",)", ""), sealed(R"("aud":"pollux")", R"("aud":"castor")"),
        sealed(R"("aud":"pollux")", R"("aud":["pollux"])"), sealed(R"("sub":"17",)", ""), sealed(R"("17")", "17"),
        sealed(R"("17")", R"("")"), sealed(R"("17")", R"("0")"), sealed(R"("17")", R"("017")"), sealed(R"("17")", R"("-17")"),
        sealed(R"("17")", R"("+17")"), sealed(R"("17")", R"(" 17")"), sealed(R"("17")", R"("17 ")"), sealed(R"("17")", R"("1.7e1")"),
        sealed(R"("17")", R"("99999999999999999999")"), sealed(R"("17")", "null"), sealed(R"("17")", R"("\u0031\u0037")"),
        sealed(R"("17")", R"("17","sub":"18")"), sealed(R"("sid":"23",)", ""), sealed(R"("23")", "23"), sealed(R"("23")", R"("")"),
        sealed(R"("23")", R"("0")"), sealed(R"("23")", R"("23","sid":"24")"), sealed(R"("iat":1800000000,)", ""),
        sealed("1800000000", "1800003600"), sealed("1800000000", "1800000000.0"), sealed("1800000000", "18e8"),
        sealed("1800000000", R"("1800000000")"), sealed("1800000000", "-1"), sealed("1800000000", "null"), sealed("1800000000", "0"),
        sealed(R"(,"exp":1800000900)", ""), sealed("1800000900", "1800000900.5"), sealed("1800000900", "1.8e9"),
        sealed("1800000900", R"("1800000900")"), sealed("1800000900", "null"), sealed("1800000900", "18446744073709551617"),
        sealed("1800000900", "1799999999"), sealed("1800000900", "1800000000"), sealed("1800000900", "1800000900,\"exp\":1900000000"),
        sealed("1800000900", "-1800000900"), sealed("1800000900", "01800000900"), sealed(R"(,"typ":"access")", ""),
        sealed(R"("typ":"access")", R"("typ":"refresh")"), sealed(R"("typ":"access")", R"("typ":"")"),
        sealed(R"("typ":"access")", R"("typ":"access","typ":"access")"), sealed(R"("typ":"access")", R"("typ":"access","is_admin":true)"),
        sealed(R"("typ":"access")", R"("typ":"access","nbf":1900000000)"), sealed(R"({"iss")", R"({ "iss")"),
        sealed(R"("access"})", R"("access"} )"), sealed(R"("access"})", R"("access"}{})"), sealed(R"("access"})", R"("access")"),
        sealed(R"({"iss")", R"(["iss")"), seal(key, header_of(key), ""), seal(key, header_of(key), "{}"), seal(key, header_of(key), "null"),
        seal(key, header_of(key), "17"), seal(key, header_of(key), std::string(200, '{')),
        seal(key, header_of(key), payload() + payload())};
    // Every bit of the signature's text, and the unused bits at its end.
    for (std::size_t index = 0; index < mac.size(); ++index) {
        auto altered = good;
        altered[last + 1 + index] = static_cast<char>(altered[last + 1 + index] ^ 1);
        refused.push_back(altered);
    }
    // A payload whose base64url has unused bits set, sealed.
    auto loose = to_base64url(payload("17", "171"));
    ASSERT_NE(loose.size() % 4, 0u);
    loose.back() = static_cast<char>(loose.back() + 1);
    refused.push_back(head + "." + loose + "." + to_base64url(hmac_sha256(key, head + "." + loose)));

    EXPECT_GE(refused.size(), 100u);
    for (auto const& token : refused) {
        auto const verified = tokens.verify(token, now);
        ASSERT_FALSE(verified) << token.substr(0, 400);
        EXPECT_EQ(verified.error().kind(), ErrorKind::unauthenticated);
        EXPECT_TRUE(verified.error().code() == "token_invalid") << verified.error().code() << " " << token.substr(0, 400);
    }
}

} // namespace
} // namespace pollux::accounts
