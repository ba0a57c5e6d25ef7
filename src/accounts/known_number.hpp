// Which number somebody means: as numbers/ reads it, or as Pollux read it before it knew calling codes and lengths, where an account of
// that time has it.
#pragma once

#include "accounts/user_store.hpp"
#include "numbers/number_reader.hpp"

namespace pollux::accounts {

enum class NumberUse {
    existing, // To get into an account.
    sign_up,  // To make one: a sign-up of that time that nobody verified is nobody's.
};

// The new form counts first. Where only the old one has an account it is meant; where both have, the older account is reached by its
// number written with "+". Errors: as read_number(), when no account has the old form either.
asio::awaitable<Result<std::string>> known_number(UserStore& users, numbers::NumberPlan const& plan, std::string typed,
                                                  NumberUse use = NumberUse::existing);

} // namespace pollux::accounts
