// What the files of tell.h share: the database's side of an order.
#ifndef SL_UI_TUI_TELL_IMPL_H
#define SL_UI_TUI_TELL_IMPL_H

#include "db/db.h"
#include "ui/tui/tell/tell.h"

// One run of an order.
typedef struct sl_told {
    int64_t run, command; // command: the row's id, 0 before there is one
    char label[16];       // how it is called: the start of its id
    bool answered, done;
    char *answer; // or why there is none; "" where there is nothing to add
} sl_told;

typedef struct sl_told_order {
    char *name, *argument;
    sl_told *runs;
    size_t count;
    double since; // seconds of the steady clock at which it was given
    bool sent, waiting_told, late_told;
    struct sl_told_order *next;
} sl_told_order;

// Writes an order, all of its runs in one transaction: each then has a command to wait for, or is answered. *locked: another
// program has the file locked, and nothing was written.
sl_status sl_tell_write(sl_db *db, sl_told_order *order, bool *locked);
// Looks for the answers that are still missing. A run whose process is gone will give none.
sl_status sl_tell_look(sl_db *db, sl_told_order *order);

#endif
