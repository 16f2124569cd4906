#!/bin/bash
# The pixel mathematics must compile as CUDA, or at least as C++, which CUDA's language is built on.
set -u
source_dir=${SEMILUNA_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
{
    echo '#include "core/tensor/pixel.h"'
    echo '#ifdef __CUDACC__'
    echo '__global__'
    echo '#endif'
    echo 'void use(const float *x, const float *g, float *y, int channels) {'
    # Every function of the header, called by name, so that a new one is compiled too.
    echo '    y[0] = sl_pixel_sigmoid(x[0]) + sl_pixel_bce(x[0], 1.0f) + sl_pixel_bce_gradient(x[0], 1.0f);'
    echo '    y[1] = (float)(sl_pixel_is_confident(x[0], 0.2f) + sl_pixel_argmax(x, channels));'
    echo '    y[2] = sl_pixel_log_sum_exp(x, channels).log_sum + sl_pixel_cross_entropy(x, channels, 1);'
    echo '    y[3] = sl_pixel_bilinear_tap(1, 2, 3, 0).low_weight;'
    echo '    sl_pixel_softmax(x, channels, y); sl_pixel_softmax_gradient(x, g, channels, y);'
    echo '    sl_pixel_log_softmax(x, channels, y); sl_pixel_log_softmax_gradient(x, g, channels, y);'
    echo '    sl_pixel_cross_entropy_gradient(x, channels, 1, 1.0f, y);'
    echo '}'
} >"$work/use.cu"
functions=$(grep -o '^SL_PIXEL [a-z_ ]*[ *]\(sl_pixel_[a-z_]*\)(' "$source_dir/core/tensor/pixel.h" | grep -o 'sl_pixel_[a-z_]*(' | sort -u)
[ -n "$functions" ] || { echo "FAIL: no function found in core/tensor/pixel.h"; exit 1; }
for function in $functions; do
    grep -qF "$function" "$work/use.cu" || { echo "FAIL: ${function%(} is not used by this test: add a call"; exit 1; }
done
if command -v nvcc >/dev/null; then
    nvcc -I"$source_dir" -Xcompiler -Wall,-Werror -c "$work/use.cu" -o "$work/use.o" || { echo "FAIL: nvcc refuses core/tensor/pixel.h"; exit 1; }
    echo "core/tensor/pixel.h compiles as CUDA ($(nvcc --version | sed -n 's/.*release \([0-9.]*\).*/\1/p'))"
elif command -v c++ >/dev/null; then
    c++ -x c++ -Wall -Wextra -Werror -I"$source_dir" -c "$work/use.cu" -o "$work/use.o" || { echo "FAIL: c++ refuses core/tensor/pixel.h"; exit 1; }
    echo "core/tensor/pixel.h compiles as C++; nvcc is not installed, so CUDA was not tried"
else
    echo "skipped: neither nvcc nor c++ is installed"
    exit 77
fi
