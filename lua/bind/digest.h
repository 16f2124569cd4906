// SHA-256 of bytes and files, as 64 hexadecimal digits.
#ifndef SL_LUA_BIND_DIGEST_H
#define SL_LUA_BIND_DIGEST_H

#include "core/base/status.h"
#include <stddef.h>
#include <stdint.h>

enum { SL_DIGEST_TEXT = 65 };

void sl_digest_bytes(const void *data, size_t bytes, char text[SL_DIGEST_TEXT]);
// Also tells the file's size. The error names the file.
sl_status sl_digest_file(const char *path, char text[SL_DIGEST_TEXT], int64_t *bytes);

#endif
