#include "billing/demo/demo_routes.hpp"

#include "billing/demo/demo_pages.hpp"
#include "http/router.hpp"

#include <algorithm>

namespace pollux::billing::demo {
namespace {

constexpr std::size_t form_bytes_max = 1'024;

// What a form posts: a few short fields, of which those that no page of ours has are left alone.
class PostedForm {
public:
    static Result<PostedForm> read(http::RawBody body)
    {
        auto fields = http::parse_query(body.bytes);
        if (!fields) return fields.error();
        PostedForm form;
        form.fields_ = std::move(*fields);
        return form;
    }

    std::string value(std::string_view name) const
    {
        auto const found = std::ranges::find(fields_, name, [](auto const& field) -> std::string_view { return field.first; });
        return found == fields_.end() ? std::string() : found->second;
    }

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

Error unknown_action(std::string_view known)
{
    return invalid("action", "unknown", "Post a form with action=" + std::string(known) + ".");
}

// Nobody's page, or that of an account that is deleted; in a browser somebody reads what is said of it.
template <class Page>
Result<Page> none(http::Request const& request, Error error)
{
    if (request.accepts_html()) return Page(missing_page());
    return error;
}

asio::awaitable<Result<http::Html>> show_checkout(DemoDesk& desk, http::Request const& request)
{
    auto id = request.path_word("session");
    if (!id) co_return none<http::Html>(request, id.error());
    auto const view = co_await desk.checkout(std::move(*id));
    if (!view) co_return none<http::Html>(request, not_found("session"));
    co_return checkout_page(*view, CheckoutNote::none);
}

asio::awaitable<Result<http::HtmlOrSeeOther>> use_checkout(DemoDesk& desk, http::Request const& request, http::RawBody body)
{
    auto id = request.path_word("session");
    if (!id) co_return none<http::HtmlOrSeeOther>(request, id.error());
    auto const form = PostedForm::read(body);
    if (!form) co_return form.error();
    auto const action = form->value("action");
    if (action == "decline") {
        auto const view = co_await desk.checkout(std::move(*id));
        if (!view) co_return none<http::HtmlOrSeeOther>(request, not_found("session"));
        co_return checkout_page(*view, CheckoutNote::declined);
    }
    if (action != "pay" && action != "pay_later") co_return unknown_action("pay, decline or pay_later");
    auto const view = co_await desk.pay(std::move(*id), action == "pay" ? Payment::at_once : Payment::late);
    if (!view) co_return none<http::HtmlOrSeeOther>(request, not_found("session"));
    // Also who pays a second time: a browser shows the answer to the last of several clicks.
    if (status_at(view->session, view->now) == "complete") co_return http::SeeOther{success_url_of(view->session)};
    co_return checkout_page(*view, CheckoutNote::none);
}

asio::awaitable<Result<http::Html>> show_portal(DemoDesk& desk, http::Request const& request)
{
    auto id = request.path_word("portal");
    if (!id) co_return none<http::Html>(request, id.error());
    auto const view = co_await desk.portal(std::move(*id));
    if (!view) co_return none<http::Html>(request, not_found("portal"));
    co_return portal_page(*view);
}

std::optional<DemoDesk::Wish> wish_of(std::string_view action)
{
    if (action == "cancel") return DemoDesk::Wish::cancel;
    if (action == "keep") return DemoDesk::Wish::keep;
    if (action == "switch") return DemoDesk::Wish::change_price;
    return std::nullopt;
}

asio::awaitable<Result<http::Html>> use_portal(DemoDesk& desk, http::Request const& request, http::RawBody body)
{
    auto id = request.path_word("portal");
    if (!id) co_return none<http::Html>(request, id.error());
    auto const form = PostedForm::read(body);
    if (!form) co_return form.error();
    auto const wish = wish_of(form->value("action"));
    if (!wish) co_return unknown_action("cancel, keep or switch");
    auto price = form->value("price");
    if (*wish == DemoDesk::Wish::change_price && price.empty())
        co_return invalid("price", "required", "Post price=..., the price to switch to, beside action=switch.");
    if (*wish == DemoDesk::Wish::change_price && !find_price(price)) co_return invalid("price", "unknown", "The demo sells no such price.");
    auto const view = co_await desk.change(std::move(*id), *wish, std::move(price));
    if (!view) co_return none<http::Html>(request, not_found("portal"));
    co_return portal_page(*view);
}

// Not in the API's document: people call these, and not on every server.
http::RouteOptions page(std::string_view id, std::string_view summary, http::RateClass limits)
{
    return {.id = id,
            .summary = summary,
            .tag = "demo",
            .access = http::Access::open,
            .limits = limits,
            .body_bytes_max = form_bytes_max,
            .is_documented = false};
}

} // namespace

void add_demo_routes(http::Router& router, DemoDesk& desk)
{
    using http::RateClass;
    router.get("/demo/checkout/{session}/", show_checkout, desk, page("showDemoCheckout", "Buy in the demo", RateClass::read));
    router.post("/demo/checkout/{session}/", use_checkout, desk, page("useDemoCheckout", "Buy in the demo", RateClass::create));
    router.get("/demo/portal/{portal}/", show_portal, desk, page("showDemoPortal", "What was bought in the demo", RateClass::read));
    router.post("/demo/portal/{portal}/", use_portal, desk, page("useDemoPortal", "What was bought in the demo", RateClass::create));
}

} // namespace pollux::billing::demo
