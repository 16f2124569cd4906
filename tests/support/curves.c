#include "tests/support/curves.h"

sl_series_column sl_test_point(double x, double value) {
    return (sl_series_column){x, value, value, value};
}

sl_series sl_test_loss(sl_series_column columns[SL_TEST_LOSS]) {
    for (int i = 0; i < SL_TEST_LOSS; i++) {
        double value = 2.3 - i / 6.0;
        columns[i] = (sl_series_column){100 * i, value - 0.05, value + 0.05, value};
    }
    return (sl_series){.name = "seg", .columns = columns, .count = SL_TEST_LOSS};
}

sl_series sl_test_rise(sl_series_column columns[SL_TEST_RISE]) {
    static const double values[] = {0.05, 0.15, 0.22, 0.2, 0.21};
    for (int i = 0; i < SL_TEST_RISE; i++) columns[i] = sl_test_point(100 * (i + 1), values[i]);
    return (sl_series){.name = "miou", .columns = columns, .count = SL_TEST_RISE};
}
