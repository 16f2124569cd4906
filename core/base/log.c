#include "core/base/log.h"

#include <stdarg.h>
#include <stdio.h>

static sl_log_sink log_sink;
static void *log_sink_user;

void sl_log_sink_set(sl_log_sink sink, void *user) {
    log_sink = sink;
    log_sink_user = user;
}

static void write_line(const char *format, va_list arguments) {
    char line[1024];
    vsnprintf(line, sizeof line, format, arguments);
    if (log_sink)
        log_sink(log_sink_user, line);
    else
        fprintf(stderr, "semiluna: %s\n", line);
}

void sl_log(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    write_line(format, arguments);
    va_end(arguments);
}

void sl_log_once(bool *said, const char *format, ...) {
    if (*said) return;
    *said = true;
    va_list arguments;
    va_start(arguments, format);
    write_line(format, arguments);
    va_end(arguments);
}
