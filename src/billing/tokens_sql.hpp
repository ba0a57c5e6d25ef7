// Sums of tokens in SQL. A macro, because it must be part of literals: the address of a statement's text is the key of its prepared form.
#pragma once

// Programs that read JSON numbers as doubles read it exactly, and sums of thousands of days fit 64 bits.
#define POLLUX_TOKENS_MAX "1000000000000000"

// A sum as it may be shown and added to, whatever is kept: SQLite turns what is over 64 bits into a real.
#define POLLUX_TOKENS(column)                                                                                                              \
    "case when " column " < 0 then 0 when " column " > " POLLUX_TOKENS_MAX " then " POLLUX_TOKENS_MAX " else " column " end"
