// What the process counts, in the text format 0.0.4 that Prometheus reads. Names begin with `pollux_`, times are seconds.
//
// A counter or timing is made once, by name and labels; asking again gives the same one, and it lives as long as the process. Keep labels
// to values of which there are a handful: routes, states, providers; never ids, addresses or anything a client sends. Safe from any
// thread.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>

namespace prometheus {
class Counter;
class Histogram;
} // namespace prometheus

namespace pollux::ops {

using Labels = std::map<std::string, std::string>;

class Counter {
public:
    Counter(std::string const& name, std::string const& help, Labels const& labels = {});
    void add(double count = 1) const;

private:
    prometheus::Counter* counter_;
};

// How long something took; buckets from 1 ms to 60 s.
class Timing {
public:
    Timing(std::string const& name, std::string const& help, Labels const& labels = {});
    void observe(std::chrono::nanoseconds duration) const;

private:
    prometheus::Histogram* histogram_;
};

// A value that is asked for when somebody looks. Gone when the object is.
class Gauge {
public:
    Gauge(std::string name, std::string help, std::function<double()> value, Labels labels = {});
    ~Gauge();
    Gauge(Gauge const&) = delete;
    Gauge& operator=(Gauge const&) = delete;
};

std::string metrics_text();
inline constexpr std::string_view metrics_type = "text/plain; version=0.0.4; charset=utf-8";

} // namespace pollux::ops
