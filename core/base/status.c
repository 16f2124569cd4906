#include "core/base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char error_message[1024];

sl_status sl_error(sl_status code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    // Formatted aside first: an argument may be the current message itself.
    char text[sizeof error_message];
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    memcpy(error_message, text, sizeof text);
    return code;
}

sl_status sl_error_prefix(sl_status code, const char *format, ...) {
    char prefix[512], text[sizeof error_message];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(prefix, sizeof prefix, format, arguments);
    va_end(arguments);
    int length = snprintf(text, sizeof text, "%s: ", prefix);
    if (length > 0 && (size_t)length < sizeof text) {
        size_t room = sizeof text - (size_t)length - 1, have = strlen(error_message);
        size_t take = have < room ? have : room;
        memcpy(text + length, error_message, take);
        text[(size_t)length + take] = '\0';
    }
    memcpy(error_message, text, sizeof text);
    return code;
}

const char *sl_error_message(void) {
    return error_message;
}
