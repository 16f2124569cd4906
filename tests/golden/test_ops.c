// Every op of the golden set, forward and backward, on every backend of the build. Also names what no golden test understands.
#include "tests/support/golden.h"

int main(int argc, char **argv) {
    const sl_golden_test test = {
        .family = SL_GOLDEN_OPS,
        .body = sl_golden_op_check,
        .floor = 2e-6, // sums of a few hundred float32 terms in another order
        .report_others = true,
    };
    return sl_golden_run(&test, argc > 1 ? argv[1] : NULL);
}
