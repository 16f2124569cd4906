// Damages small valid safetensors files at random, thousands of times. None may crash the reader; each must be refused with a
// message that names it, or be readable to the last tensor. Meant for a build with sanitizers, useful without.
//
// SEMILUNA_FUZZ_SEED and SEMILUNA_FUZZ_COUNT choose other damage, and more of it; a failure prints the seed and number to repeat
// it.
#define _XOPEN_SOURCE 700
#include "tests/support/cmocka.h"
#include "tests/support/folder.h"

#include "core/base/random.h"
#include "core/io/safetensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST = 4096 };

typedef struct buffer {
    unsigned char bytes[LARGEST];
    size_t count, header; // `header`: bytes of JSON after the first 8
} buffer;

static char path[300];
static uint64_t seed = 1;
static long iteration;

static void length_set(buffer *b) {
    for (int i = 0; i < 8; i++) b->bytes[i] = (unsigned char)((uint64_t)b->header >> 8 * i);
}

static void put(buffer *b, const char *json, size_t data) {
    b->header = strlen(json);
    b->count = 8 + b->header + data;
    assert_true(b->count <= LARGEST);
    length_set(b);
    memcpy(b->bytes + 8, json, b->header);
    for (size_t i = 0; i < data; i++) b->bytes[8 + b->header + i] = (unsigned char)(i * 37);
}

// Written by hand, so that every dtype and odd but valid layouts are among the seeds.
static const struct {
    const char *json;
    size_t data;
} seeds[] = {
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2,1,2,2],\"data_offsets\":[0,32]},\"b\":{\"dtype\":\"I64\",\"shape\":[],\"data_"
     "offsets\":[32,40]},"
     "\"c\":{\"dtype\":\"U8\",\"shape\":[3,2,1],\"data_offsets\":[40,46]}}",
     46},
    {"{\"__metadata__\":{\"format\":\"pt\",\"n\":\"\\u00fc\\n\"},\"x.weight\":{\"dtype\":\"F16\",\"shape\":[4,2],\"data_"
     "offsets\":[0,16]},"
     "\"x.bias\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[16,32]},\"mask\":{\"dtype\":\"BOOL\",\"shape\":[7],\"data_"
     "offsets\":[32,39]}} ",
     39},
    {"{\"later\":{\"dtype\":\"BF16\",\"shape\":[2,2],\"data_offsets\":[5,13]},\"first\":{\"dtype\":\"U8\",\"shape\":[5],\"data_"
     "offsets\":[0,5]},"
     "\"none\":{\"dtype\":\"F32\",\"shape\":[0,3],\"data_offsets\":[5,5]},\"wide\":{\"dtype\":\"I32\",\"shape\":[1,1,1,1,2],"
     "\"data_offsets\":[13,21]}}",
     21},
    {"{}", 0},
};
enum { SEEDS = sizeof seeds / sizeof *seeds };

static void remove_range(buffer *b, size_t at, size_t count) {
    memmove(b->bytes + at, b->bytes + at + count, b->count - at - count);
    b->count -= count;
}

static void insert_range(buffer *b, size_t at, const void *what, size_t count) {
    if (count > LARGEST - b->count) return;
    memmove(b->bytes + at + count, b->bytes + at, b->count - at);
    memcpy(b->bytes + at, what, count);
    b->count += count;
}

// Replaces one run of digits in the header by a number that is likely to be wrong.
static void number_replace(buffer *b, sl_random *random) {
    static const char *const numbers[] = {"0",
                                          "1",
                                          "-1",
                                          "2",
                                          "3",
                                          "4",
                                          "8",
                                          "16",
                                          "2.0",
                                          "1e3",
                                          "4294967296",
                                          "9223372036854775807",
                                          "9223372036854775808",
                                          "18446744073709551615",
                                          "null",
                                          "\"7\"",
                                          "[]",
                                          "{}",
                                          "true"};
    size_t start = 8 + sl_random_below(random, b->header + 1), end = 8 + b->header;
    while (start < end && (b->bytes[start] < '0' || b->bytes[start] > '9')) start++;
    size_t stop = start;
    while (stop < end && b->bytes[stop] >= '0' && b->bytes[stop] <= '9') stop++;
    if (start == stop) return;
    const char *number = numbers[sl_random_below(random, sizeof numbers / sizeof *numbers)];
    remove_range(b, start, stop - start);
    b->header -= stop - start;
    size_t before = b->count;
    insert_range(b, start, number, strlen(number));
    b->header += b->count - before;
}

static void token_insert(buffer *b, sl_random *random) {
    static const char *const tokens[] = {
        "{",       "}",       "[",    "]",        ",",    ":",          "\"",      "\\",
        "\\u0000", "\\ud800", "\xff", "\xc3\xa9", " ",    "\"dtype\":", "\"F32\"", "\"__metadata__\":",
        "-",       ".",       "e",    "\n",       "null", "{\"a\":{}}", "[[[[[["};
    const char *token = tokens[sl_random_below(random, sizeof tokens / sizeof *tokens)];
    size_t before = b->count;
    insert_range(b, 8 + sl_random_below(random, b->header + 1), token, strlen(token));
    b->header += b->count - before;
}

