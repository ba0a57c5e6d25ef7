// What texts cost is bounded: by address, block, country and hour. Nobody who asks is told, and nobody who was verified is silenced by what
// others do to numbers beside theirs.
#include "store/texts_fixture.hpp"

#include "accounts/code_budgets.hpp"

namespace pollux::accounts {
namespace {

class CodeBudgets : public TextsTest {
protected:
    void tune(AccountsOptions& options) const override
    {
        options.password_login = PasswordLogin::disabled;
        options.sms.per_hour_max = hour_max;
        options.sms.per_address_hour = address_max;
        options.sms.stop_rule = stop_rule;
    }

    void add_user(std::string const& number, int is_verified)
    {
        static constexpr db::Sql sql = "insert into users (mobile, is_verified, date_joined) values ($1, $2, now_us())";
        run(temp.database().write(sql, number, is_verified));
    }

    // Whether a text went out.
    bool gets_text(SendRequest request)
    {
        auto const before = texts();
        auto const sent = text(std::move(request));
        EXPECT_TRUE(sent) << sent.error().code();
        last_code = sent ? sent->otp.value.value_or("") : "";
        // On a machine that stood still meanwhile it waits, as it should, and comes a second later.
        while (texts() == before && last_outcome() == "waiting stood_still") {
            advance(1s);
            run_tasks();
        }
        return texts() > before;
    }
    bool gets_text(std::string const& number, http::Peer from) { return gets_text(request_from(std::move(from), number)); }
    bool gets_in(std::string const& number, http::Peer from)
    {
        if (!gets_text(number, from)) return false;
        auto verifying = verification(last_code, CodePurpose::login, number);
        verifying.guesser = {from, {}};
        return static_cast<bool>(verify(std::move(verifying)));
    }

    int hour_max = 1'000;
    int address_max = 60;
    sms::StopRule stop_rule;
    std::string last_code;
};

TEST_F(CodeBudgets, of_an_address_hold_for_strangers)
{
    address_max = 10;
    for (int index = 0; index < 10; ++index) {
        add_user(number(index), 0);
        EXPECT_TRUE(gets_text(number(index), address(1))) << index;
    }
    add_user(number(10), 1);
    EXPECT_FALSE(gets_text(number(10), address(1)));
    EXPECT_EQ(last_outcome(), "dropped address");
    advance(6min); // One of ten an hour is back.
    add_user(number(11), 1);
    EXPECT_TRUE(gets_text(number(11), address(1)));
    EXPECT_TRUE(gets_text(number(10), address(2)));
}

TEST_F(CodeBudgets, of_an_address_know_devices_of_the_account)
{
    address_max = 5;
    add_user(mobile, 0);
    ASSERT_TRUE(gets_text(mobile, address(1)));
    auto const device = identity_of(verify(last_code).value());
    for (int index = 0; index < 5; ++index) {
        add_user(number(index), 0);
        gets_text(number(index), address(1));
    }
    advance(61s);
    auto by_device = request_from(address(1));
    by_device.device = device;
    auto const before = texts();
    text(by_device).value();
    EXPECT_EQ(texts(), before + 1);
    // A session of somebody else's is no use.
    add_user(number(7), 1);
    auto by_other = request_from(address(1), number(7));
    by_other.device = device;
    text(by_other).value();
    EXPECT_EQ(last_outcome(), "dropped address");
}

TEST_F(CodeBudgets, of_a_network_hold_over_its_addresses)
{
    address_max = 5;
    for (int index = 0; index < 6; ++index) {
        add_user(number(index), 0);
        auto const prefix = "2001:db8:0:1" + std::to_string(index);
        bool const is_sent = gets_text(number(index), {prefix + "::1", prefix, "2001:db8::/56"});
        EXPECT_EQ(is_sent, index < 5) << index;
    }
    EXPECT_EQ(last_outcome(), "dropped network");
}

TEST_F(CodeBudgets, count_unknown_numbers_like_known_ones)
{
    address_max = 10;
    for (int index = 0; index < 10; ++index) text(request_from(address(1), number(index))).value();
    EXPECT_EQ(last_outcome(), "decoy");
    add_user(number(11), 1);
    EXPECT_FALSE(gets_text(number(11), address(1)));
}

TEST_F(CodeBudgets, of_a_block_are_for_numbers_that_were_never_verified)
{
    int sent = 0;
    for (int index = 0; index < 25; ++index) {
        auto const neighbour = "+1202555" + std::to_string(2000 + index);
        add_user(neighbour, 0);
        if (gets_in(neighbour, address(index))) ++sent; // Their codes are used: nothing is wrong with the block.
    }
    EXPECT_EQ(sent, 20);
    EXPECT_EQ(last_outcome(), "dropped block");
    add_user("+12025553000", 1);
    EXPECT_TRUE(gets_text("+12025553000", address(99)));
    add_user("+12025564000", 0); // The next block.
    EXPECT_TRUE(gets_text("+12025564000", address(98)));
    advance(3min + 1s);
    add_user("+12025553001", 0);
    EXPECT_TRUE(gets_text("+12025553001", address(97)));
}

// Verified, never verified and nobody's: what a code takes of the budgets is the same, to the row.
class WatchedBudgets : public CodeBudgets {
protected:
    // What is left after `number` was asked for, as the rows of the budgets are beside now.
    std::vector<std::string> rows_after(std::string const& number)
    {
        text(request_from(address(50), number)).value();
        outcomes.push_back(last_outcome());
        static constexpr db::Sql sql = "select budget_key || ' ' || (full_again_at - $1) from guess_budgets order by budget_key";
        auto const rows = run(temp.database().read(sql, temp.clock().now()));
        std::vector<std::string> shown;
        for (std::size_t index = 0; index < rows.size(); ++index) shown.push_back(rows[index].only().text());
        return shown;
    }

