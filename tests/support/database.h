// Databases for tests: a folder of their own, and runs to look at.
#ifndef SL_TEST_DATABASE_H
#define SL_TEST_DATABASE_H

#include "db/db.h"
#include "tests/support/folder.h"
#include <stdbool.h>

// Four runs of two experiments, made by the public calls alone:
//   1 "alpha"   experiment first,  done,     300 steps, evaluated on val at 100, 200 and 300 (3 classes; best at 200)
//   2 "beta"    experiment first,  diverged, with an error, a NaN and an infinite metric
//   3 "alpha"   experiment second, running,  evaluated on val at 50; class "void" absent
//   4 "gamma"   experiment second, stored as running, heartbeat two hours old: dead
void sl_test_database_fill(const char *path);

// The integer that a query gives; -1 where it gives none. Fails the test on an error.
int64_t sl_test_integer(sl_db *db, const char *sql);

#endif
