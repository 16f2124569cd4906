// The table of keys: no key means two things on a screen, everything in it can be pressed and is told on the Help screen.
#include "tests/support/cmocka.h"
#include "tests/support/frames.h"
#include "ui/tui/app.h"

#include <stdio.h>
#include <string.h>

static bool same(sl_chord a, sl_chord b) {
    return a.key != SL_KEY_NONE && a.key == b.key && a.character == b.character;
}

static void test_once(void **state) {
    int pairs = 0;
    for (size_t a = 0; a < sl_binding_count; a++) {
        const sl_binding *one = &sl_bindings[a];
        assert_false(same(one->chords[0], one->chords[1]));
        for (size_t b = a + 1; b < sl_binding_count; b++)
            for (int k = 0; k < 4; k++, pairs++)
                if (one->screens & sl_bindings[b].screens && same(one->chords[k / 2], sl_bindings[b].chords[k % 2]))
                    fail_msg("one key for \"%s\" and for \"%s\"", one->help, sl_bindings[b].help);
    }
    printf("compared %d pairs of keys\n", pairs);
}

static void test_found(void **state) {
    for (size_t i = 0; i < sl_binding_count; i++) {
        const sl_binding *binding = &sl_bindings[i];
        assert_true(binding->help && *binding->help && binding->screens && binding->action != SL_ACTION_NONE);
        assert_int_equal(binding->action == SL_ACTION_OPEN, binding->opens != 0);
        for (int k = 0; k < 2; k++) {
            char name[SL_CHORD_BYTES];
            sl_chord chord = binding->chords[k];
            if (chord.key == SL_KEY_NONE) continue;
            assert_true(*sl_chord_name(chord, name));
            for (unsigned screen = 1; screen < SL_ON_ALL; screen *= 2) {
                sl_input input = {.key = chord.key, .character = chord.character};
                bool here = binding->screens & screen;
                assert_int_equal(sl_binding_find(screen, SL_ON_ALL, false, &input) == binding, here);
                // A screen that there is not cannot be opened; what steers is not understood when only reading.
                if (here && binding->opens) assert_null(sl_binding_find(screen, SL_ON_ALL & ~binding->opens, false, &input));
                if (here && binding->steers) assert_null(sl_binding_find(screen, SL_ON_ALL, true, &input));
            }
        }
    }
    assert_null(sl_binding_find(SL_ON_RUNS, SL_ON_ALL, false, &(sl_input){.key = SL_KEY_NONE}));
    assert_null(sl_binding_find(SL_ON_RUNS, SL_ON_ALL, false, &(sl_input){.key = SL_KEY_CHARACTER, .character = 0x6708}));
}

static void test_names(void **state) {
    char name[SL_CHORD_BYTES];
    assert_string_equal(sl_chord_name((sl_chord){SL_KEY_CHARACTER, ' '}, name), "space");
    assert_string_equal(sl_chord_name((sl_chord){SL_KEY_CHARACTER, 12}, name), "^L");
    assert_string_equal(sl_chord_name((sl_chord){SL_KEY_CHARACTER, '/'}, name), "/");
    assert_string_equal(sl_chord_name((sl_chord){SL_KEY_F12, 0}, name), "F12");
    assert_string_equal(sl_chord_name((sl_chord){SL_KEY_PAGE_UP, 0}, name), "PgUp");
}

// Every key that is understood somewhere stands on the Help screen with its sentence.
static void test_help(void **state) {
    sl_app app;
    sl_frame frame = {0};
    unsigned screens = 0;
    int told = 0;
    assert_ok(sl_app_open(&app, NULL));
    for (const sl_screen *const *screen = sl_screens; *screen; screen++) screens |= (*screen)->id;
    sl_app_push(&app, SL_ON_HELP);
    assert_ok(sl_frame_resize(&frame, 150, 300));
    sl_app_draw(&app, &frame);
    for (size_t i = 0; i < sl_binding_count; i++) {
        const sl_binding *binding = &sl_bindings[i];
        char name[SL_CHORD_BYTES];
        bool found = false;
        if (!(binding->screens & screens & ~SL_ON_HELP) || (binding->opens && !(binding->opens & screens))) continue;
        sl_chord_name(binding->chords[0], name);
        for (int y = 0; y < frame.height; y++) {
            const char *row = sl_test_row(&frame, y);
            const char *at = strstr(row, name), *help = strstr(row, binding->help);
            found = found || (at && help && at < help && at - row < 6);
        }
        if (!found) fail_msg("the Help screen does not tell \"%s\": %s", name, binding->help);
        told++;
    }
    assert_true(told > 20);
    printf("found %d keys on the Help screen\n", told);
    sl_app_close(&app);
    sl_frame_free(&frame);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_once), cmocka_unit_test(test_found), cmocka_unit_test(test_names),
                                       cmocka_unit_test(test_help)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
