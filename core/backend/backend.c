#include "core/backend/backend.h"
#include "core/backend/dispatch.h"
#include "core/base/log.h"

#include <string.h>

#ifndef SEMILUNA_ONEDNN
const sl_backend *sl_backend_cpu(void) {
    return NULL;
}
#endif

static const sl_backend *current;

const sl_backend *sl_backend_get(void) {
    if (!current) current = sl_backend_cpu() ? sl_backend_cpu() : &sl_backend_reference;
    return current;
}

sl_status sl_backend_use(const char *name) {
    const sl_backend *cpu = sl_backend_cpu();
    if (!strcmp(name, "reference"))
        current = &sl_backend_reference;
    else if (cpu && !strcmp(name, cpu->name))
        current = cpu;
    else
        return sl_error(SL_ERR_ARGUMENT, "no backend \"%s\" in this build: it has reference%s", name,
                        cpu ? " and cpu" : " alone");
    return SL_OK;
}

static sl_status run(const sl_op_call *call, bool backward) {
    static bool said[2][SL_OP_COUNT];
    const sl_backend *backend = sl_backend_get();
    sl_kernel kernel = backward ? backend->backward[call->op] : backend->forward[call->op];
    sl_status status = kernel ? kernel(call) : SL_ERR_UNSUPPORTED;
    if (status != SL_ERR_UNSUPPORTED || backend == &sl_backend_reference) return status;
    const char *name = sl_op_info_get(call->op)->name;
    sl_log_once(&said[backward][call->op], "%s %s: no %s kernel for this call, the reference one runs", name,
                backward ? "backward" : "forward", backend->name);
    kernel = backward ? sl_backend_reference.backward[call->op] : sl_backend_reference.forward[call->op];
    return kernel ? kernel(call) : sl_error(SL_ERR_UNSUPPORTED, "%s has no %s", name, backward ? "gradient" : "forward");
}

sl_status sl_dispatch_forward(const sl_op_call *call) {
    return run(call, false);
}
sl_status sl_dispatch_backward(const sl_op_call *call) {
    return run(call, true);
}
