// The PostgreSQL that tests stand on: a private cluster, started by tests/tools/postgres_cluster. Under ctest all tests share the one of
// the run (its URL stands in the file that POLLUX_TEST_POSTGRES names); a test program that runs alone starts its own at first use.
#pragma once

#include "support/tests_folder.hpp"

#include <libpq-fe.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include <unistd.h>

namespace pollux::test {

struct PostgresCluster {
    std::string url;    // Of the database postgres, as superuser.
    std::string folder; // Holds data/.

    // A new one, which ends with this process.
    static PostgresCluster start()
    {
        std::string const command = tests_folder() + "/tools/postgres_cluster " + std::to_string(::getpid());
        std::unique_ptr<FILE, int (*)(FILE*)> const output(::popen(command.c_str(), "r"), ::pclose);
        std::string text;
        for (int c = output ? std::fgetc(output.get()) : EOF; c != EOF; c = std::fgetc(output.get())) text += static_cast<char>(c);
        auto const first = text.find('\n');
        if (first == std::string::npos) throw std::runtime_error("the tests' PostgreSQL does not start");
        return {text.substr(0, first), text.substr(first + 1, text.find('\n', first + 1) - first - 1)};
    }

    // The one that all tests share. Do not stop it.
    static PostgresCluster const& shared()
    {
        static PostgresCluster const cluster = find();
        return cluster;
    }

    std::string url_of(std::string const& database) const { return url.substr(0, url.rfind('/') + 1) + database; }

private:
    static PostgresCluster find()
    {
        char const* file = std::getenv("POLLUX_TEST_POSTGRES");
        if (file == nullptr) return start();
        PostgresCluster cluster;
        std::ifstream lines(file);
        std::getline(lines, cluster.url);
        std::getline(lines, cluster.folder);
        if (cluster.url.empty()) throw std::runtime_error(std::string("there is no URL in ") + file);
        return cluster;
    }
};

// A plain blocking connection for what tests do behind the driver's back.
class PostgresControl {
public:
    explicit PostgresControl(std::string const& url) : handle_(PQconnectdb(url.c_str()), PQfinish)
    {
        if (PQstatus(handle_.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(handle_.get()));
        run("set client_min_messages = warning");
    }

    // The first cell of the answer; empty when there is none.
    std::string run(std::string const& sql)
    {
        std::unique_ptr<PGresult, void (*)(PGresult*)> const result(PQexec(handle_.get(), sql.c_str()), PQclear);
        auto const status = PQresultStatus(result.get());
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) throw std::runtime_error(PQerrorMessage(handle_.get()));
        return PQntuples(result.get()) > 0 && PQnfields(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
    }

private:
    std::unique_ptr<PGconn, void (*)(PGconn*)> handle_;
};

// A database of its own for a test, dropped at the end.
class PostgresTestDatabase {
public:
    explicit PostgresTestDatabase(PostgresCluster const& cluster, std::string const& like = "template0") : cluster_(cluster)
    {
        static std::atomic<int> last = 0;
        name_ = "t" + std::to_string(::getpid()) + "_" + std::to_string(++last);
        PostgresControl(cluster.url).run("create database " + name_ + " template " + like);
    }
    ~PostgresTestDatabase()
    {
        try {
            PostgresControl(cluster_.url).run("drop database if exists " + name_ + " with (force)");
        } catch (std::exception const&) {
            // The cluster may be gone already, and everything with it.
        }
    }
    PostgresTestDatabase(PostgresTestDatabase const&) = delete;

    std::string url() const { return cluster_.url_of(name_); }

private:
    PostgresCluster const cluster_;
    std::string name_;
};

} // namespace pollux::test
