#include "net/curl_request.hpp"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <new>

namespace pollux::net {

namespace {

// The system's certificate authorities, read once a process instead of once a connection: where they are one file, that takes 20 to 30 ms
// (where they are a directory, each is read when it is first needed). Shared by all threads; OpenSSL locks it.
X509_STORE* certificate_store()
{
    static X509_STORE* const store = [] {
        X509_STORE* made = X509_STORE_new();
        if (!made) throw std::bad_alloc();
        X509_STORE_set_default_paths(made);
        X509_STORE_set_flags(made, X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
        return made;
    }();
    return store;
}

CURLcode use_certificate_store(CURL*, void* context, void*)
{
    SSL_CTX_set1_cert_store(static_cast<SSL_CTX*>(context), certificate_store());
    return CURLE_OK;
}

std::string url_part(CURLU* url, CURLUPart part)
{
    char* text = nullptr;
    if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
    std::string copy(text);
    curl_free(text);
    return copy;
}

// By the address itself; "localhost" is resolved by curl to loopback without asking anybody.
bool is_loopback(std::string const& host)
{
    if (host == "localhost" || host == "[::1]") return true;
    in_addr address{};
    return inet_pton(AF_INET, host.c_str(), &address) == 1 && host.starts_with("127.");
}

bool is_header_safe(HttpHeader const& header)
{
    auto const control = [](char byte) { return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f; };
    if (header.name.empty() || header.name.find_first_of(": ") != std::string::npos) return false;
    return std::none_of(header.name.begin(), header.name.end(), control) && std::none_of(header.value.begin(), header.value.end(), control);
}

// Empty when the request may go out.
std::string why_refused(HttpRequest const& request, CURLU* url)
{
    if (curl_url_set(url, CURLUPART_URL, request.url.c_str(), 0) != CURLUE_OK) return "the URL cannot be read";
    auto const scheme = url_part(url, CURLUPART_SCHEME);
    auto const host = url_part(url, CURLUPART_HOST);
    if (scheme != "http" && scheme != "https") return "only http and https are called";
    if (!url_part(url, CURLUPART_USER).empty() || !url_part(url, CURLUPART_PASSWORD).empty()) return "the URL holds a user or a password";
    if (!request.secret_headers.empty() && scheme == "http" && !is_loopback(host)) {
        return "a key is not sent over plain http; use https for " + host;
    }
    for (auto const* headers : {&request.headers, &request.secret_headers}) {
        for (auto const& header : *headers) {
            if (!is_header_safe(header)) return "a header holds a character that headers cannot";
        }
    }
    return {};
}

curl_slist* add_header(curl_slist* list, std::string const& line)
{
    auto* longer = curl_slist_append(list, line.c_str());
    if (!longer) {
        curl_slist_free_all(list);
        throw std::bad_alloc();
    }
    return longer;
}

curl_slist* header_list(HttpRequest const& request)
{
    curl_slist* list = add_header(nullptr, "Expect:");
    for (auto const* headers : {&request.headers, &request.secret_headers}) {
        for (auto const& header : *headers) {
            list = add_header(list, header.value.empty() ? header.name + ";" : header.name + ": " + header.value);
        }
    }
    return list;
}

void set_method(CURL* easy, HttpRequest const& request)
{
    if (request.method == "HEAD") {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else if (request.method == "POST" || !request.body.empty()) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data()); // Not copied.
    }
    if (request.method != "GET" && request.method != "HEAD" && request.method != "POST") {
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    }
}

void set_manners(CURL* easy)
{
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); // Cancelling must not wait for a name server.
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "pollux");
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);

    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    curl_easy_setopt(easy, CURLOPT_CAINFO, nullptr); // Ours instead of curl's own copy a connection.
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, &use_certificate_store);
}

} // namespace

void preload_certificates()
{
    certificate_store();
}

CurlRequest prepare_request(HttpRequest const& request, std::string& why)
{
    CurlRequest made;
    made.url.reset(curl_url());
    if (!made.url) throw std::bad_alloc();
    why = why_refused(request, made.url.get());
    if (!why.empty()) return made;

    made.headers.reset(header_list(request));
    made.easy.reset(curl_easy_init());
    CURL* const easy = made.easy.get();
    if (!easy) throw std::bad_alloc();

    set_manners(easy);
    curl_easy_setopt(easy, CURLOPT_CURLU, made.url.get());
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, made.headers.get());
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_time_max.count()));
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    // Wait for a connection that may turn out to be HTTP/2. Never without TLS: there it would mean to wait for a whole other answer.
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, url_part(made.url.get(), CURLUPART_SCHEME) == "https" ? 1L : 0L);
    if (request.connection == HttpConnection::own) {
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
        curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
        curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 0L);
    }
    set_method(easy, request);
    return made;
}

} // namespace pollux::net
