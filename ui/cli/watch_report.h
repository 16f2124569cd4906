// The dashboard's reports, which the Lua library writes: the `report` of sl_collect_options.
#ifndef SL_UI_CLI_WATCH_REPORT_H
#define SL_UI_CLI_WATCH_REPORT_H

#include "ui/tui/collect/collect.h"

typedef struct sl_watch_report sl_watch_report;

// Of runs in the file `path`. No interpreter is started before the first report.
sl_status sl_watch_report_new(const char *path, sl_watch_report **out);
void sl_watch_report_free(sl_watch_report *report); // NULL is fine; after the collector was closed
// `user` is the sl_watch_report. For one thread at a time.
sl_status sl_watch_report_make(void *user, const sl_report_request *wanted, sl_text *out);

#endif
