// Series to draw.
#ifndef SL_TEST_CURVES_H
#define SL_TEST_CURVES_H

#include "ui/tui/model.h"

enum { SL_TEST_LOSS = 13, SL_TEST_RISE = 5 };

sl_series_column sl_test_point(double x, double value);
// "seg", at the steps 0, 100 to 1200 from 2.3 down to 0.3, each a stroke of 0.1; "miou", from 0.05 at 100 over 0.22 at 300 to
// 0.21 at 500. The columns are the caller's.
sl_series sl_test_loss(sl_series_column columns[SL_TEST_LOSS]);
sl_series sl_test_rise(sl_series_column columns[SL_TEST_RISE]);

#endif
