// Parameters of a call to Stripe: application/x-www-form-urlencoded, names written out as Stripe nests them ("line_items[0][price]").
// The same parameters in the same order give the same bytes, which Stripe compares when an operation is repeated with its key.
// Source: npm stripe, utils.js; docs.stripe.com/api.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pollux::billing::stripe {

class Form {
public:
    Form& add(std::string_view name, std::string_view value);
    Form& add(std::string_view name, char const* value) { return add(name, std::string_view(value)); }
    Form& add(std::string_view name, std::int64_t value);
    Form& add(std::string_view name, bool value);

    bool is_empty() const { return text_.empty(); }
    std::string const& text() const { return text_; } // "a=1&b[c]=2", escaped: a body, or a query.

    // Of the first parameter of this name; empty: there is none.
    std::string value(std::string_view name) const;

    static Form of_text(std::string text); // As text() gave it.

private:
    std::string text_;
};

} // namespace pollux::billing::stripe
