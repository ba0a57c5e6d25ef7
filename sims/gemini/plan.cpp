#include "gemini/plan.hpp"

namespace pollux::sims {

namespace {

PlanFields<Plan> make_fields()
{
    auto fields = model_plan_fields<Plan>();
    fields.merge(PlanFields<Plan>{
        {"error_status", text_field(&Plan::error_status)},
        {"reason", text_field(&Plan::reason)},
        {"retry_delay", text_field(&Plan::retry_delay)},
        {"quota_id", text_field(&Plan::quota_id)},
        {"signature", flag_field(&Plan::signature)},
        {"citations", flag_field(&Plan::citations)},
        {"usage", flag_field(&Plan::usage)},
        {"finish", text_field(&Plan::finish)},
        {"block_reason", text_field(&Plan::block_reason)},
        {"hops", number_field(&Plan::hops)},
        {"refuse_thoughts", flag_field(&Plan::refuse_thoughts)},
        {"fault", word_field(&Plan::fault, {{"none", Fault::none},
                                            {"hang", Fault::hang},
                                            {"cut", Fault::cut},
                                            {"reset", Fault::reset},
                                            {"end", Fault::end},
                                            {"garbage", Fault::garbage},
                                            {"error", Fault::error},
                                            {"bare_error", Fault::bare_error},
                                            {"block", Fault::block}})},
    });
    return fields;
}

} // namespace

Plan read_plan(json::value const& value)
{
    static auto const fields = make_fields();
    return read_fields(value, fields);
}

} // namespace pollux::sims
