// From an HttpRequest to a curl handle that is ready to run, with all that we never want curl to do switched off.
#pragma once

#include "net/http_client.hpp"

#include <boost/system/result.hpp>
#include <curl/curl.h>

namespace pollux::net {

struct CurlHandleEnd {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct CurlListEnd {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct CurlUrlEnd {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

struct CurlRequest {
    std::unique_ptr<CURLU, CurlUrlEnd> url;
    std::unique_ptr<curl_slist, CurlListEnd> headers;
    std::unique_ptr<CURL, CurlHandleEnd> easy; // Dies first.
};

// Reads `request` but does not keep it, except for its body, which must outlive the handle. On refusal `why` says so and easy is empty.
CurlRequest prepare_request(HttpRequest const& request, std::string& why);

} // namespace pollux::net
