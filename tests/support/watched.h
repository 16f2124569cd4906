// Databases for the dashboard as a whole: runs in every state, with something of everything that can be recorded of a run.
#ifndef SL_TEST_WATCHED_H
#define SL_TEST_WATCHED_H

#include "db/db.h"
#include "db/writer.h"
#include "ui/tui/collect/collect.h"

// What stands in the database in the place of a text, for the `number`-th run (from 0); NULL: every text as it is. Two of
// its results may be in use at once.
typedef const char *(*sl_test_disguise)(int number, const char *plain);

// Two experiments whose runs are, in turn: running (of the process above this one), done, stopped, failed, diverged, dead. Each
// has options, curves, evaluations of five classes on two splits, matrices, confidence, samples, events, commands, tags, notes,
// splits of data, an environment.
void sl_test_watched_fill(const char *path, int runs, sl_test_disguise disguise);

// More of what a run logs, at a step.
void sl_test_watched_log(sl_writer *writer, int64_t run, int64_t step, sl_test_disguise disguise);
void sl_test_watched_evaluate(sl_writer *writer, int64_t run, int64_t step, sl_test_disguise disguise);

// Filters and reports as the program gives them to the collector, over the file `path`. They last until the close.
typedef struct sl_test_reader sl_test_reader;
sl_test_reader *sl_test_reader_open(const char *path, sl_collect_options *options);
void sl_test_reader_close(sl_test_reader *reader);

#endif
