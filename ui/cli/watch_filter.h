// The dashboard's filters, which the Lua library understands: the `compile` of sl_collect_options.
#ifndef SL_UI_CLI_WATCH_FILTER_H
#define SL_UI_CLI_WATCH_FILTER_H

#include "core/base/text.h"

typedef struct sl_watch_filter sl_watch_filter;

// For filters over the runs in the file `path`. No interpreter is started before the first of them.
sl_status sl_watch_filter_new(const char *path, sl_watch_filter **out);
void sl_watch_filter_free(sl_watch_filter *filter); // NULL is fine; after the collector was closed
// `user` is the sl_watch_filter. For one thread at a time.
sl_status sl_watch_filter_compile(void *user, const char *text, sl_text *sql);

#endif