    // After a day, when nothing is left of what was before.
    void begin_anew()
    {
        advance(49h);
        run(temp.database().write(db::Sql("delete from guess_budgets")));
        run(temp.database().write(db::Sql("delete from users")));
    }

    // The same with each kind of number, after `prepare`.
    void expect_alike(std::string const& number, std::function<void()> const& prepare)
    {
        std::vector<std::vector<std::string>> seen;
        for (int kind = 0; kind < 3; ++kind) {
            begin_anew();
            if (kind < 2) add_user(number, kind == 0 ? 1 : 0);
            prepare();
            seen.push_back(rows_after(number));
        }
        EXPECT_FALSE(seen[0].empty());
        EXPECT_EQ(seen[0], seen[1]);
        EXPECT_EQ(seen[0], seen[2]);
    }

    std::vector<std::string> outcomes;
};

TEST_F(WatchedBudgets, tell_nobody_who_was_verified)
{
    expect_alike("+12025551234", [] {});
    EXPECT_EQ(outcomes, (std::vector<std::string>{"accepted", "accepted", "decoy"}));
}

TEST_F(WatchedBudgets, of_a_block_that_is_spent_tell_nothing)
{
    expect_alike("+12025551234", [this] {
        for (int index = 0; index < 20; ++index) text(request_from(address(index), "+1202555" + std::to_string(2000 + index))).value();
    });
    EXPECT_EQ(outcomes, (std::vector<std::string>{"accepted", "dropped block", "dropped block"}));
}

TEST_F(WatchedBudgets, of_a_country_that_is_stopped_tell_nothing)
{
    expect_alike("+22891001234", [this] {
        for (int index = 0; index < 41; ++index)
            text(request_from(address(index), "+2289" + std::to_string(200'0000 + index * 10'000))).value();
    });
    EXPECT_EQ(outcomes, (std::vector<std::string>{"accepted", "dropped country_unused", "dropped country_unused"}));
}

TEST_F(CodeBudgets, end_for_a_country_where_nobody_uses_codes)
{
    auto const togo = [](int index) { return "+2289" + std::to_string(100'0000 + index * 10'000); };
    int sent = 0;
    for (int index = 0; index < 60; ++index) {
        add_user(togo(index), 0);
        if (gets_text(togo(index), address(index))) ++sent;
    }
    EXPECT_EQ(sent, 40); // Twenty that may still be typed, and twenty.
    EXPECT_EQ(last_outcome(), "dropped country_unused");
    advance(3h);
    add_user(togo(70), 0);
    EXPECT_FALSE(gets_text(togo(70), address(70)));
    add_user(togo(71), 1);
    EXPECT_TRUE(gets_text(togo(71), address(71))); // Verified before.
    add_user(number(1), 0);
    EXPECT_TRUE(gets_text(number(1), address(72))); // Elsewhere.
    advance(24h);
    EXPECT_TRUE(gets_text(togo(70), address(70)));
}

TEST_F(CodeBudgets, end_where_the_settings_say)
{
    stop_rule = {.judged_from = 5, .used_percent_min = 50};
    auto const togo = [](int index) { return "+2289" + std::to_string(100'0000 + index * 10'000); };
    for (int index = 0; index < 5; ++index) {
        add_user(togo(index), 0);
        bool const is_in = index < 2 ? gets_in(togo(index), address(index)) : gets_text(togo(index), address(index));
        EXPECT_TRUE(is_in) << index;
        advance(3min);
    }
    add_user(togo(5), 0);
    EXPECT_FALSE(gets_text(togo(5), address(5)));
    EXPECT_EQ(last_outcome(), "dropped country_unused");
}

TEST_F(CodeBudgets, end_nowhere_where_the_settings_say_so)
{
    stop_rule.used_percent_min = 0;
    for (int index = 0; index < 100; ++index) {
        add_user(number(index), 0);
        EXPECT_TRUE(gets_text(number(index), address(index))) << index << last_outcome();
        advance(1min);
    }
}

TEST_F(CodeBudgets, go_on_where_codes_are_used)
{
    for (int index = 0; index < 100; ++index) {
        add_user(number(index), 0);
        bool const is_in = index % 4 == 0 ? gets_in(number(index), address(index)) : gets_text(number(index), address(index));
        EXPECT_TRUE(is_in) << index << last_outcome();
        advance(1min);
    }
}

TEST_F(CodeBudgets, of_the_hour_keep_half_for_numbers_that_were_verified)
{
    hour_max = 40;
    int to_new = 0;
    int to_verified = 0;
    // Each signs up and logs in at once: no rule but that of the hour has anything against them.
    for (int index = 0; index < 60; ++index) {
        add_user(number(index), 0);
        if (gets_in(number(index), address(index))) ++to_new;
        advance(1min);
    }
    EXPECT_LE(to_new, 20);
    EXPECT_GE(to_new, 17);
    EXPECT_GT(count("select count(*) from sms_log where reason = 'new_hour'"), 30);
    for (int index = 100; index < 110; ++index) {
        add_user(number(index), 1);
        if (gets_text(number(index), address(index))) ++to_verified;
    }
    EXPECT_GE(to_verified, 5); // What is kept for them at once.
    for (int index = 110; index < 120; ++index) {
        add_user(number(index), 1);
        if (gets_text(number(index), address(index))) ++to_verified;
    }
    EXPECT_LE(to_new + to_verified, hour_max);
    EXPECT_EQ(last_outcome(), "dropped hour");
}

// Who has a device is served while strangers ask for codes to numbers that were verified, as many as there are.
TEST_F(CodeBudgets, of_the_hour_keep_a_quarter_for_devices)
{
    hour_max = 16;
    std::vector<std::pair<std::string, http::Identity>> devices;
    for (int index = 0; index < 4; ++index) {
        add_user(number(index), 0);
        ASSERT_TRUE(gets_text(number(index), address(index)));
        devices.emplace_back(number(index), identity_of(verify(verification(last_code, CodePurpose::login, number(index))).value()));
        advance(20min);
    }
    int to_strangers = 0;
    for (int index = 100; index < 120; ++index) {
        add_user(number(index), 1);
        if (gets_text(number(index), address(index))) ++to_strangers;
    }
    EXPECT_EQ(last_outcome(), "dropped hour");
    EXPECT_EQ(to_strangers, 4); // At once: two of the open half, two of what is kept.
    int to_devices = 0;
    for (auto const& [own, device] : devices) {
        auto sending = request_from(address(200), own);
        sending.device = device;
        auto const before = texts();
        text(sending).value();
        if (texts() > before) ++to_devices;
        advance(31min);
    }
    EXPECT_EQ(to_devices, 4);
}

TEST_F(CodeBudgets, of_what_is_kept_give_a_number_two_a_day)
{
    hour_max = 80;
    add_user(mobile, 1);
    std::vector<std::string> outcomes;
    for (int round = 0; round < 4; ++round) {
        for (int index = 0; index < 25; ++index) text(request_from(address(index), number(round * 25 + index))).value();
        EXPECT_EQ(last_outcome(), "dropped new_hour");
        text(request_from(address(100 + round))).value();
        outcomes.push_back(last_outcome());
        advance(2min);
    }
    EXPECT_EQ(outcomes, (std::vector<std::string>{"accepted", "accepted", "dropped number_day", "dropped number_day"}));
    advance(12h);
    EXPECT_TRUE(gets_text(mobile, address(110))); // The open half asks nothing of the kind.
}

TEST(CodeFlow, never_exceeds_its_hour)
{
    auto const in_an_hour = [](Budget const& budget) {
        auto const count = static_cast<double>(budget.count_max);
        return count + count * 3'600 / static_cast<double>(budget.window.count());
    };
    for (std::int64_t const hour_max : {8, 9, 10, 11, 12, 13, 16, 100, 999, 1'000, 10'000}) {
        for (auto const flow : {flow_of(hour_max), kept_flow_of(hour_max)}) {
            EXPECT_LE(flow.at_once + flow.per_hour, hour_max) << hour_max;
            EXPECT_GE(flow.at_once + flow.per_hour, hour_max - 1) << hour_max;
        }
        auto const open = codes_of_open_half(hour_max);
        auto const verified = codes_to_verified_per_hour(hour_max);
        auto const devices = codes_by_devices_per_hour(hour_max);
        auto const whole = static_cast<double>(hour_max);
        EXPECT_LT(in_an_hour(open), whole / 2 + 1) << hour_max;
        EXPECT_LT(in_an_hour(open) + in_an_hour(verified) + in_an_hour(devices), whole + 1) << hour_max;
    }
}

// --- Guesses ---------------------------------------------------------------------------------------------------------------------

class CodeGuesses : public CodeBudgets {
protected:
    std::string guess(std::string const& number, std::string code, http::Peer from, std::optional<http::Identity> device = {})
    {
        auto verifying = verification(std::move(code), CodePurpose::login, number);
        verifying.guesser = {std::move(from), device};
        return error_of(verify(std::move(verifying)));
    }
};

TEST_F(CodeGuesses, that_are_wrong_are_limited_by_address_and_network)
{
    address_max = 10;
    for (int index = 0; index < 10; ++index) EXPECT_EQ(guess(number(index), "000000", address(1)), "invalid_code");
    EXPECT_EQ(guess(number(10), "000000", address(1)), "too_many_guesses");
    auto neighbour = address(1);
    neighbour.address = neighbour.limit_prefix = "198.0.1.8";
    EXPECT_EQ(guess(number(10), "000000", neighbour), "too_many_guesses");
    EXPECT_EQ(guess(number(10), "000000", address(2)), "invalid_code");
    advance(7min);
    EXPECT_EQ(guess(number(10), "000000", address(1)), "invalid_code");
}

TEST_F(CodeGuesses, that_are_right_cost_nothing)
{
    address_max = 5;
    for (int index = 0; index < 20; ++index) {
        add_user(number(index), 0);
        auto const code = send(request_from(address(100 + index), number(index))).value().otp.value.value();
        EXPECT_EQ(guess(number(index), code, address(1)), "");
    }
}

TEST_F(CodeGuesses, of_a_device_of_the_account_are_not_strangers)
{
    address_max = 3;
    add_user(mobile, 0);
    auto const code = send(request_from(address(9))).value().otp.value.value();
    auto const device = identity_of(verify(code).value());
    for (int index = 0; index < 3; ++index) guess(number(index), "000000", address(1));
    advance(61s);
    auto const next = send(request_from(address(9))).value().otp.value.value();
    EXPECT_EQ(guess(mobile, next, address(1)), "too_many_guesses");
    EXPECT_EQ(guess(mobile, wrong(next), address(1), device), "invalid_code");
    EXPECT_EQ(guess(mobile, next, address(1), device), "");
    EXPECT_EQ(guess(number(5), "000000", address(1), device), "too_many_guesses"); // Somebody else's.
}

// Everywhere a guess that is wrong is let through by two networks, at any number of phones.
TEST_F(CodeGuesses, across_phones_are_bounded_by_the_day)
{
    int const days = test::is_deep() ? 30 : 2;
    constexpr int networks = 2;
    address_max = 10;
    int serial = 0;
    for (int day = 0; day < days; ++day) {
        int compared = 0;
        for (int round = 0; round < 24 * 4; ++round) {
            for (int network = 0; network < networks; ++network) {
                while (guess(number(serial++ % 800), "000000", address(network)) == "invalid_code") ++compared;
            }
            advance(15min);
        }
        EXPECT_LE(compared, networks * 24 * address_max) << day;
        EXPECT_GE(compared, networks * 22 * address_max) << day;
    }
}

// --- Attacks and crowds ----------------------------------------------------------------------------------------------------------

class CodeAttacks : public CodeBudgets {
protected:
    CodeAttacks() { address_max = 60; }

