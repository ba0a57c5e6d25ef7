#include "all/all_sims.hpp"

#include "gemini/gemini_sim.hpp"
#include "html.hpp"
#include "openai/openai_sim.hpp"
#include "sms/sms_sim.hpp"
#include "stripe/pages.hpp"
#include "stripe/stripe_sim.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <cstdio>

namespace pollux::sims {

namespace {

constexpr int refresh_s = 3;

// Where each listens, in the order of their ports.
struct Places {
    std::string page, gemini, stripe, sms, openai;
};

// What to start Pollux with: lines for a shell.
std::string settings_of(Places const& places, sms::Account const& account)
{
    return "export GEMINI_BASE_URL=http://" + places.gemini + " GEMINI_API_KEY=any\n" +           //
           "export AI_BASE_URL=http://" + places.openai + "/v1 AI_API_KEY=any\n" +                //
           "export AI_MODELS=gemini:gemini-flash-latest,openai:llama3.2\n" +                      //
           "export TWILIO_BASE_URL=http://" + places.sms + " TWILIO_ACCOUNT_SID=" + account.sid + //
           " TWILIO_AUTH_TOKEN=" + account.token + " TWILIO_FROM=" + account.numbers.front() + "\n" + "export STRIPE_BASE_URL=http://" +
           places.stripe + " STRIPE_SECRET_KEY=sk_test_1\n" +
           "export $(build/release/pollux stripe-setup --dev --amount 20.00 | grep '^STRIPE_.*=')\n";
}

// Instead of the line with TWILIO_.
std::string webhook_settings_of(Places const& places, sms::Account const& account)
{
    return "export SMS_WEBHOOK_URL=http://" + places.sms + "/sms SMS_WEBHOOK_SECRET=" + account.webhook_secret + "\n";
}

class AllSims {
public:
    explicit AllSims(AllSimsOptions const& options)
        : gemini_(make_gemini_sim({})), stripe_(StripeSimOptions{}), sms_(sms_options(options)), openai_(OpenAiSimOptions{})
    {}

    std::vector<Site> sites(AllSimsOptions const& options)
    {
        auto const at = [&](int place) { return options.address + ":" + std::to_string(options.port == 0 ? 0 : options.port + place); };
        std::vector<Site> sites;
        sites.push_back({at(0), of(*this)});
        sites.push_back({at(1), gemini_});
        sites.push_back({at(2), of(stripe_)});
        sites.push_back({at(3), of(sms_)});
        sites.push_back({at(4), of(openai_)});
        return sites;
    }

    void listens(std::vector<std::string> const& places)
    {
        places_ = {places[0], places[1], places[2], places[3], places[4]};
        auto const& account = sms_.simulator().account;
        std::printf("listening on %s\n\n%s\n# or, instead of TWILIO_:\n# %s", places_.page.c_str(), settings_of(places_, account).c_str(),
                    webhook_settings_of(places_, account).c_str());
        std::fflush(stdout);
    }

    asio::awaitable<After> handle(Request request, std::shared_ptr<Connection> connection)
    {
        bool const is_page = request.path == "/" && request.method == "GET";
        bool const is_settings = request.path == "/settings" && request.method == "GET";
        auto const& account = sms_.simulator().account;
        std::string body = is_page       ? html()
                           : is_settings ? settings_of(places_, account)
                                         : std::string("There is a page at / and what to start Pollux with at /settings.\n");
        bool const sent = co_await answer(*connection, is_page || is_settings ? 200 : 404,
                                          is_page ? "text/html; charset=utf-8" : "text/plain; charset=utf-8", std::move(body));
        co_return sent ? After::keep : After::close;
    }

private:
    template <class Sim>
    static Handler of(Sim& sim)
    {
        return [&sim](Request request, std::shared_ptr<Connection> connection) {
            return sim.handle(std::move(request), std::move(connection));
        };
    }

    static SmsSimOptions sms_options(AllSimsOptions const& options)
    {
        SmsSimOptions made;
        made.deliver_to = options.pollux;
        return made;
    }

    std::string html()
    {
        auto const& account = sms_.simulator().account;
        return page("Simulators for Pollux",
                    "<p>Nothing here is real: no text reaches a phone, no money moves, no model thinks.</p><h2>Sent texts</h2>" +
                        list_of_texts(sms_.simulator().texts) + "<h2>Checkout sessions</h2>" +
                        stripe::list_of_sessions(stripe_.simulator()) + "<h2>What to start Pollux with</h2><pre>" +
                        escaped(settings_of(places_, account)) + "</pre><p>Or, instead of the line with TWILIO_:</p><pre>" +
                        escaped(webhook_settings_of(places_, account)) + "</pre>",
                    refresh_s);
    }

    Handler gemini_;
    StripeSim stripe_;
    SmsSim sms_;
    OpenAiSim openai_;
    Places places_;
};

} // namespace

int run_all_sims(AllSimsOptions const& options)
{
    AllSims sims(options);
    return serve_all(sims.sites(options), [&sims](std::vector<std::string> const& places) { sims.listens(places); });
}

} // namespace pollux::sims
