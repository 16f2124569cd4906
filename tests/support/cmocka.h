// cmocka and what it needs before it.
#ifndef SL_TEST_CMOCKA_H
#define SL_TEST_CMOCKA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/status.h"

// Fails with the core's own message.
#define assert_ok(expression)                                                                                              \
    do {                                                                                                                   \
        sl_status assert_ok_status_ = (expression);                                                                        \
        if (assert_ok_status_ != SL_OK) fail_msg("%s: status %d: %s", #expression, assert_ok_status_, sl_error_message()); \
    } while (0)

// Fails unless the status and a part of the message are as expected.
#define assert_error(expression, code, part)                                                                      \
    do {                                                                                                          \
        sl_status assert_error_status_ = (expression);                                                            \
        if (assert_error_status_ != (code) || !strstr(sl_error_message(), (part)))                                \
            fail_msg("%s: status %d, message \"%s\"; expected %d with \"%s\"", #expression, assert_error_status_, \
                     sl_error_message(), (code), (part));                                                         \
    } while (0)

#endif