    // A day of them takes minutes on PostgreSQL.
    void SetUp() override
    {
        if (test::is_left_to_deep_runs()) GTEST_SKIP() << "only with POLLUX_DEEP=1";
    }

    static int days() { return test::is_deep() ? 30 : 1; }

    // Asks for a code for a fresh account, as somebody who has all the addresses there are.
    bool pump(std::string const& number)
    {
        add_user(number, 0);
        return gets_text(number, address(next_address_++ % 10'000));
    }

    // Somebody who was here before and has lost their devices, once an hour. How many were not served.
    void honest_login(std::string const& number)
    {
        if (!gets_in(number, address(20'000 + honest_++))) ++silenced;
    }

    int silenced = 0;

private:
    int next_address_ = 0;
    int honest_ = 0;
};

// In any 24 hours twenty that nobody used end it, and twenty more may be on their way; a day that has begun counts whole.
constexpr int unused_day_max = 40;

TEST_F(CodeAttacks, by_numbers_of_one_block_earn_little)
{
    constexpr auto verified = "+22891000000";
    add_user(verified, 1);
    int sent = 0;
    int serial = 0;
    for (int hour = 0; hour < days() * 24; ++hour) {
        for (int index = 0; index < 24; ++index) {
            ++serial;
            auto const last_digits = std::to_string(10'000 + serial % 10'000).substr(1);
            if (pump("+2289" + std::to_string(100 + serial / 10'000) + last_digits)) ++sent;
        }
        if (hour % 6 == 5) honest_login(verified);
        advance(1h);
    }
    EXPECT_LE(sent, (days() + 1) * unused_day_max);
    EXPECT_GE(sent, 20);
    EXPECT_EQ(silenced, 0);
}

TEST_F(CodeAttacks, by_blocks_and_countries_earn_little_and_silence_nobody)
{
    // Calling codes with numbers of nine digits.
    std::vector<std::string> const codes{"+244", "+251", "+256", "+263", "+255", "+260", "+237", "+254"};
    int sent = 0;
    for (auto const& code : codes) add_user(code + "911112222", 1);
    for (int hour = 0; hour < days() * 24; ++hour) {
        for (int index = 0; index < 24; ++index) {
            auto const& code = codes[static_cast<std::size_t>(index) % codes.size()];
            auto const block = std::to_string(91000 + (hour * 24 + index) % 8'000);
            if (pump(code + block + std::to_string(1'000 + hour))) ++sent;
        }
        honest_login(codes[static_cast<std::size_t>(hour) % codes.size()] + "911112222");
        advance(1h);
    }
    EXPECT_LE(sent, (days() + 1) * unused_day_max * static_cast<int>(codes.size()));
    EXPECT_EQ(silenced, 0);
}

// Phones of the attacker's own, whose codes are used: nothing but the address has anything against them.
TEST_F(CodeAttacks, from_one_address_are_bounded_by_it)
{
    address_max = 10;
    int const hours = days() * 24;
    int sent = 0;
    for (int index = 0; index < hours * 15; ++index) {
        auto const own = "+1" + std::to_string(2'012'000'000LL + index * 10'007LL);
        add_user(own, 0);
        if (gets_in(own, address(1))) ++sent;
        advance(4min);
    }
    EXPECT_LE(sent, address_max + hours * address_max); // As many at once as an hour.
    EXPECT_GE(sent, hours * address_max);
}

TEST_F(CodeAttacks, on_everybody_leave_half_for_who_was_verified)
{
    hour_max = 50;
    int const hours = days() * 24;
    constexpr int attempts = 30; // An hour; 25 are open to them.
    constexpr int honest = 48;   // Each comes twice a day.
    for (int index = 0; index < honest; ++index) add_user(number(900 + index), 1);
    int sent = 0;
    for (int hour = 0; hour < hours; ++hour) {
        for (int index = 0; index < attempts; ++index) {
            auto const serial = hour * attempts + index;
            auto const own = "+1" + std::to_string(2'012'000'000LL + serial * 10'007LL);
            add_user(own, 0);
            if (gets_in(own, address(serial % 15'000))) ++sent;
        }
        for (int index = 0; index < 4; ++index) honest_login(number(900 + (hour * 4 + index) % honest));
        advance(1h);
    }
    EXPECT_LE(sent, (hours + 1) * hour_max / 2);
    EXPECT_EQ(silenced, 0);
}

// Somebody who knows many numbers that were verified, or has got as many of their own verified: nothing tells them from people who have
// lost their devices. They spend what strangers can spend, all the time. Who has a device does not notice.
TEST_F(CodeAttacks, by_numbers_that_were_verified_silence_nobody_with_a_device)
{
    hour_max = 40;
    constexpr int listed = 200;
    constexpr int honest = 24;
    std::vector<http::Identity> devices;
    for (int index = 0; index < honest; ++index) {
        add_user(number(900 + index), 0);
        ASSERT_TRUE(gets_text(number(900 + index), address(index))) << index;
        devices.push_back(identity_of(verify(verification(last_code, CodePurpose::login, number(900 + index))).value()));
        advance(10min);
    }
    for (int index = 0; index < listed; ++index) add_user(number(index), 1);
    for (int index = 0; index < honest; ++index) add_user(number(600 + index), 1);
    advance(24h);
    auto const before = texts();
    int serial = 0;
    int refused = 0; // Of those who have none.
    int const hours = days() * 24;
    for (int hour = 0; hour < hours; ++hour) {
        for (int index = 0; index < hour_max; ++index) {
            // The daily limit of a number is all that the answer tells.
            text(request_from(address(100 + serial % 15'000), number(serial % listed)));
            ++serial;
        }
        for (int index = 0; index < 4; ++index) {
            auto const place = (hour * 4 + index) % honest;
            auto sending = request_from(address(20'000 + serial % 1'000 + index), number(900 + place));
            sending.device = devices.at(static_cast<std::size_t>(place));
            if (!gets_text(std::move(sending))) ++silenced;
        }
        if (!gets_text(number(600 + hour % honest), address(30'000 + hour % 1'000))) ++refused;
        advance(1h);
    }
    EXPECT_EQ(silenced, 0);
    EXPECT_LE(texts() - before, static_cast<std::size_t>((hours + 1) * hour_max));
    EXPECT_GT(refused, hours / 4); // Or the attack was none.
    EXPECT_GT(count("select count(*) from sms_log where reason = 'hour'"), hours);
}

// A list that is short beside what is kept silences nobody else, however often it asks; with the open half spent by numbers of its own.
TEST_F(CodeAttacks, by_few_numbers_that_were_verified_silence_nobody)
{
    hour_max = 80; // Kept for numbers that were verified: ten at once, and ten an hour.
    constexpr int listed = 4;
    constexpr int honest = 48;
    for (int index = 0; index < listed; ++index) add_user(number(index), 1);
    for (int index = 0; index < honest; ++index) add_user(number(900 + index), 1);
    int const hours = days() * 24;
    int serial = 0;
    for (int hour = 0; hour < hours; ++hour) {
        for (int index = 0; index < 40; ++index, ++serial) {
            auto const own = "+1" + std::to_string(2'012'000'000LL + serial * 10'007LL);
            text(request_from(address(serial % 15'000), own)).value();
        }
        for (int index = 0; index < listed; ++index) text(request_from(address(15'000 + (serial + index) % 1'000), number(index)));
        for (int index = 0; index < 2; ++index) honest_login(number(900 + (hour * 2 + index) % honest));
        advance(1h);
    }
    EXPECT_EQ(silenced, 0);
    EXPECT_GT(count("select count(*) from sms_log where reason = 'new_hour'"), hours);
    EXPECT_GT(count("select count(*) from sms_log where reason = 'number_day'"), 0);
}

TEST_F(CodeAttacks, do_not_begin_with_an_honest_crowd_behind_one_address)
{
    std::vector<http::Identity> devices;
    for (int index = 0; index < 150; ++index) {
        add_user(number(index), 0);
        ASSERT_TRUE(gets_text(number(index), address(1'000 + index)));
        devices.push_back(identity_of(verify(verification(last_code, CodePurpose::login, number(index))).value()));
        advance(10s);
    }
    advance(2h);
    int out = 0;
    for (int index = 0; index < 200; ++index) {
        bool const is_known = index % 4 != 3;
        auto const place = index / 4 * 3 + index % 4;
        if (!is_known) {
            add_user(number(400 + index), 0);
            if (!gets_in(number(400 + index), address(1))) ++out;
        } else {
            auto sending = request_from(address(1), number(place));
            sending.device = devices.at(static_cast<std::size_t>(place));
            if (!gets_text(std::move(sending)) || !verify(verification(last_code, CodePurpose::login, number(place)))) ++out;
        }
        advance(18s);
    }
    EXPECT_EQ(out, 0);
    advance(2h);
    for (int index = 0; index < 200; ++index) {
        add_user("+1" + std::to_string(2'032'000'000LL + index * 10'007LL), 0);
        if (!gets_in("+1" + std::to_string(2'032'000'000LL + index * 10'007LL), address(1))) ++out;
        advance(72s);
    }
    EXPECT_EQ(out, 0);
}

} // namespace
} // namespace pollux::accounts
