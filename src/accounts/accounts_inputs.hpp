// What clients may send to this room. The types check themselves while they are read.
#pragma once

#include "base/json.hpp"

namespace pollux::accounts {

// 6 digits, as text. Read as people paste them: blanks and dashes go, digits of any script count (base/typed_text.hpp).
struct CodeText {
    static constexpr std::size_t typed_max = 40; // Characters, with all that goes.
    std::string value;                           // ASCII digits.
};

// Something@something on one line, 3 to 254 characters; nothing else is certain of an e-mail address before one was sent.
struct EmailText {
    std::string value;
};

// A number as somebody types or pastes it, with whatever cannot be seen; numbers/number_reader.hpp says what becomes of it.
struct MobileText {
    static constexpr std::size_t characters_max = 80;
    std::string value;
};

using PersonName = Line<1, 100>;
using NewPassword = Text<8, 256>;
using GivenPassword = Text<1, 256>;

enum class Purpose { signup, login, reset_password, forgot, confirm }; // forgot is reset_password.
BOOST_DESCRIBE_ENUM(Purpose, signup, login, reset_password, forgot, confirm)

struct SignUp {
    MobileText mobile;
    std::optional<NewPassword> password;
    std::optional<PersonName> name;
    std::optional<EmailText> email;
};
POLLUX_DESCRIBE(SignUp, (mobile, password, name, email))

struct SendOtp {
    MobileText mobile;
    Purpose purpose = Purpose::login;
};
POLLUX_DESCRIBE(SendOtp, (mobile, purpose))

struct VerifyOtp {
    MobileText mobile;
    CodeText code;
    Purpose purpose = Purpose::login;
    std::optional<Line<1, 100>> challenge;
    std::optional<GivenPassword> password;
    std::optional<Line<1, 100>> signup_token;
};
POLLUX_DESCRIBE(VerifyOtp, (mobile, code, purpose, challenge, password, signup_token))

struct LogIn {
    MobileText mobile;
    GivenPassword password;
};
POLLUX_DESCRIBE(LogIn, (mobile, password))

struct LogInByLink {
    Line<1, 100> token;
};
POLLUX_DESCRIBE(LogInByLink, (token))

struct ForgotPassword {
    MobileText mobile;
};
POLLUX_DESCRIBE(ForgotPassword, (mobile))

struct ResetPassword {
    Line<1, 100> reset_token;
    NewPassword new_password;
};
POLLUX_DESCRIBE(ResetPassword, (reset_token, new_password))

struct ChangePassword {
    GivenPassword old_password;
    NewPassword new_password;
};
POLLUX_DESCRIBE(ChangePassword, (old_password, new_password))

struct RefreshSession {
    std::optional<Line<1, 200>> refresh; // Of all but the pages, which have it in their cookie.
};
POLLUX_DESCRIBE(RefreshSession, (refresh))

struct LogOut {
    std::optional<Line<1, 200>> refresh;
    std::optional<bool> all;
};
POLLUX_DESCRIBE(LogOut, (refresh, all))

struct SessionsQuery {
    std::optional<Int<1, 100>> limit;
    std::optional<Line<1, 100>> cursor;
};
POLLUX_DESCRIBE(SessionsQuery, (limit, cursor))

struct ChangeProfile {
    std::optional<Nullable<PersonName>> name;
    std::optional<Nullable<EmailText>> email;
    std::optional<Text<0, 4000>> custom_instructions;
};
POLLUX_DESCRIBE(ChangeProfile, (name, email, custom_instructions))

struct DeleteAccount {
    std::optional<GivenPassword> password;
};
POLLUX_DESCRIBE(DeleteAccount, (password))

} // namespace pollux::accounts

namespace pollux {

template <>
struct Json<accounts::CodeText> {
    static void read(JsonValue const& value, std::string const& field, accounts::CodeText& out, FieldErrors& errors);
    static std::string schema(SchemaBook&)
    {
        return R"({"type":"string","minLength":6,"maxLength":40,"examples":["123456"],)"
               R"("description":"6 digits; spaces, dashes and invisible characters between them do not matter."})";
    }
};

template <>
struct Json<accounts::MobileText> {
    static void read(JsonValue const& value, std::string const& field, accounts::MobileText& out, FieldErrors& errors);
    static std::string schema(SchemaBook&) { return R"({"type":"string","minLength":1,"maxLength":80})"; }
};

template <>
struct Json<accounts::EmailText> {
    static void read(JsonValue const& value, std::string const& field, accounts::EmailText& out, FieldErrors& errors);
    static std::string schema(SchemaBook&) { return R"({"type":"string","format":"email","minLength":3,"maxLength":254})"; }
};

} // namespace pollux
