// Serves the built pages from the binary: files with a hash in their names for ever, the shell for every address of a page, and for who
// asks for HTML where nothing is. It is asked after the API (http::ServerOptions::pages), whose paths come first. Safe from any thread.
//
// What a browser may do with them is said by a policy (CSP level 3 with Trusted Types): scripts, styles and calls of this host alone, no
// inline script or style, no frame around it.
#pragma once

#include "http/request.hpp"
#include "http/response.hpp"
#include "pages/brand.hpp"
#include "pages/page_file.hpp"
#include "pages/resource.hpp"

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

namespace pollux::pages {

class Pages {
public:
    // The files outlive it.
    Pages(std::span<PageFile const> files, Brand const& brand);

    // To a path that is no route's, with the method as it came; nullopt: there is nothing for this client.
    std::optional<http::Response> answer(http::Request const& request, std::string_view method) const;

private:
    void add_shell(PageFile const& file, Brand const& brand);
    void add_logo(Brand const& brand);
    PageFile branded(PageFile const& file, std::string const& bytes); // The same path with these bytes.
    void add(ResourceOptions options);
    Resource const* find(std::string_view path) const;

    std::deque<std::string> made_; // Bytes and paths that come with the brand.
    std::deque<Resource> resources_;
    std::unordered_map<std::string_view, Resource const*> by_path_;
    Resource const* shell_ = nullptr;
};

} // namespace pollux::pages
