// What the dashboard remembers: written whole, read again, and not broken by whatever a file holds.
#include "tests/support/cmocka.h"
#include "tests/support/folder.h"
#include "ui/tui/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *folder;

static void test_path(void **state) {
    char path[200], small[10];
    setenv("HOME", "/home/luna", 1);
    setenv("XDG_CONFIG_HOME", "/etc/luna", 1);
    assert_true(sl_config_path(path, sizeof path));
    assert_string_equal(path, "/etc/luna/semiluna/watch.conf");
    setenv("XDG_CONFIG_HOME", "relative", 1);
    assert_true(sl_config_path(path, sizeof path));
    assert_string_equal(path, "/home/luna/.config/semiluna/watch.conf");
    assert_false(sl_config_path(small, sizeof small));
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("HOME");
    assert_false(sl_config_path(path, sizeof path));
}

static void test_round_trip(void **state) {
    sl_config config, again;
    struct stat found;
    const char *path = sl_test_path(folder, "new/folders/watch.conf");
    assert_ok(sl_config_read(&config, path));
    assert_int_equal(config.count, 0);
    assert_ok(sl_config_write(&config, path)); // nothing to write
    assert_int_not_equal(access(path, F_OK), 0);
    sl_config_set(&config, "a.word", "some = value # x");
    sl_config_set_number(&config, "number", -3);
    sl_config_set_number(&config, "number", 7);
    assert_true(config.changed);
    assert_ok(sl_config_write(&config, path));
    assert_false(config.changed);
    assert_ok(sl_config_read(&again, path));
    assert_int_equal(again.count, 2);
    assert_string_equal(sl_config_get(&again, "a.word"), "some = value # x");
    assert_int_equal(sl_config_number(&again, "number", 0, 9, 1), 7);
    assert_int_equal(sl_config_number(&again, "number", 0, 5, 1), 1);
    assert_int_equal(sl_config_number(&again, "a.word", 0, 5, 2), 2);
    assert_int_equal(sl_config_number(&again, "none", 0, 5, 3), 3);
    sl_config_set_number(&again, "number", 7);
    assert_false(again.changed);
    assert_int_equal(stat(sl_test_path(folder, "new/folders"), &found), 0);
    assert_int_equal(found.st_mode & 077, 0);
}

static void test_bad(void **state) {
    sl_config config;
    const char *path = sl_test_path(folder, "bad.conf");
    FILE *file = fopen(path, "w");
    fprintf(file, "# note\nno sign\n = 1\nodd name = 2\nbytes = \033[2J\xff\n");
    for (int i = 0; i < 500; i++) fprintf(file, "name%d = %d\n", i, i);
    for (int i = 0; i < 3000; i++) fputc('x', file);
    fprintf(file, " = 1\nnumber = 99999999999999999999\nnumb");
    fclose(file);
    assert_ok(sl_config_read(&config, path));
    assert_int_equal(config.count, SL_CONFIG_MOST);
    assert_int_equal(sl_config_number(&config, "name3", 0, 9, 0), 3);
    assert_null(sl_config_get(&config, "odd name"));
    sl_config_set(&config, "one.more", "1");
    assert_null(sl_config_get(&config, "one.more"));
    memset(&config, 0, sizeof config);
    sl_config_set(&config, "a", "two\nlines");
    assert_int_equal(config.count, 0);
    sl_config_set(&config, "a", "1");
    assert_error(sl_config_write(&config, sl_test_path(path, "below/a/file")), SL_ERR_IO, "bad.conf/below");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_path), cmocka_unit_test(test_round_trip),
                                       cmocka_unit_test(test_bad)};
    folder = sl_test_folder();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sl_test_folder_remove(folder);
    return failed;
}
