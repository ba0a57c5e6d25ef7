#include "pages/resource.hpp"

#include "http/error_response.hpp"
#include "http/gzip.hpp"
#include "pages/byte_range.hpp"
#include "pages/entity_tags.hpp"

namespace pollux::pages {
namespace {

constexpr std::string_view vary_line = "\r\nVary: Accept-Encoding";

std::string_view cache_control_of(Caching caching)
{
    return caching == Caching::forever ? "public, max-age=31536000, immutable" : "no-cache";
}

// Behind the tag, so that no two forms have the same one; and the line that names the form.
struct Words {
    std::string_view tag_end;
    std::string_view line;
};
Words words_of(Coding coding)
{
    switch (coding) {
    case Coding::identity: return {"", ""};
    case Coding::gzip: return {"-gz", "\r\nContent-Encoding: gzip"};
    case Coding::brotli: return {"-br", "\r\nContent-Encoding: br"};
    }
    return {"", ""};
}

enum class Known { nothing, has_it, wants_another };

// RFC 9110, 13.2.2. There are no dates of change here, so what goes by them is left out, as it says.
Known judge(http::Request const& request, std::string_view tag)
{
    auto const wanted = request.header("If-Match");
    if (wanted && !has_tag(*wanted, tag, Comparison::strong)) return Known::wants_another;
    auto const known = request.header("If-None-Match");
    return known && has_tag(*known, tag, Comparison::weak) ? Known::has_it : Known::nothing;
}

ByteRange range_of(http::Request const& request, std::string_view tag, std::size_t size, std::string_view method)
{
    auto const range = method == "GET" ? request.header("Range") : std::nullopt;
    auto const of_these = range ? request.header("If-Range") : std::nullopt;
    bool const has_changed = of_these && !has_tag(*of_these, tag, Comparison::strong);
    return has_changed ? ByteRange() : read_range(range, size);
}

} // namespace

Resource::Resource(ResourceOptions options)
    : file_(options.file), content_type_(options.content_type), cache_control_(cache_control_of(options.caching)),
      vary_(file_.gzip.empty() ? std::string_view() : vary_line)
{
    for (auto const coding : {Coding::identity, Coding::gzip, Coding::brotli}) {
        auto& made = forms_[static_cast<std::size_t>(coding)];
        made.is_there = coding == Coding::identity || !(coding == Coding::gzip ? file_.gzip : file_.brotli).empty();
        auto const words = words_of(coding);
        made.tag.append("\"").append(options.tag).append(words.tag_end).append("\"");
        made.short_head.append(vary_).append("\r\nETag: ").append(made.tag);
        made.head = made.short_head;
        made.head.append("\r\nAccept-Ranges: bytes").append(words.line).append(options.more_head);
    }
}

std::string_view Resource::bytes(Coding coding) const
{
    if (coding == Coding::brotli) return file_.brotli;
    if (coding == Coding::gzip) return file_.gzip;
    if (file_.gzip.empty()) return file_.plain;
    std::call_once(is_plain_made_, [this] { plain_ = http::gunzip(file_.gzip); });
    return plain_;
}

std::optional<Coding> Resource::coding_for(http::Request const& request) const
{
    return choose_coding(request.header("Accept-Encoding"), {form(Coding::gzip).is_there, form(Coding::brotli).is_there});
}

http::Response Resource::refuse(int status, std::string_view code, std::string_view detail, http::Request const& request) const
{
    auto response = http::problem(status, code, detail, request.request_id);
    response.fixed_head = vary_;
    return response;
}

http::Response Resource::answer(http::Request const& request, std::string_view method) const
{
    auto const coding = coding_for(request);
    if (!coding) return refuse(406, "not_acceptable", "This is not there in a form that your Accept-Encoding takes.", request);
    auto const known = judge(request, form(*coding).tag);
    if (known == Known::wants_another) return refuse(412, "precondition_failed", "This has changed since.", request);
    if (known == Known::has_it) {
        http::Response response{.status = 304, .content_type = ""};
        response.cache_control = cache_control_;
        response.fixed_head = form(*coding).short_head;
        return response;
    }
    return with_bytes(*coding, request, method);
}

http::Response Resource::with_bytes(Coding coding, http::Request const& request, std::string_view method) const
{
    auto const all = bytes(coding);
    auto const range = range_of(request, form(coding).tag, all.size(), method);
    if (range.kind == ByteRange::Kind::beyond) {
        auto response = refuse(416, "range_not_satisfiable", "There are no such bytes; Content-Range says how many there are.", request);
        response.headers.emplace_back("Content-Range", "bytes */" + std::to_string(all.size()));
        return response;
    }
    http::Response response{.content_type = content_type_};
    response.cache_control = cache_control_;
    response.fixed_head = form(coding).head;
    response.fixed_body = all;
    if (range.kind == ByteRange::Kind::part) {
        response.status = 206;
        response.fixed_body = all.substr(range.begin, range.end - range.begin);
        response.headers.emplace_back("Content-Range", "bytes " + std::to_string(range.begin) + "-" + std::to_string(range.end - 1) + "/" +
                                                           std::to_string(all.size()));
    }
    return response;
}

http::Response Resource::answer_as(int status, http::Request const& request) const
{
    auto const coding = coding_for(request).value_or(Coding::identity);
    http::Response response{.status = status, .content_type = content_type_};
    response.fixed_head = form(coding).head;
    response.fixed_body = bytes(coding);
    return response;
}

} // namespace pollux::pages
