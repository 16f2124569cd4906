// Every loss of the golden set, with its gradient, on every backend of the build.
#include "tests/support/golden.h"

int main(int argc, char **argv) {
    const sl_golden_test test = {.family = SL_GOLDEN_LOSSES, .body = sl_golden_op_check, .floor = 2e-6};
    return sl_golden_run(&test, argc > 1 ? argv[1] : NULL);
}
