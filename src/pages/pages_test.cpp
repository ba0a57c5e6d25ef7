// What the pages answer, called as the server does, without a socket.
#include "pages/pages.hpp"

#include "base/secrets.hpp"
#include "http/gzip.hpp"
#include "http/header_fields.hpp"

#include <gtest/gtest.h>

#include <map>

namespace pollux::pages {
namespace {

constexpr std::string_view shell = "<!doctype html><html><head><title>Pollux</title></head><body></body></html>";
constexpr std::string_view manifest = R"({"id":"/","name":"Pollux","short_name":"Pollux","lang":"en"})";

class PagesTest : public testing::Test {
protected:
    PagesTest() { prepare_secrets(); }

    using Headers = std::map<std::string, std::string>;
    struct Answer {
        int status = 0; // 0: nothing is there for this client.
        std::string head;
        std::string body;
        bool has(std::string_view line) const { return (head + "\r\n").find("\r\n" + std::string(line) + "\r\n") != std::string::npos; }
        std::string value_of(std::string_view name) const
        {
            auto const begin = head.find("\r\n" + std::string(name) + ": ");
            if (begin == std::string::npos) return "";
            auto const from = begin + name.size() + 4;
            return head.substr(from, head.find("\r\n", from) - from);
        }
    };

    Answer ask(std::string_view path, Headers const& headers = {}, std::string_view method = "GET")
    {
        if (!pages_) pages_.emplace(files_, brand_);
        boost::beast::http::fields beast_fields;
        for (auto const& [name, value] : headers) beast_fields.set(name, value);
        http::HeaderFields const fields(beast_fields);
        http::Request request;
        request.method = method == "HEAD" ? "GET" : method;
        request.path = path;
        request.fields = &fields;
        auto const response = pages_->answer(request, method);
        if (!response) return {};
        Answer answer{response->status, std::string(response->fixed_head), std::string(response->bytes())};
        if (!response->content_type.empty()) answer.head.append("\r\nContent-Type: ").append(response->content_type);
        if (!response->cache_control.empty()) answer.head.append("\r\nCache-Control: ").append(response->cache_control);
        for (auto const& [name, value] : response->headers) answer.head.append("\r\n").append(name).append(": ").append(value);
        return answer;
    }

