#include "lua/bind/digest.h"
#include <errno.h>
#include <sha2.h>
#include <stdio.h>
#include <string.h>

static void finish(SHA2_CTX *context, char text[SL_DIGEST_TEXT]) {
    uint8_t digest[SHA256_DIGEST_LENGTH];
    SHA256Final(digest, context);
    for (size_t i = 0; i < sizeof digest; i++) snprintf(text + 2 * i, 3, "%02x", digest[i]);
}

void sl_digest_bytes(const void *data, size_t bytes, char text[SL_DIGEST_TEXT]) {
    SHA2_CTX context;
    SHA256Init(&context);
    SHA256Update(&context, data, bytes);
    finish(&context, text);
}

sl_status sl_digest_file(const char *path, char text[SL_DIGEST_TEXT], int64_t *bytes) {
    FILE *file = fopen(path, "rb");
    if (!file) return sl_error(SL_ERR_IO, "%s: %s", path, strerror(errno));
    SHA2_CTX context;
    SHA256Init(&context);
    uint8_t buffer[65536];
    size_t count;
    *bytes = 0;
    while ((count = fread(buffer, 1, sizeof buffer, file)) > 0) {
        SHA256Update(&context, buffer, count);
        *bytes += (int64_t)count;
    }
    sl_status status = ferror(file) ? sl_error(SL_ERR_IO, "%s: %s", path, strerror(errno)) : SL_OK;
    fclose(file);
    finish(&context, text);
    return status;
}
