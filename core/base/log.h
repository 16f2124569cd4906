// Notices from the core (a fallback taken, a file skipped): one line each, to stderr or to a sink the program sets.
#ifndef SL_BASE_LOG_H
#define SL_BASE_LOG_H

#include <stdbool.h>

typedef void (*sl_log_sink)(void *user, const char *line);
void sl_log_sink_set(sl_log_sink sink, void *user); // NULL: stderr

void sl_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

// As sl_log, the first time only: `*said` is the caller's static flag.
void sl_log_once(bool *said, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
