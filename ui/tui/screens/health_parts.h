// The parts of the Health screen, drawn from what they are given.
#ifndef SL_UI_TUI_HEALTH_PARTS_H
#define SL_UI_TUI_HEALTH_PARTS_H

#include "ui/health.h"
#include "ui/tui/app.h"
#include "ui/tui/findings.h"

enum { SL_HEALTH_CURSOR = 2 }; // columns for the sign of where the person stands

// "a1b2c3 T=.5 s2"
void sl_health_label(const sl_run_row *run, char *out, size_t bytes);

// How all of it is, in a line; there is a snapshot. And how full the disk is.
void sl_health_state_draw(const sl_app *app, const sl_finding_list *list, sl_frame *frame, sl_rect line);
void sl_health_disk_draw(const sl_snapshot *snapshot, sl_frame *frame, sl_rect line);

// A finding, and the rows of the area that it takes. `here`: the person stands on it, and sees what the options that it names are
// now, as far as the run's detail is there.
int sl_health_finding_rows(const sl_app *app, const sl_finding_item *item, bool here, sl_rect area, bool utf8);
void sl_health_finding_draw(const sl_app *app, const sl_finding_item *item, bool here, sl_frame *frame, sl_rect area, int y);

// Something that is looked for, one of sl_health_limits; above the first stands a title.
int sl_health_limit_rows(const sl_health_limit *limit, sl_rect area, bool utf8);
void sl_health_limit_draw(const sl_health_limit *limit, bool here, sl_frame *frame, sl_rect area, int y);

#endif
