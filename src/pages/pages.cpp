#include "pages/pages.hpp"

#include "base/secrets.hpp"
#include "base/text.hpp"
#include "http/error_response.hpp"
#include "http/gzip.hpp"
#include "pages/page_addresses.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace pollux::pages {
namespace {

constexpr std::string_view shell_path = "/index.html";
constexpr std::string_view hashed_folder = "/assets/";
constexpr std::string_view manifest_ending = ".webmanifest"; // One for each language of the pages.
constexpr std::string_view allowed = "GET, HEAD, OPTIONS";

// Pictures and media may be ones that a page has made itself. Names of Trusted Types: Svelte's, DOMPurify's, and the pages' own for
// workers.
constexpr std::string_view policy_line =
    "\r\nContent-Security-Policy: default-src 'self'; img-src 'self' blob:; media-src 'self' blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types svelte-trusted-html dompurify pollux";
// A picture that is opened by itself is a document, and may bring scripts: it gets nothing but its own styles, and an origin of its own.
constexpr std::string_view picture_policy_line = "\r\nContent-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; sandbox";
constexpr std::string_view of_this_host_line = "\r\nCross-Origin-Resource-Policy: same-origin";
// GET /config/ names the logo to front ends of every origin, and as a picture in a sandbox it is for everybody.
constexpr std::string_view for_everybody_line = "\r\nCross-Origin-Resource-Policy: cross-origin";
constexpr std::string_view document_lines =
    "\r\nReferrer-Policy: same-origin\r\nPermissions-Policy: camera=(), geolocation=(), microphone=()";

struct Type {
    std::string_view ending;
    std::string_view content_type;
    std::string_view policy; // Of documents, and of scripts, since one may be a worker's.
};
constexpr std::array<Type, 9> types{{{".html", "text/html; charset=utf-8", policy_line},
                                     {".js", "text/javascript; charset=utf-8", policy_line},
                                     {".css", "text/css; charset=utf-8", ""},
                                     {".json", "application/json", ""},
                                     {".webmanifest", "application/manifest+json", ""},
                                     {".svg", "image/svg+xml", picture_policy_line},
                                     {".png", "image/png", ""},
                                     {".woff2", "font/woff2", ""},
                                     {".txt", "text/plain; charset=utf-8", ""}}};

Type type_of(std::string_view path)
{
    auto const found = std::ranges::find_if(types, [path](Type const& type) { return path.ends_with(type.ending); });
    return found == types.end() ? Type{"", "application/octet-stream", picture_policy_line} : *found;
}

std::string tag_of(std::string_view bytes)
{
    constexpr std::size_t tag_bytes = 8;
    return to_hex(sha256(bytes).substr(0, tag_bytes));
}

std::string_view most_of(PageFile const& file)
{
    return file.gzip.empty() ? file.plain : file.gzip;
}

std::string plain_of(PageFile const& file)
{
    return file.gzip.empty() ? std::string(file.plain) : http::gunzip(file.gzip);
}

std::string lines_for(Type const& type)
{
    std::string lines(type.policy);
    lines.append(of_this_host_line);
    if (type.ending == ".html") lines.append(document_lines);
    return lines;
}

ResourceOptions options_for(PageFile const& file)
{
    bool const is_hashed = file.path.starts_with(hashed_folder);
    auto const type = type_of(file.path);
    // A name with a hash is all that need be told of its bytes.
    return {.file = file,
            .tag = is_hashed ? std::string(file.path.substr(hashed_folder.size())) : tag_of(most_of(file)),
            .content_type = type.content_type,
            .caching = is_hashed ? Caching::forever : Caching::each_time,
            .more_head = lines_for(type)};
}

bool is_known_by_name(Brand const& brand)
{
    return brand.name == usual_name && !brand.accent && !brand.dark_accent;
}

http::Response for_options()
{
    http::Response response{.status = 204, .content_type = ""};
    response.headers.emplace_back("Allow", allowed);
    return response;
}

http::Response not_allowed(http::Request const& request)
{
    auto response = http::problem(405, "method_not_allowed", "This path takes: " + std::string(allowed) + ".", request.request_id);
    response.headers.emplace_back("Allow", allowed);
    return response;
}

} // namespace

Pages::Pages(std::span<PageFile const> files, Brand const& brand)
{
    for (auto const& file : files) {
        if (file.path == shell_path) {
            add_shell(file, brand);
        } else if (file.path.ends_with(manifest_ending) && brand.name != usual_name) {
            add(options_for(branded(file, branded_manifest(plain_of(file), brand))));
        } else {
            add(options_for(file));
        }
    }
    if (!shell_) throw std::logic_error("the pages have no shell");
    add_logo(brand);
}

void Pages::add(ResourceOptions options)
{
    auto const path = options.file.path;
    by_path_[path] = &resources_.emplace_back(std::move(options));
}

void Pages::add_shell(PageFile const& file, Brand const& brand)
{
    auto shell = file;
    if (!is_known_by_name(brand)) {
        std::string_view css_path;
        auto const& css = made_.emplace_back(brand_css(brand));
        if (!css.empty()) {
            css_path = made_.emplace_back("/brand/" + tag_of(css) + ".css");
            add({.file = {.path = css_path, .plain = css, .gzip = {}, .brotli = {}},
                 .tag = tag_of(css),
                 .content_type = "text/css; charset=utf-8",
                 .caching = Caching::forever,
                 .more_head = std::string(of_this_host_line)});
        }
        shell = branded(file, branded_shell(plain_of(file), brand, css_path));
    }
    shell_ = &resources_.emplace_back(options_for(shell));
}

PageFile Pages::branded(PageFile const& file, std::string const& bytes)
{
    return {.path = file.path, .plain = {}, .gzip = made_.emplace_back(http::gzip(bytes)), .brotli = {}};
}

void Pages::add_logo(Brand const& brand)
{
    if (!brand.logo) return;
    auto const& path = made_.emplace_back(logo_path(brand));
    auto const& bytes = made_.emplace_back(brand.logo->bytes);
    add({.file = {.path = path, .plain = bytes, .gzip = {}, .brotli = {}},
         .tag = tag_of(bytes),
         .content_type = brand.logo->kind == LogoKind::svg ? "image/svg+xml" : "image/png",
         .caching = Caching::forever,
         .more_head = std::string(picture_policy_line).append(for_everybody_line)});
}

Resource const* Pages::find(std::string_view path) const
{
    if (is_page_address(path)) return shell_;
    auto const found = by_path_.find(path);
    return found == by_path_.end() ? nullptr : found->second;
}

std::optional<http::Response> Pages::answer(http::Request const& request, std::string_view method) const
{
    auto const* resource = find(request.path);
    bool const is_asked = method == "GET" || method == "HEAD";
    if (resource && is_asked) return resource->answer(request, method);
    if (resource) return method == "OPTIONS" ? for_options() : not_allowed(request);
    bool const is_somebody = is_asked && request.accepts_html();
    return is_somebody ? std::optional(shell_->answer_as(404, request)) : std::nullopt;
}

} // namespace pollux::pages
