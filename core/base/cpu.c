#include "core/base/cpu.h"
#include "core/base/memory.h"

#include <stdio.h>
#include <string.h>

enum { LINE = 16384 }; // the list of flags of a processor is a line of some thousand bytes

// The value of the first line of /proc/cpuinfo whose key is one of `keys`, in `line`; NULL when there is none.
static const char *cpuinfo(const char *const *keys, char *line) {
    FILE *file = fopen("/proc/cpuinfo", "r");
    const char *value = NULL;
    while (file && !value && fgets(line, LINE, file)) {
        size_t length = strcspn(line, "\t:");
        for (const char *const *key = keys; *key && !value; key++) {
            if (strlen(*key) != length || memcmp(*key, line, length) != 0) continue;
            char *start = strchr(line, ':');
            if (!start) continue;
            start += 1 + strspn(start + 1, " ");
            start[strcspn(start, "\n")] = '\0';
            value = start;
        }
    }
    if (file) fclose(file);
    return value;
}

const char *sl_cpu_model(char *buffer, size_t size) {
    char *line = sl_malloc(LINE);
    const char *value = line ? cpuinfo((const char *const[]){"model name", "Model", NULL}, line) : NULL;
    snprintf(buffer, size, "%s", value ? value : "");
    sl_free(line);
    return buffer;
}

const char *sl_cpu_features(char *buffer, size_t size) {
    static const struct {
        const char *flag, *name;
    } known[] = {
        {"sse4_1", "sse4.1"},
        {"avx2", "avx2"},
        {"avx512f", "avx512"},
        {"avx512_bf16", "avx512-bf16"},
        {"avx512_fp16", "avx512-fp16"},
        {"amx_bf16", "amx-bf16"},
        {"asimd", "neon"},
        {"sve", "sve"},
        {"bf16", "bf16"},
    };
    if (size) buffer[0] = '\0';
    char *line = sl_malloc(LINE);
    const char *flags = line ? cpuinfo((const char *const[]){"flags", "Features", NULL}, line) : NULL;
    size_t used = 0;
    for (size_t i = 0; flags && i < sizeof known / sizeof *known; i++) {
        size_t length = strlen(known[i].flag);
        for (const char *at = flags; (at = strstr(at, known[i].flag)); at += length) {
            bool starts = at == flags || at[-1] == ' ', ends = at[length] == ' ' || at[length] == '\0';
            if (!starts || !ends) continue;
            if (used < size) used += (size_t)snprintf(buffer + used, size - used, "%s%s", used ? " " : "", known[i].name);
            break;
        }
    }
    sl_free(line);
    return buffer;
}
