// Figures of payments, for the operator.
#pragma once

#include "billing/payments/fetched_state.hpp"

namespace pollux::billing {

enum class EventFate { kept, repeated, ignored, refused };

void count_event(EventFate fate);
void count_alert(PaymentAlert what);

std::string_view word_of(PaymentAlert what);

} // namespace pollux::billing
