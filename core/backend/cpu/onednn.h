// What the backend shares of oneDNN: the engine, the stream, the check of its statuses. No other room includes this.
#ifndef SL_BACKEND_CPU_ONEDNN_H
#define SL_BACKEND_CPU_ONEDNN_H

#include "core/base/status.h"
#include <oneapi/dnnl/dnnl.h>

// Leaves the function with SL_ERR_LIBRARY and the library's word unless the call succeeds.
#define SL_DNNL(expression)                                                                                            \
    do {                                                                                                               \
        dnnl_status_t sl_dnnl_status_ = (expression);                                                                  \
        if (sl_dnnl_status_ != dnnl_success) return sl_onednn_error(sl_dnnl_status_, #expression, __FILE__, __LINE__); \
    } while (0)
sl_status sl_onednn_error(dnnl_status_t status, const char *expression, const char *file, int line);

// Made on first use, once. NULL when oneDNN could not make them.
dnnl_engine_t sl_onednn_engine(void);
dnnl_stream_t sl_onednn_stream(void);

// "oneDNN 3.2.0, avx512_core"
const char *sl_onednn_about(void);

#endif
