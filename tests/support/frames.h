// Frames held against files, and a dashboard's model to draw.
#ifndef SL_TEST_FRAMES_H
#define SL_TEST_FRAMES_H

#include "ui/tui/frame/frame.h"
#include "ui/tui/model.h"

// Compares a frame cell by cell with the characters in tests/ui/golden/NAME.txt and fails at the first row that differs, showing
// both. With SEMILUNA_UPDATE_FRAMES=1 in the environment the file is written instead, to be looked at before it is committed.
void sl_test_frame(const sl_frame *frame, const char *name);

// Row `y` of a frame as text without trailing blanks, in one of a few buffers used in turn.
const char *sl_test_row(const sl_frame *frame, int y);
// Whether some row holds the text.
bool sl_test_shows(const sl_frame *frame, const char *text);

// Two experiments, twelve runs in every state, three seeds a cell, names that are wide, hostile and long; details of the run 12.
// All of it at the time 1780000000, which is 2026-05-28 20:26:40 UTC.
enum { SL_TEST_TIME = 1780000000 };
const sl_snapshot *sl_test_snapshot(void);
// The same, but run 12 has all that a run can have: every known metric and one of a script's own, schedules, eleven classes,
// events, commands, a note, findings, options.
const sl_snapshot *sl_test_run_snapshot(void);

#endif
