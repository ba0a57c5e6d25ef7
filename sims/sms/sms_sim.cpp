#include "sms/sms_sim.hpp"

#include "html.hpp"
#include "sms/control.hpp"
#include "sms/segments.hpp"
#include "sms/twilio.hpp"
#include "sms/webhook.hpp"

#include <boost/asio/use_awaitable.hpp>
#include <sodium.h>

#include <stdexcept>

namespace pollux::sims {

namespace {

constexpr std::size_t texts_shown_max = 200;

asio::awaitable<After> answer_page(sms::Simulator const& simulator, std::shared_ptr<Connection> connection)
{
    auto html = page("Sent texts", "<p>A simulator: no phone gets any of these.</p>" + list_of_texts(simulator.texts), 2);
    bool const sent = co_await answer(*connection, 200, "text/html; charset=utf-8", std::move(html));
    co_return sent ? After::keep : After::close;
}

} // namespace

std::string list_of_texts(sms::Texts const& texts)
{
    if (texts.all().empty()) return "<p>None yet.</p>";
    std::string rows;
    std::size_t shown = 0;
    for (auto text = texts.all().rbegin(); text != texts.all().rend() && shown < texts_shown_max; ++text, ++shown) {
        auto const& one = **text;
        auto const error = one.error_code == 0 ? std::string() : " " + std::to_string(one.error_code);
        rows += "<tr><td>" + std::to_string(one.number) + "<td>" + escaped(one.to) + "<td><pre>" + escaped(one.body) + "</pre><td>" +
                escaped(one.status) + error + "<td>" + escaped(one.vendor) + "<td>" + std::to_string(sms::segments_of(one.body).count);
    }
    return "<table><tr><th>No.<th>To<th>Text<th>Status<th>Vendor<th>Segments" + rows + "</table>";
}

SmsSim::SmsSim(SmsSimOptions const& options) : simulator_(options.account, options.calls_max, options.texts_max)
{
    if (sodium_init() < 0) throw std::runtime_error("libsodium cannot be used");
    if (simulator_.account.numbers.empty()) throw std::runtime_error("an account needs a number to send from");
    for (auto const& plans : read_plan_files(options.plan_files)) simulator_.plans.load(plans);
    if (!options.deliver_to.empty()) simulator_.reports.set_plan({{"deliver_to", options.deliver_to}});
}

asio::awaitable<After> SmsSim::handle(Request request, std::shared_ptr<Connection> connection)
{
    if (!has_begun_) simulator_.run_on(connection->socket().get_executor());
    has_begun_ = true;
    if (request.path.starts_with("/_sim/")) return sms::answer_control(simulator_, std::move(request), std::move(connection));
    if (request.path == "/" && request.method == "GET") return answer_page(simulator_, std::move(connection));
    if (sms::is_twilio(request.path)) return sms::answer_twilio(simulator_, std::move(request), std::move(connection));
    return sms::answer_webhook(simulator_, std::move(request), std::move(connection));
}

int run_sms_sim(SmsSimOptions const& options)
{
    SmsSim sim(options);
    return serve(options.listen, [&sim](Request request, std::shared_ptr<Connection> connection) {
        return sim.handle(std::move(request), std::move(connection));
    });
}

} // namespace pollux::sims
