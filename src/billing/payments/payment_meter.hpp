// Figures of payments, for the operator.
#pragma once

#include "billing/payments/fetched_state.hpp"

namespace pollux::billing {

enum class EventFate { kept, repeated, ignored, refused };

void count_event(EventFate fate);
void count_alert(PaymentAlert what);
void show_figures(); // All of them from 0, so that the first one is a rise.

} // namespace pollux::billing
