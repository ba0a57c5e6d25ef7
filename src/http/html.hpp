// Plain pages for people: one column that reads well on a phone, works without scripts, loads nothing, and says so in its policy
// (Content-Security-Policy). For what must be there before, or without, an app of one's own.
// Source: W3C CSP3; developer.mozilla.org, form-action (browsers hold redirects after a form to it as well).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pollux::http {

// An answer of a handler: a page.
struct Html {
    std::string title;                       // As text.
    std::string body;                        // What stands in <main>, as HTML: see html_text().
    std::vector<std::string> form_targets{}; // URLs elsewhere to which a form of the page may lead, by a redirect.
    int status = 200;                        // Another one for what a browser asks for in vain (Request::accepts_html()).
};

// Text as it may stand in an element or between the quotes of an attribute.
std::string html_text(std::string_view utf8);

std::string html_document(Html const& page);
std::string html_policy(Html const& page); // The value of Content-Security-Policy.

} // namespace pollux::http
