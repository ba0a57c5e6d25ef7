// One file that is served: in the form that the client takes, whole or in part, or not at all where it has it already (RFC 9110). Its heads
// are made once, so that an answer copies nothing. Safe from any thread.
#pragma once

#include "http/request.hpp"
#include "http/response.hpp"
#include "pages/accept_encoding.hpp"
#include "pages/page_file.hpp"

#include <array>
#include <mutex>
#include <string>
#include <string_view>

namespace pollux::pages {

enum class Caching {
    forever,   // Its name changes with its bytes.
    each_time, // It is asked for again, and answered with 304 while it is the same.
};

struct ResourceOptions {
    PageFile file;                 // Its bytes outlive the resource.
    std::string tag;               // Tells these bytes from all others at this path: what stands in the ETag, without quotes.
    std::string_view content_type; // A literal.
    Caching caching = Caching::each_time;
    std::string more_head; // Further lines, each behind its CRLF.
};

class Resource {
public:
    explicit Resource(ResourceOptions options);
    Resource(Resource const&) = delete;
    Resource& operator=(Resource const&) = delete;

    // To GET and HEAD.
    http::Response answer(http::Request const& request, std::string_view method) const;
    // The same bytes where something else was asked for: whole, and to be kept by nobody.
    http::Response answer_as(int status, http::Request const& request) const;

private:
    struct Form {
        bool is_there = false;
        std::string tag;        // With its quotes.
        std::string head;       // What an answer with these bytes says of them,
        std::string short_head; // and one without.
    };
    Form const& form(Coding coding) const { return forms_[static_cast<std::size_t>(coding)]; }
    std::string_view bytes(Coding coding) const;
    std::optional<Coding> coding_for(http::Request const& request) const;
    http::Response refuse(int status, std::string_view code, std::string_view detail, http::Request const& request) const;
    http::Response with_bytes(Coding coding, http::Request const& request, std::string_view method) const;

    PageFile const file_;
    std::string_view const content_type_;
    std::string_view const cache_control_;
    std::string_view const vary_; // Empty where there is one form.
    std::array<Form, 3> forms_;
    mutable std::once_flag is_plain_made_;
    mutable std::string plain_; // Of a file that is here compressed only, once somebody has asked for it.
};

} // namespace pollux::pages