    std::string const script_ = "export const answer = 42;\n" + std::string(2'000, '/');
    std::string const script_gzip_ = http::gzip(script_);
    std::string const shell_gzip_ = http::gzip(shell);
    std::vector<PageFile> files_{{"/assets/app-1a2b3c.js", {}, script_gzip_, "(brotli)"},
                                 {"/assets/inter-4d5e6f.woff2", "0123456789", {}, {}},
                                 {"/icon.svg", "<svg/>", {}, {}},
                                 {"/index.html", {}, shell_gzip_, "(shell in brotli)"},
                                 {"/manifest.webmanifest", manifest, {}, {}},
                                 {"/sw.js", "self.skip = 1;", {}, {}}};
    Brand brand_;
    std::optional<Pages> pages_;
};

TEST_F(PagesTest, give_the_shell_at_every_address_of_a_page)
{
    for (auto const* path : {"/", "/signin", "/chat/17/", "/docs/", "/subscription/done/"}) {
        auto const answer = ask(path);
        EXPECT_EQ(answer.status, 200) << path;
        EXPECT_EQ(answer.body, shell) << path;
        EXPECT_TRUE(answer.has("Content-Type: text/html; charset=utf-8")) << answer.head;
        EXPECT_TRUE(answer.has("Cache-Control: no-cache")) << answer.head;
        EXPECT_TRUE(answer.has("Vary: Accept-Encoding")) << answer.head;
        EXPECT_TRUE(answer.has("Referrer-Policy: same-origin")) << answer.head;
        EXPECT_NE(answer.value_of("ETag"), "") << answer.head;
        auto const policy = answer.value_of("Content-Security-Policy");
        for (auto const* part : {"default-src 'self';", "frame-ancestors 'none'", "base-uri 'none'", "require-trusted-types-for 'script'",
                                 "trusted-types svelte-trusted-html dompurify pollux", "img-src 'self' blob:"})
            EXPECT_NE(policy.find(part), std::string::npos) << policy;
        EXPECT_EQ(policy.find("unsafe"), std::string::npos) << policy;
    }
    EXPECT_EQ(ask("/index.html").status, 0); // It has no address of its own.
}

TEST_F(PagesTest, give_each_form_its_own_tag_and_its_bytes)
{
    auto const plain = ask("/assets/app-1a2b3c.js");
    EXPECT_EQ(plain.body, script_);
    EXPECT_EQ(plain.value_of("ETag"), "\"app-1a2b3c.js\"");
    EXPECT_EQ(plain.value_of("Content-Encoding"), "");
    EXPECT_TRUE(plain.has("Cache-Control: public, max-age=31536000, immutable"));
    EXPECT_TRUE(plain.has("Content-Type: text/javascript; charset=utf-8"));
    EXPECT_TRUE(plain.has("Cross-Origin-Resource-Policy: same-origin"));
    auto const gzip = ask("/assets/app-1a2b3c.js", {{"Accept-Encoding", "gzip"}});
    EXPECT_EQ(gzip.body, script_gzip_);
    EXPECT_EQ(gzip.value_of("ETag"), "\"app-1a2b3c.js-gz\"");
    EXPECT_TRUE(gzip.has("Content-Encoding: gzip"));
    auto const brotli = ask("/assets/app-1a2b3c.js", {{"Accept-Encoding", "gzip, br"}});
    EXPECT_EQ(brotli.body, "(brotli)");
    EXPECT_EQ(brotli.value_of("ETag"), "\"app-1a2b3c.js-br\"");
    EXPECT_TRUE(brotli.has("Content-Encoding: br"));

    auto const font = ask("/assets/inter-4d5e6f.woff2", {{"Accept-Encoding", "gzip, br"}});
    EXPECT_EQ(font.body, "0123456789");
    EXPECT_TRUE(font.has("Content-Type: font/woff2"));
    EXPECT_EQ(font.value_of("Vary"), "");
    EXPECT_EQ(ask("/assets/inter-4d5e6f.woff2", {{"Accept-Encoding", "identity;q=0"}}).status, 406);
}

TEST_F(PagesTest, name_bytes_without_a_hash_by_what_they_are)
{
    auto const tag = ask("/sw.js").value_of("ETag");
    EXPECT_EQ(tag.size(), 18u) << tag;
    EXPECT_TRUE(ask("/sw.js").has("Cache-Control: no-cache"));
    EXPECT_NE(ask("/icon.svg").value_of("ETag"), tag);
    EXPECT_NE(ask("/icon.svg").value_of("Content-Security-Policy").find("sandbox"), std::string::npos);
}

TEST_F(PagesTest, answer_conditions_as_rfc_9110_has_them)
{
    auto const path = "/assets/app-1a2b3c.js";
    auto const known = ask(path, {{"If-None-Match", "\"app-1a2b3c.js\""}});
    EXPECT_EQ(known.status, 304);
    EXPECT_EQ(known.body, "");
    EXPECT_EQ(known.value_of("ETag"), "\"app-1a2b3c.js\"");
    EXPECT_TRUE(known.has("Vary: Accept-Encoding"));
    EXPECT_TRUE(known.has("Cache-Control: public, max-age=31536000, immutable"));
    EXPECT_EQ(known.value_of("Content-Type"), "");
    struct Case {
        Headers headers;
        int status;
    };
    Case const cases[] = {
        {{{"If-None-Match", "W/\"app-1a2b3c.js\""}}, 304},
        {{{"If-None-Match", "\"a\", \"app-1a2b3c.js\""}}, 304},
        {{{"If-None-Match", "*"}}, 304},
        {{{"If-None-Match", "\"app-1a2b3c.js-gz\""}}, 200}, // Of another form than this client gets.
        {{{"If-None-Match", "\"app-1a2b3c.js-gz\""}, {"Accept-Encoding", "gzip"}}, 304},
        {{{"If-None-Match", "\"app-1a2b3c.js\""}, {"Range", "bytes=0-1"}}, 304},
        {{{"If-Modified-Since", "Tue, 01 Dec 2099 10:00:00 GMT"}}, 200},
        {{{"If-Match", "\"app-1a2b3c.js\""}}, 200},
        {{{"If-Match", "*"}}, 200},
        {{{"If-Match", "W/\"app-1a2b3c.js\""}}, 412},
        {{{"If-Match", "\"other\""}}, 412},
        {{{"If-Match", "\"other\""}, {"If-None-Match", "\"app-1a2b3c.js\""}}, 412},
        {{{"Accept-Encoding", "identity;q=0"}}, 406},
    };
    for (auto const& [headers, status] : cases) {
        for (auto const* method : {"GET", "HEAD"}) {
            EXPECT_EQ(ask(path, headers, method).status, status) << headers.begin()->first << " " << headers.begin()->second;
        }
    }
}

TEST_F(PagesTest, give_parts)
{
    auto const path = "/assets/inter-4d5e6f.woff2";
    auto const part = ask(path, {{"Range", "bytes=2-4"}});
    EXPECT_EQ(part.status, 206);
    EXPECT_EQ(part.body, "234");
    EXPECT_TRUE(part.has("Content-Range: bytes 2-4/10")) << part.head;
    EXPECT_EQ(part.value_of("ETag"), "\"inter-4d5e6f.woff2\"");
    EXPECT_TRUE(ask(path).has("Accept-Ranges: bytes"));
    auto const beyond = ask(path, {{"Range", "bytes=10-"}});
    EXPECT_EQ(beyond.status, 416);
    EXPECT_TRUE(beyond.has("Content-Range: bytes */10")) << beyond.head;
    EXPECT_EQ(ask(path, {{"Range", "bytes=0-1,3-4"}}).status, 200);
    EXPECT_EQ(ask(path, {{"Range", "bytes=2-4"}}, "HEAD").status, 200);

    EXPECT_EQ(ask(path, {{"Range", "bytes=2-4"}, {"If-Range", "\"inter-4d5e6f.woff2\""}}).body, "234");
    for (auto const* changed : {"\"inter-old.woff2\"", "W/\"inter-4d5e6f.woff2\"", "Tue, 01 Dec 2026 10:00:00 GMT"}) {
        auto const whole = ask(path, {{"Range", "bytes=2-4"}, {"If-Range", changed}});
        EXPECT_EQ(whole.status, 200) << changed;
        EXPECT_EQ(whole.body, "0123456789") << changed;
    }
    // Of the form that is sent.
    EXPECT_EQ(ask("/assets/app-1a2b3c.js", {{"Range", "bytes=-3"}, {"Accept-Encoding", "br"}}).body, "li)");
    EXPECT_TRUE(ask("/assets/app-1a2b3c.js", {{"Range", "bytes=0-5"}}).has("Content-Range: bytes 0-5/" + std::to_string(script_.size())));
}

TEST_F(PagesTest, are_for_reading_only)
{
    auto const refused = ask("/", {}, "POST");
    EXPECT_EQ(refused.status, 405);
    EXPECT_TRUE(refused.has("Allow: GET, HEAD, OPTIONS"));
    EXPECT_NE(refused.body.find("method_not_allowed"), std::string::npos);
    EXPECT_EQ(ask("/", {}, "OPTIONS").status, 204);
    EXPECT_TRUE(ask("/assets/app-1a2b3c.js", {}, "OPTIONS").has("Allow: GET, HEAD, OPTIONS"));
    EXPECT_EQ(ask("/nowhere", {{"Accept", "text/html"}}, "POST").status, 0);
    EXPECT_EQ(ask("/nowhere", {{"Accept", "text/html"}}, "OPTIONS").status, 0);
}

TEST_F(PagesTest, show_who_reads_a_page_where_nothing_is)
{
    for (auto const* path : {"/nowhere", "/chatroom/x/y/z", "/assets/old-000000.js", "/chat/x"}) {
        auto const page =
            ask(path, {{"Accept", "text/html,application/xhtml+xml,*/*;q=0.8"}, {"If-None-Match", "*"}, {"Range", "bytes=0-1"}});
        EXPECT_EQ(page.status, 404) << path;
        EXPECT_EQ(page.body, shell) << path;
        EXPECT_EQ(page.value_of("Cache-Control"), "") << page.head; // Then nobody keeps it.
        EXPECT_NE(page.value_of("Content-Security-Policy"), "") << path;
        EXPECT_EQ(ask(path, {{"Accept", "*/*"}}).status, 0) << path;
        EXPECT_EQ(ask(path, {{"Accept", "application/json"}}).status, 0) << path;
        EXPECT_EQ(ask(path).status, 0) << path;
    }
}

TEST_F(PagesTest, wear_the_brand)
{
    brand_ = {.name = "Leda", .accent = parse_colour("7a1f5c"), .dark_accent = {}, .logo = Logo{LogoKind::svg, "<svg><script/></svg>"}};
    auto const page = ask("/", {{"Accept-Encoding", "gzip, br"}});
    EXPECT_TRUE(page.has("Content-Encoding: gzip")) << page.head;
    auto const text = http::gunzip(page.body);
    EXPECT_NE(text.find("<title>Leda</title>"), std::string::npos) << text;
    auto const at = text.find("<link rel=\"stylesheet\" href=\"/brand/");
    ASSERT_NE(at, std::string::npos) << text;
    EXPECT_EQ(ask("/").body, text);
    auto const css_path = text.substr(at + 29, text.find('"', at + 29) - at - 29);
    auto const css = ask(css_path);
    EXPECT_EQ(css.status, 200) << css_path;
    EXPECT_EQ(css.body, brand_css(brand_));
    EXPECT_TRUE(css.has("Content-Type: text/css; charset=utf-8"));
    EXPECT_TRUE(css.has("Cache-Control: public, max-age=31536000, immutable"));

    auto const logo = ask(logo_path(brand_));
    EXPECT_EQ(logo.body, "<svg><script/></svg>");
    EXPECT_TRUE(logo.has("Content-Type: image/svg+xml"));
    EXPECT_TRUE(logo.has("Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; sandbox")) << logo.head;
    auto const app = ask("/manifest.webmanifest");
    EXPECT_EQ(app.body, R"({"id":"/","name":"Leda","short_name":"Leda","lang":"en"})");
    EXPECT_TRUE(app.has("Content-Type: application/manifest+json")) << app.head;
    auto const branded = page.value_of("ETag");
    pages_.reset();
    brand_ = {};
    EXPECT_EQ(ask("/manifest.webmanifest").body, manifest);
    EXPECT_NE(ask("/", {{"Accept-Encoding", "gzip"}}).value_of("ETag"), branded);
}

TEST_F(PagesTest, without_a_shell_are_a_fault_of_the_build)
{
    EXPECT_THROW(Pages({}, {}), std::logic_error);
}

// What is really in this binary.
TEST(PageFiles, are_all_there)
{
    prepare_secrets();
    Pages const pages(page_files(), {});
    bool has_shell = false;
    for (auto const& file : page_files()) {
        EXPECT_TRUE(file.path.starts_with('/')) << file.path;
        EXPECT_EQ(file.plain.empty(), !file.gzip.empty()) << file.path;
        EXPECT_EQ(file.gzip.empty(), file.brotli.empty()) << file.path;
        has_shell = has_shell || file.path == "/index.html";
        if (file.gzip.empty()) continue;
        auto const plain = http::gunzip(file.gzip);
        EXPECT_GT(plain.size(), file.gzip.size()) << file.path;
        EXPECT_GT(file.gzip.size(), file.brotli.size()) << file.path;
    }
    EXPECT_TRUE(has_shell);
}

} // namespace
} // namespace pollux::pages
