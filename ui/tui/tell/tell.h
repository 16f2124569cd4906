// What the dashboard tells runs: commands are written to the database and their answers awaited by a thread of their own, so that
// a locked file never keeps the keys waiting.
//
// It is what `semiluna tell` does: a row of the table `command` that the run's process answers between two steps; tags and notes
// are written at once, for any run. A run that is not being trained is refused in the same words.
#ifndef SL_UI_TUI_TELL_H
#define SL_UI_TUI_TELL_H

#include "core/base/text.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct sl_tell sl_tell;

// One command to one run or several. `argument` is "" where it takes none; a tag that begins with "-" is taken away.
typedef struct sl_order {
    const char *name, *argument;
    const int64_t *runs;
    size_t count;
} sl_order;

typedef enum sl_tidings {
    SL_TIDINGS_WAITING, // the file is locked: it is tried again
    SL_TIDINGS_SENT,    // now the run has to answer
    SL_TIDINGS_LATE,    // it has not for a minute; its answer is still awaited
    SL_TIDINGS_DONE,    // the last of an order: done by all,
    SL_TIDINGS_REFUSED, // refused by some, or not answered,
    SL_TIDINGS_FAILED,  // or not sent at all
} sl_tidings;

enum { SL_TIDINGS_BYTES = 512, SL_TAG_BYTES = 100, SL_ARGUMENT_BYTES = 255 };

typedef struct sl_tell_news {
    sl_tidings kind;
    char text[SL_TIDINGS_BYTES]; // a sentence
} sl_tell_news;

// `ready` is called on the thread when there are news; it must not call what is below. No thread runs before the first command.
sl_status sl_tell_open(const char *path, void (*ready)(void *user), void *user, sl_tell **out);
// What is not written yet is tried for a moment longer; what then is not is appended to *unsent, a line each (NULL: not told).
void sl_tell_close(sl_tell *tell, sl_text *unsent); // NULL is fine

// Takes a copy of the order and returns at once. SL_ERR_MEMORY, SL_ERR_LIBRARY (no thread).
sl_status sl_tell_send(sl_tell *tell, const sl_order *order);
// The next news, in order; false: there are none.
bool sl_tell_next(sl_tell *tell, sl_tell_news *out);
// After how many seconds without an answer that is said (60), and a locked file is given up (60). Before the first command.
void sl_tell_patience(sl_tell *tell, double answer, double file);
size_t sl_tell_waiting(sl_tell *tell); // orders that have no answer yet

// Whether a command works on a run whether it is being trained or not.
bool sl_tell_anytime(const char *name);
// What is said of a command to a run that is not being trained, and what can be done instead. `state` is that of the table `run`;
// "running": its process is gone. Appended to *out.
sl_status sl_tell_refusal(int64_t run, const char *run_name, const char *state, int64_t step, const char *command, sl_text *out);

#endif
