// A dashboard's model of several runs in detail, with the table of them, to draw.
#ifndef SL_TEST_MODEL_COMPARE_H
#define SL_TEST_MODEL_COMPARE_H

#include "ui/tui/model.h"

enum { SL_TEST_COMPARED_MOST = 64 };

// The first `count` of runs 1, 2, ...: cells of three seeds, of an experiment "threshold"; the last goes on and has logged less.
// The fourth cell has names that are wide, hostile and long. The snapshot stays until the next call, and may be changed.
sl_snapshot *sl_test_compared(int count);

// A report of a text in which "\1" "1 2" "\2" stands before the cell of runs 1 and 2. `text` is changed and must stay.
sl_report sl_test_report(sl_report_kind kind, char *text);

#endif
