// Kitty's graphics: exact bytes, chunks decoded again.
#include "tests/support/cmocka.h"
#include "ui/tui/terminal/kitty.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static void test_exact(void **state) {
    static const uint32_t pixels[] = {0x000000, 0xFFFFFF, 0x123456, 0x4D616E};
    sl_text out = {0};
    assert_ok(sl_text_append(&out, "before"));
    assert_ok(sl_kitty_append(&out, 7, pixels, 2, 2, 10, 5));
    assert_string_equal(out.data, "before\033_Ga=T,q=2,f=24,s=2,v=2,c=10,r=5,C=1,i=7,p=1,m=0;AAAA////EjRWTWFu\033\\");
    sl_text_free(&out);
    assert_ok(sl_kitty_delete(&out, 4000000000u));
    assert_string_equal(out.data, "\033_Ga=d,d=I,i=4000000000,q=2\033\\");
    sl_text_free(&out);
    assert_ok(sl_kitty_append(&out, 7, pixels, 0, 2, 10, 5));
    assert_null(out.data);
}

static int digit(char character) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = strchr(digits, character);
    assert_true(at && *at);
    return (int)(at - digits);
}

static void test_chunks(void **state) {
    enum { WIDTH = 47, HEIGHT = 101, COUNT = WIDTH * HEIGHT };
    static uint32_t pixels[COUNT];
    sl_text out = {0};
    for (int i = 0; i < COUNT; i++) pixels[i] = (uint32_t)i * 2654435761u >> 8;
    assert_ok(sl_kitty_append(&out, 1, pixels, WIDTH, HEIGHT, 4, 5));
    const char *at = out.data;
    int got = 0, chunks = 0;
    for (;; chunks++) {
        assert_memory_equal(at, "\033_G", 3);
        const char *payload = strchr(at, ';'), *end = strchr(at + 1, '\033');
        assert_true(payload && end && payload < end && end - payload - 1 <= 4096 && (end - payload - 1) % 4 == 0);
        bool more = payload[-1] == '1';
        assert_true(payload[-2] == '=' && payload[-3] == 'm');
        for (payload++; payload < end; payload += 4, got++) {
            uint32_t value = 0;
            for (int k = 0; k < 4; k++) value = value << 6 | (uint32_t)digit(payload[k]);
            assert_true(got < COUNT && value == pixels[got]);
        }
        assert_memory_equal(end, "\033\\", 2);
        at = end + 2;
        if (!more) break;
    }
    assert_string_equal(at, "");
    assert_int_equal(got, COUNT);
    print_message("%d pixels in %d chunks\n", got, chunks + 1);
    assert_int_equal(chunks + 1, (COUNT + 1023) / 1024);
    sl_text_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_exact), cmocka_unit_test(test_chunks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