static void piece_copy(buffer *b, sl_random *random) { // a piece of the header, somewhere else in it: doubled keys and the like
    unsigned char piece[128];
    if (b->header == 0) return;
    size_t from = sl_random_below(random, b->header), most = b->header - from < sizeof piece ? b->header - from : sizeof piece;
    size_t count = 1 + sl_random_below(random, most), before = b->count;
    memcpy(piece, b->bytes + 8 + from, count);
    insert_range(b, 8 + sl_random_below(random, b->header + 1), piece, count);
    b->header += b->count - before;
}

static void damage(buffer *b, sl_random *random) {
    if (b->count < 8) return; // cut so short that there is nothing more to damage
    size_t at = sl_random_below(random, b->count);
    switch (sl_random_below(random, 9)) {
    case 0: b->bytes[at] ^= (unsigned char)(1u << sl_random_below(random, 8)); break;
    case 1: b->bytes[at] = (unsigned char)sl_random_u32(random); break;
    case 2: // cut the end, or put something there
        if (sl_random_below(random, 2) == 0)
            b->count = at;
        else
            insert_range(b, b->count, "\0\1\2\3\4\5\6", 1 + sl_random_below(random, 7));
        break;
    case 3:
        if (b->header > 0) { // lose a piece of the header
            size_t from = sl_random_below(random, b->header),
                   count = 1 + sl_random_below(random, b->header - from > 8 ? 8 : b->header - from);
            remove_range(b, 8 + from, count);
            b->header -= count;
        }
        break;
    case 4: b->bytes[sl_random_below(random, 8)] = (unsigned char)sl_random_u32(random); return; // the length itself
    case 5: token_insert(b, random); break;
    case 6: piece_copy(b, random); break;
    default: number_replace(b, random); break;
    }
    // Mostly the length is put right again, so that the damage is met further in.
    if (b->count >= 8 && sl_random_below(random, 8) != 0) length_set(b);
    if (b->header + 8 > b->count) b->header = b->count >= 8 ? b->count - 8 : 0;
}

#define CHECK(condition)                                                                                                    \
    do {                                                                                                                    \
        if (!(condition))                                                                                                   \
            fail_msg("seed %llu, number %ld: %s: %s", (unsigned long long)seed, iteration, #condition, sl_error_message()); \
    } while (0)

static size_t read_all(const sl_safetensors *file) {
    size_t read = 0;
    double sum = 0;
    for (size_t i = 0; i < sl_safetensors_count(file); i++) {
        const char *name = sl_safetensors_name(file, i);
        sl_tensor *tensor;
        sl_shape shape;
        CHECK(sl_safetensors_has(file, name) && sl_safetensors_dtype(file, name) != NULL);
        sl_status status = sl_safetensors_get(file, name, &tensor);
        CHECK(status == SL_OK || status == SL_ERR_UNSUPPORTED);
        if (status != SL_OK) continue;
        CHECK(sl_safetensors_shape(file, name, &shape) == SL_OK && sl_shape_equal(shape, sl_tensor_shape(tensor)));
        const unsigned char *bytes = sl_tensor_data(tensor);
        for (size_t k = 0; k < sl_tensor_bytes(tensor); k++) sum += bytes[k];
        sl_tensor_free(tensor);
        read++;
    }
    CHECK(sum >= 0);
    (void)sl_safetensors_metadata(file, "format");
    return read;
}

static void file_write(const buffer *b) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(b->bytes, 1, b->count, file), b->count);
    assert_int_equal(fclose(file), 0);
}

static void test_random_damage(void **state) {
    const char *text = getenv("SEMILUNA_FUZZ_COUNT");
    long count = text != NULL ? strtol(text, NULL, 10) : 20000, accepted = 0, refused = 0;
    size_t tensors = 0;
    text = getenv("SEMILUNA_FUZZ_SEED");
    if (text != NULL) seed = strtoull(text, NULL, 10);
    static buffer b;
    for (iteration = 0; iteration < count; iteration++) {
        sl_random random = sl_random_at(seed, SL_STREAM_USER, (uint64_t)iteration);
        size_t which = sl_random_below(&random, SEEDS);
        put(&b, seeds[which].json, seeds[which].data);
        uint64_t rounds = iteration < SEEDS ? 0 : 1 + sl_random_below(&random, 3);
        if (iteration < SEEDS) put(&b, seeds[iteration].json, seeds[iteration].data); // undamaged, must be accepted
        for (uint64_t i = 0; i < rounds; i++) damage(&b, &random);
        file_write(&b);
        sl_safetensors *file;
        sl_status status = sl_safetensors_open(path, &file);
        CHECK(status == SL_OK || (status == SL_ERR_FORMAT && rounds > 0));
        if (status == SL_OK) {
            tensors += read_all(file);
            sl_safetensors_close(file);
            accepted++;
        } else {
            CHECK(file == NULL && strstr(sl_error_message(), path) != NULL);
            refused++;
        }
    }
    print_message("seed %llu: %ld files, %ld refused, %ld accepted, %zu tensors read from those\n", (unsigned long long)seed,
                  count, refused, accepted, tensors);
    assert_true(accepted >= SEEDS && refused > 0 && tensors > 0);
}

int main(void) {
    const char *folder = sl_test_folder();
    snprintf(path, sizeof path, "%s", sl_test_path(folder, "weights.safetensors"));
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_damage)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sl_test_folder_remove(folder);
    return failed;
}
