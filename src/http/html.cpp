#include "http/html.hpp"

#include "base/secrets.hpp"
#include "base/uri.hpp"

namespace pollux::http {
namespace {

// Logical properties and colours by name, so that right-to-left and the dark come by themselves.
constexpr std::string_view style = R"css(
:root { color-scheme: light dark; --bg: #f6f7f8; --surface: #fff; --ink: #14191f; --ink-2: #48515c; --line: #e4e7ea; --control: #848d98;
  --accent: #0c6078; --accent-2: #094a5d; --on-accent: #fff; --good: #176b41; --good-soft: #e3f3ea; --warn: #80500a; --warn-soft: #fdf1dc;
  --bad: #b3261e; --bad-soft: #fcebe9; }
@media (prefers-color-scheme: dark) {
  :root { --bg: #0f1317; --surface: #161b21; --ink: #e9ecef; --ink-2: #aeb6c0; --line: #262e36; --control: #6a7683; --accent: #67c5dd;
    --accent-2: #8ad4e7; --on-accent: #0f1317; --good: #6ccb97; --good-soft: #13301f; --warn: #f5c077; --warn-soft: #33260f; --bad: #ff9a8f;
    --bad-soft: #3a1a17; }
}
* { box-sizing: border-box; }
body { margin: 0; padding: 16px; background: var(--bg); color: var(--ink);
  font: 400 16px/26px system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif; overflow-wrap: anywhere; }
header { display: flex; align-items: center; gap: 8px; max-inline-size: 460px; margin: 8px auto 16px; font-weight: 600; }
header svg { inline-size: 24px; block-size: 24px; }
main { max-inline-size: 460px; margin: 0 auto; padding: 20px; background: var(--surface); border: 1px solid var(--line); border-radius: 14px; }
h1 { margin: 0 0 12px; font-size: 26px; line-height: 34px; font-weight: 600; }
p { margin: 0 0 16px; }
main > :last-child { margin-block-end: 0; }
a { color: var(--accent); }
.hint { color: var(--ink-2); font-size: 14px; line-height: 20px; }
.note { padding: 12px 14px; border-radius: 10px; }
.note.warn { background: var(--warn-soft); color: var(--warn); }
.note.bad { background: var(--bad-soft); color: var(--bad); }
.note.good { background: var(--good-soft); color: var(--good); }
dl { margin: 0 0 16px; border-block: 1px solid var(--line); font-variant-numeric: tabular-nums; }
dl div { display: flex; justify-content: space-between; gap: 16px; padding-block: 8px; }
dl div + div { border-block-start: 1px solid var(--line); }
dt { color: var(--ink-2); }
dd { margin: 0; text-align: end; }
.total dt, .total dd { color: var(--ink); font-weight: 600; }
form { display: grid; gap: 8px; margin: 0 0 16px; }
button { min-block-size: 44px; padding: 8px 16px; border: 1px solid var(--control); border-radius: 10px; background: var(--surface);
  color: var(--ink); font: inherit; font-weight: 600; cursor: pointer; }
button.primary { border-color: var(--accent); background: var(--accent); color: var(--on-accent); }
button.primary:hover { border-color: var(--accent-2); background: var(--accent-2); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
@media (min-width: 600px) { body { padding-block-start: 56px; } main { padding: 32px; } }
)css";

constexpr std::string_view mark =
    R"(<svg viewBox="0 0 24 24" fill="none" aria-hidden="true"><path d="M6 21V10.2A7.2 7.2 0 1 1 13.2 17.4" stroke="currentColor" )"
    R"(stroke-width="2.3" stroke-linecap="round"/><circle cx="13.2" cy="10.2" r="3.7" fill="#f2a33a"/></svg>)";

// RFC 4648, 4, as the policy wants hashes: with padding.
std::string to_base64(std::string_view bytes)
{
    auto text = to_base64url(bytes);
    for (char& letter : text) {
        if (letter == '-') letter = '+';
        if (letter == '_') letter = '/';
    }
    text.append((4 - text.size() % 4) % 4, '=');
    return text;
}

std::string const& style_hash()
{
    static std::string const hash = to_base64(sha256(style));
    return hash;
}

} // namespace

std::string html_text(std::string_view utf8)
{
    std::string out;
    out.reserve(utf8.size());
    for (char const letter : utf8) {
        switch (letter) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += "&quot;"; break;
        case '\'': out += "&#39;"; break;
        default: out += letter;
        }
    }
    return out;
}

std::string html_document(Html const& page)
{
    std::string out = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                      "<meta name=\"robots\" content=\"noindex\">\n<link rel=\"icon\" href=\"data:,\">\n<title>";
    out.append(html_text(page.title)).append("</title>\n<style>").append(style).append("</style>\n</head>\n<body>\n<header>");
    out.append(mark).append("Pollux</header>\n<main>\n").append(page.body).append("\n</main>\n</body>\n</html>\n");
    return out;
}

std::string html_policy(Html const& page)
{
    std::string policy = "default-src 'none'; style-src 'sha256-" + style_hash() + "'; img-src data:; form-action 'self'";
    for (auto const& target : page.form_targets) {
        auto const url = parse_uri(target);
        if (url && is_web(*url)) policy.append(" ").append(std::string_view(url->encoded_origin()));
    }
    return policy + "; base-uri 'none'; frame-ancestors 'none'";
}

} // namespace pollux::http
