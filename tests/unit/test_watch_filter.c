// The dashboard's filter from its text to the rows: through Lua, on the collector's thread, while it is typed.
#include "tests/support/cmocka.h"
#include "tests/support/database.h"
#include "ui/cli/watch_filter.h"
#include "ui/tui/collect/collect.h"
#include <stdio.h>
#include <string.h>

static void test_typing(void **state) {
    static const struct {
        const char *filter, *rows, *problem; // rows: ids, newest first
    } typed[] = {
        {"", "4321", NULL},
        {"s", "4321", NULL}, // in the name of every method
        {"second", "43", NULL},
        {"seed", "", NULL},
        {"seed >", "", "column"}, // not finished: the last one that was understood stays
        {"seed > 1", "432", NULL},
        {"seed > 1 and state = 'dead'", "4", NULL},
        {"method.threshold = 0.5", "42", NULL},
        {"nobody = 1", "42", "no option, metric or column \"nobody\""},
        {"miou >= 0.4", "31", NULL},
        {"'; DROP TABLE run; --", "", NULL},
        {"", "4321", NULL},
    };
    const char *folder = sl_test_folder(), *path = sl_test_path(folder, "filter.db");
    sl_watch_filter *filter;
    sl_collector *collector;
    sl_test_database_fill(path);
    assert_ok(sl_watch_filter_new(path, &filter));
    assert_ok(sl_collector_open(path, &(sl_collect_options){.compile = sl_watch_filter_compile, .user = filter}, &collector));
    for (size_t i = 0; i < sizeof typed / sizeof *typed; i++) {
        uint64_t serial;
        char rows[10] = "";
        assert_ok(sl_collector_ask(collector, &(sl_request){.filter = typed[i].filter}, &serial));
        assert_true(sl_collector_wait(collector, serial, 20));
        const sl_snapshot *s = sl_collector_take(collector);
        for (size_t k = 0; k < s->run_count; k++) rows[k] = (char)('0' + s->runs[k].id);
        if (strcmp(rows, typed[i].rows) != 0) fail_msg("%s: rows %s, expected %s", typed[i].filter, rows, typed[i].rows);
        if (!typed[i].problem) {
            assert_null(s->filter_problem);
        } else {
            assert_non_null(s->filter_problem);
            assert_non_null(strstr(s->filter_problem, typed[i].problem));
            assert_null(strchr(s->filter_problem, '\n'));
        }
        assert_null(s->problem);
        sl_collector_release(collector, s);
    }
    sl_collector_close(collector);
    sl_watch_filter_free(filter);
    sl_test_folder_remove(folder);
    print_message("%zu filters typed\n", sizeof typed / sizeof *typed);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_typing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
