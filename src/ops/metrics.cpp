#include "ops/metrics.hpp"

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <mutex>

namespace pollux::ops {
namespace {

prometheus::Histogram::BucketBoundaries const seconds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};

struct Reading {
    std::string name;
    std::string help;
    std::function<double()> value;
    Labels labels;
};

struct Everything {
    prometheus::Registry registry;
    std::mutex mutex;
    std::map<Gauge const*, Reading> gauges;
};

// Never destroyed: threads may count until the process is gone.
Everything& everything()
{
    static auto* const the = new Everything;
    return *the;
}

std::vector<prometheus::MetricFamily> read_gauges(Everything& all)
{
    std::lock_guard const lock(all.mutex);
    std::map<std::string, prometheus::MetricFamily> families;
    for (auto const& [gauge, reading] : all.gauges) {
        auto& family = families[reading.name];
        family.name = reading.name;
        family.help = reading.help;
        family.type = prometheus::MetricType::Gauge;
        auto& metric = family.metric.emplace_back();
        for (auto const& [name, value] : reading.labels) metric.label.push_back({name, value});
        metric.gauge.value = reading.value();
    }
    std::vector<prometheus::MetricFamily> read;
    for (auto& [name, family] : families) read.push_back(std::move(family));
    return read;
}

} // namespace

Counter::Counter(std::string const& name, std::string const& help, Labels const& labels)
    : counter_(&prometheus::BuildCounter().Name(name).Help(help).Register(everything().registry).Add(labels))
{}

void Counter::add(double count) const
{
    counter_->Increment(count);
}

Timing::Timing(std::string const& name, std::string const& help, Labels const& labels)
    : histogram_(&prometheus::BuildHistogram().Name(name).Help(help).Register(everything().registry).Add(labels, seconds))
{}

void Timing::observe(std::chrono::nanoseconds duration) const
{
    histogram_->Observe(std::chrono::duration<double>(duration).count());
}

Gauge::Gauge(std::string name, std::string help, std::function<double()> value, Labels labels)
{
    auto& all = everything();
    std::lock_guard const lock(all.mutex);
    all.gauges.emplace(this, Reading{std::move(name), std::move(help), std::move(value), std::move(labels)});
}

Gauge::~Gauge()
{
    auto& all = everything();
    std::lock_guard const lock(all.mutex);
    all.gauges.erase(this);
}

std::string metrics_text()
{
    auto& all = everything();
    auto families = all.registry.Collect();
    for (auto& family : read_gauges(all)) families.push_back(std::move(family));
    return prometheus::TextSerializer().Serialize(families);
}

} // namespace pollux::ops
