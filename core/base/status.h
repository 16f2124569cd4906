// Status codes and the message of the last error.
//
// Every function that can fail returns a status. The message, with the values that matter, is kept per thread until the next
// error on that thread.
#ifndef SL_BASE_STATUS_H
#define SL_BASE_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

typedef enum sl_status {
    SL_OK = 0,
    SL_ERR_ARGUMENT,    // a value the caller passed is wrong (shape, range, unknown name)
    SL_ERR_MEMORY,      // an allocation failed
    SL_ERR_IO,          // the operating system refused a read or write
    SL_ERR_FORMAT,      // a file's content is damaged or not of the expected kind
    SL_ERR_DATA,        // well-formed input that does not fit (label out of range, sizes differ)
    SL_ERR_UNSUPPORTED, // a known request this build or backend cannot serve
    SL_ERR_LIBRARY,     // a library (oneDNN, SQLite, ...) reported an error
    SL_ERR_STOPPED,     // an operation was interrupted on request
} sl_status;

// Records the message (printf format) for this thread and returns `code`, so that `return sl_error(...)` reads well.
sl_status sl_error(sl_status code, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Puts `prefix` (printf format) and ": " before the current message; returns `code`. For adding a file name on the way up.
sl_status sl_error_prefix(sl_status code, const char *format, ...) __attribute__((format(printf, 2, 3)));

// The message of this thread's last error; "" if there was none. Valid until the next error on this thread.
const char *sl_error_message(void);

// Leaves the function with the status of `expression` unless it is SL_OK.
#define SL_TRY(expression)                                  \
    do {                                                    \
        sl_status sl_try_status_ = (expression);            \
        if (sl_try_status_ != SL_OK) return sl_try_status_; \
    } while (0)

#ifdef __cplusplus
}
#endif
#endif
