// Reading and writing safetensors: what is written comes back, damage of every kind is refused, a failed save loses nothing.
#define _XOPEN_SOURCE 700
#include "tests/support/cmocka.h"

#include "core/io/safetensors.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[256], path[320];

static int set_up(void **state) {
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/semiluna-XXXXXX", base != NULL ? base : P_tmpdir);
    if (mkdtemp(folder) == NULL) return -1;
    snprintf(path, sizeof path, "%s/x.safetensors", folder);
    return 0;
}

static int remove_entry(const char *name, const struct stat *about, int kind, struct FTW *walk) {
    return remove(name);
}

static int tear_down(void **state) {
    return nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static void file_write(const void *bytes, size_t count) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

// A file of this header and `data_bytes` bytes 0, 1, 2 ...; the header's length is as told, or its own when that is negative.
static void file_make(const char *header, size_t header_bytes, int64_t told, size_t data_bytes) {
    size_t total = 8 + header_bytes + data_bytes;
    unsigned char *bytes = malloc(total);
    uint64_t length = told < 0 ? header_bytes : (uint64_t)told;
    for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)(length >> 8 * i);
    memcpy(bytes + 8, header, header_bytes);
    for (size_t i = 0; i < data_bytes; i++) bytes[8 + header_bytes + i] = (unsigned char)i;
    file_write(bytes, total);
    free(bytes);
}

static int folder_count(void) { // entries beside . and ..
    char command[400], text[32] = "";
    snprintf(command, sizeof command, "ls -A '%s' | wc -l", folder);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_non_null(fgets(text, sizeof text, pipe));
    pclose(pipe);
    return atoi(text);
}

static sl_tensor *counted(sl_dtype dtype, sl_shape shape) {
    sl_tensor *tensor;
    assert_ok(sl_tensor_new(dtype, shape, &tensor));
    size_t bytes = sl_tensor_bytes(tensor);
    unsigned char *planar = malloc(bytes + 1);
    for (size_t i = 0; i < bytes / sl_dtype_size(dtype); i++) {
        if (dtype == SL_F32) ((float *)planar)[i] = (float)i - 3.5f;
        if (dtype == SL_BF16) ((uint16_t *)planar)[i] = sl_bf16_from_f32((float)i / 2);
        if (dtype == SL_I64) ((int64_t *)planar)[i] = (int64_t)i * -1000000007;
        if (dtype == SL_U8) planar[i] = (unsigned char)(i * 7);
    }
    sl_tensor_from_planar(tensor, planar);
    free(planar);
    return tensor;
}

static void test_round_trip(void **state) {
    const struct {
        const char *name;
        sl_dtype dtype;
        sl_shape shape;
    } rows[] = {
        {"label map", SL_U8, sl_shape_map(2, 3, 5)},
        {"step", SL_I64, sl_shape_scalar()},
        {"weight", SL_F32, sl_shape_image(2, 3, 4, 5)},
        {"half", SL_BF16, sl_shape_image(1, 3, 2, 2)},
        {"odd", SL_U8, sl_shape_vector(7)},
        {"empty", SL_F32, sl_shape_image(2, 0, 3, 3)},
        {"bias", SL_F32, sl_shape_vector(9)},
        {"t\"\\\n\xc3\xbc", SL_I64, sl_shape_vector(3)},
    };
    enum { ROWS = sizeof rows / sizeof *rows };
    sl_tensor *tensors[ROWS];
    sl_safetensors_writer *writer;
    assert_ok(sl_safetensors_writer_new(&writer));
    for (int i = 0; i < ROWS; i++) {
        tensors[i] = counted(rows[i].dtype, rows[i].shape);
        assert_ok(sl_safetensors_writer_add(writer, rows[i].name, tensors[i]));
    }
    assert_ok(sl_safetensors_writer_metadata(writer, "script", "return {\n\t\"x\"\n} -- ü"));
    assert_ok(sl_safetensors_writer_metadata(writer, "step", "1"));
    assert_ok(sl_safetensors_writer_metadata(writer, "step", "12"));
    for (int round = 0; round < 2; round++) assert_ok(sl_safetensors_writer_save(writer, path)); // a writer can save again
    assert_int_equal(folder_count(), 1);

    sl_safetensors *file;
    assert_ok(sl_safetensors_open(path, &file));
    assert_int_equal(sl_safetensors_count(file), ROWS);
    assert_string_equal(sl_safetensors_metadata(file, "script"), "return {\n\t\"x\"\n} -- ü");
    assert_string_equal(sl_safetensors_metadata(file, "step"), "12");
    assert_null(sl_safetensors_metadata(file, "nothing"));
    assert_string_equal(sl_safetensors_path(file), path);
    assert_false(sl_safetensors_has(file, "nothing"));
    assert_null(sl_safetensors_dtype(file, "nothing"));
    assert_null(sl_safetensors_name(file, ROWS));
    for (int i = 0; i < ROWS; i++) {
        sl_tensor *back;
        sl_shape shape;
        assert_true(sl_safetensors_has(file, rows[i].name));
        assert_ok(sl_safetensors_shape(file, rows[i].name, &shape));
        assert_int_equal(shape.rank, rows[i].shape.rank);
        assert_true(sl_shape_equal(shape, rows[i].shape));
        assert_ok(sl_safetensors_get(file, rows[i].name, &back));
        assert_int_equal(sl_tensor_dtype(back), rows[i].dtype);
        assert_memory_equal(sl_tensor_data(back), sl_tensor_data(tensors[i]), sl_tensor_bytes(back));
        sl_tensor_free(back);
        sl_tensor_free(tensors[i]);
    }
    sl_tensor *none;
    assert_error(sl_safetensors_get(file, "nothing", &none), SL_ERR_ARGUMENT, "nothing");
    sl_safetensors_close(file);
    sl_safetensors_writer_free(writer);
    print_message("round trip: %d tensors of 4 dtypes and 2 metadata strings alike\n", ROWS);
}

static void test_conversions(void **state) {
    // f64 at 0, f16 at 16, bool at 26; the odd header length leaves all of it unaligned.
    const char *header = "{\"d\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[0,16]},"
                         "\"h\":{\"dtype\":\"F16\",\"shape\":[5],\"data_offsets\":[16,26]},"
                         "\"b\":{\"dtype\":\"BOOL\",\"shape\":[1,3],\"data_offsets\":[26,29]},"
                         "\"f\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[29,33]},"
                         "\"i\":{\"dtype\":\"I32\",\"shape\":[1],\"data_offsets\":[33,37]},"
                         "\"r\":{\"dtype\":\"U8\",\"shape\":[1,1,1,1,2],\"data_offsets\":[37,39]}}";
    unsigned char bytes[1024];
    size_t length = strlen(header);
    memset(bytes, ' ', sizeof bytes);
    memcpy(bytes + 8, header, length);
    if (length % 2 == 0) length++;
    for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)(length >> 8 * i);
    unsigned char *data = bytes + 8 + length;
    const double doubles[2] = {0.1, -1e300};
    const uint16_t halves[5] = {0x3c00, 0xc500, 0x0001, 0x7c00, 0x7bff}; // 1, -5, smallest subnormal, inf, 65504
    const float single = 2.5f;
    memcpy(data, doubles, 16);
    memcpy(data + 16, halves, 10);
    memcpy(data + 26, "\0\1\5", 3);
    memcpy(data + 29, &single, 4);
    file_write(bytes, 8 + length + 39);

    sl_safetensors *file;
    sl_tensor *tensor;
    assert_ok(sl_safetensors_open(path, &file));
    assert_ok(sl_safetensors_get(file, "d", &tensor));
    assert_true(sl_tensor_f32(tensor)[0] == 0.1f && sl_tensor_f32(tensor)[1] == -INFINITY);
    sl_tensor_free(tensor);
    assert_ok(sl_safetensors_get(file, "h", &tensor));
    const float expected[5] = {1, -5, 0x1p-24f, INFINITY, 65504};
    assert_memory_equal(sl_tensor_f32(tensor), expected, sizeof expected);
    sl_tensor_free(tensor);
    assert_ok(sl_safetensors_get(file, "b", &tensor));
    assert_memory_equal(sl_tensor_u8(tensor), "\0\1\1", 3);
    sl_tensor_free(tensor);
    assert_ok(sl_safetensors_get(file, "f", &tensor));
    assert_true(sl_tensor_item(tensor) == 2.5);
    sl_tensor_free(tensor);
    assert_error(sl_safetensors_get(file, "i", &tensor), SL_ERR_UNSUPPORTED, "I32");
    assert_error(sl_safetensors_get(file, "r", &tensor), SL_ERR_UNSUPPORTED, "5 dimensions");
    assert_string_equal(sl_safetensors_dtype(file, "h"), "F16");
    sl_safetensors_close(file);
}

#define A "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}"
#define TENSOR(name, dtype, shape, begin, end) \
    "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":[" #begin "," #end "]}"

static void test_damage(void **state) {
    static const struct {
        const char *header;
        size_t data;
        const char *message; // NULL: no damage
    } rows[] = {
        {"{" A "}", 8, NULL},
        {"{" A "}   ", 8, NULL},
        {"{}", 0, NULL},
        {"{\"__metadata__\":{\"k\":\"v\"}," A "}", 8, NULL},
        {"{" TENSOR("b", "F32", "[1]", 8, 12) "," A "}", 12, NULL}, // the header's order is free
        {"{" TENSOR("e", "F32", "[0,3]", 8, 8) "," A "}", 8, NULL},
        {" {" A "}", 8, "not a JSON object"},
        {"[1]", 8, "not a JSON object"},
        {"{" A, 8, "damaged header"},
        {"{" A "} x", 8, "damaged header"},
        {"{" A "," A "}", 8, "duplicate"},
        {"{\"a\\u0000b\":1}", 8, "damaged header"},
        {"{\"\xff\":1}", 8, "damaged header"},
        {"{\"a\":[]}", 8, "\"a\" is not an object"},
        {"{\"a\":{\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "\"a\" has no \"dtype\""},
        {"{" TENSOR("a", "F99", "[2]", 0, 8) "}", 8, "unknown dtype \"F99\""},
        {"{\"a\":{\"dtype\":7,\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "no \"dtype\""},
        {"{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}", 8, "no \"shape\""},
        {"{" TENSOR("a", "F32", "2", 0, 8) "}", 8, "no \"shape\""},
        {"{" TENSOR("a", "F32", "[-2]", 0, 8) "}", 8, "extent 0"},
        {"{" TENSOR("a", "F32", "[2.0]", 0, 8) "}", 8, "extent 0"},
        {"{" TENSOR("a", "F32", "[1,\"2\"]", 0, 8) "}", 8, "extent 1"},
        {"{" TENSOR("a", "F32", "[99999999999999999999]", 0, 8) "}", 8, "damaged header"},
        {"{" TENSOR("a", "F32", "[4294967296,4294967296]", 0, 8) "}", 8, "larger than any file"},
        {"{" TENSOR("a", "F32", "[0,4294967296,4294967296]", 0, 0) "}", 0, "larger than any file"},
        {"{" TENSOR("a", "F32", "[4611686018427387904]", 0, 0) "}", 0, "larger than any file"},
        {"{" TENSOR("a", "F32", "[3]", 0, 8) "}", 8, "\"a\" has 8 bytes of data, its shape and dtype F32 need 12"},
        {"{" TENSOR("a", "F64", "[2]", 0, 8) "}", 8, "need 16"},
        {"{" TENSOR("a", "F32", "[]", 0, 8) "}", 8, "need 4"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8, "data_offsets"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0]}}", 8, "data_offsets"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8,8]}}", 8, "data_offsets"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":{\"0\":8}}}", 8, "data_offsets"},
        {"{" TENSOR("a", "F32", "[2]", -8, 0) "}", 8, "data_offsets"},
        {"{" TENSOR("a", "F32", "[2]", 8, 0) "}", 8, "data_offsets"},
        {"{" TENSOR("a", "F32", "[2]", 0, 8.0) "}", 8, "data_offsets"},
        {"{" TENSOR("a", "F32", "[2]", 8, 16) "}", 8, "ends at byte 16 of the data, which has 8"},
        {"{" TENSOR("a", "F32", "[2]", 0, 9223372036854775807) "}", 8, "ends at byte 9223372036854775807"},
        {"{" A "," TENSOR("b", "F32", "[2]", 4, 12) "}", 12, "\"b\" begins at byte 4, inside tensor \"a\""},
        {"{" A "," TENSOR("b", "F32", "[2]", 0, 8) "}", 8, "\"b\" begins at byte 0, inside tensor \"a\""},
        {"{" A "," TENSOR("b", "F32", "[0]", 4, 4) "}", 8, "\"b\" begins at byte 4, inside"},
        {"{" A "," TENSOR("b", "F32", "[1]", 12, 16) "}", 16, "bytes 8 to 12 before tensor \"b\""},
        {"{" A "}", 9, "last 1 bytes"},
        {"{" A "}", 7, "ends at byte 8 of the data, which has 7"},
        {"{\"__metadata__\":7," A "}", 8, "\"__metadata__\" is not an object"},
        {"{\"__metadata__\":{\"k\":1}," A "}", 8, "value of \"k\" is not a string"},
    };
    size_t refused = 0, accepted = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sl_safetensors *file;
        file_make(rows[i].header, strlen(rows[i].header), -1, rows[i].data);
        if (rows[i].message == NULL) {
            assert_ok(sl_safetensors_open(path, &file));
            sl_safetensors_close(file);
            accepted++;
        } else {
            assert_error(sl_safetensors_open(path, &file), SL_ERR_FORMAT, rows[i].message);
            assert_non_null(strstr(sl_error_message(), path));
            assert_null(file);
            refused++;
        }
    }
    print_message("headers: %zu damaged ones refused, %zu sound ones accepted\n", refused, accepted);
}

static void test_damaged_length(void **state) {
    const char *header = "{" A "}";
    const struct {
        int64_t told;
        const char *message;
    } rows[] = {
        {0, "not a JSON object"},
        {3, "damaged header"},
        {(int64_t)strlen(header) + 1, "damaged header"},
        {(int64_t)strlen(header) + 9, "truncated"},
        {99999999, "truncated"},
        {100000001, "limit"},
        {INT64_MAX, "limit"},
    };
    sl_safetensors *file;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        file_make(header, strlen(header), rows[i].told, 8);
        assert_error(sl_safetensors_open(path, &file), SL_ERR_FORMAT, rows[i].message);
    }
    // Cut at every length: each is refused, none crashes.
    unsigned char bytes[256];
    size_t total = 8 + strlen(header) + 8;
    file_make(header, strlen(header), -1, 8);
    FILE *whole = fopen(path, "rb");
    assert_int_equal(fread(bytes, 1, total, whole), total);
    fclose(whole);
    for (size_t cut = 0; cut < total; cut++) {
        file_write(bytes, cut);
        sl_status status = sl_safetensors_open(path, &file);
        assert_int_equal(status, SL_ERR_FORMAT);
    }
    // A header nested beyond any sense.
    size_t deep = 200000;
    char *nested = malloc(deep);
    memset(nested, '[', deep);
    memcpy(nested, "{\"a\":", 5);
    file_make(nested, deep, -1, 0);
    free(nested);
    assert_error(sl_safetensors_open(path, &file), SL_ERR_FORMAT, "depth");

    assert_error(sl_safetensors_open(folder, &file), SL_ERR_IO, folder);
    snprintf(path, sizeof path, "%s/absent", folder);
    assert_error(sl_safetensors_open(path, &file), SL_ERR_IO, path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_error(sl_safetensors_open(path, &file), SL_ERR_IO, path);
}

static void test_writer_arguments(void **state) {
    sl_safetensors_writer *writer;
    sl_tensor *tensor = counted(SL_F32, sl_shape_vector(3));
    assert_ok(sl_safetensors_writer_new(&writer));
    assert_ok(sl_safetensors_writer_add(writer, "a", tensor));
    assert_error(sl_safetensors_writer_add(writer, "a", tensor), SL_ERR_ARGUMENT, "twice");
    assert_error(sl_safetensors_writer_add(writer, "__metadata__", tensor), SL_ERR_ARGUMENT, "__metadata__");
    assert_error(sl_safetensors_writer_add(writer, "\xff", tensor), SL_ERR_ARGUMENT, "UTF-8");
    assert_error(sl_safetensors_writer_metadata(writer, "k", "\xff"), SL_ERR_ARGUMENT, "UTF-8");
    assert_error(sl_safetensors_writer_save(writer, folder), SL_ERR_IO, "not a file");
    assert_error(sl_safetensors_writer_save(writer, "/dev/full"), SL_ERR_IO, "/dev/full");
    char elsewhere[400];
    snprintf(elsewhere, sizeof elsewhere, "%s/no/such/folder", folder);
    assert_error(sl_safetensors_writer_save(writer, elsewhere), SL_ERR_IO, elsewhere);
    sl_tensor_free(tensor);
    assert_ok(sl_safetensors_writer_save(writer, path)); // the writer holds its own reference
    sl_safetensors_writer_free(writer);
    sl_safetensors_writer_free(NULL);
    sl_safetensors_close(NULL);
}

static void save_one(float value, int64_t count, sl_status *status) {
    sl_safetensors_writer *writer;
    sl_tensor *tensor;
    assert_ok(sl_tensor_new_full(SL_F32, sl_shape_vector(count), value, &tensor));
    assert_ok(sl_safetensors_writer_new(&writer));
    assert_ok(sl_safetensors_writer_add(writer, "a", tensor));
    *status = sl_safetensors_writer_save(writer, path);
    sl_tensor_free(tensor);
    sl_safetensors_writer_free(writer);
}

static float read_one(void) {
    sl_safetensors *file;
    sl_tensor *tensor;
    assert_ok(sl_safetensors_open(path, &file));
    assert_ok(sl_safetensors_get(file, "a", &tensor));
    float value = sl_tensor_f32(tensor)[0];
    sl_tensor_free(tensor);
    sl_safetensors_close(file);
    return value;
}

// A write that the system refuses half way (a limit on the size of files stands for a full disk).
static void test_write_refused(void **state) {
    sl_status status;
    save_one(1, 1000, &status);
    assert_int_equal(status, SL_OK);
    struct rlimit before, tiny;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    for (rlim_t limit = 0; limit < 4000; limit = limit * 3 + 1) {
        tiny = (struct rlimit){limit, before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &tiny), 0);
        save_one(2, 1000, &status);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(status, SL_ERR_IO);
        assert_non_null(strstr(sl_error_message(), path));
        assert_non_null(strstr(sl_error_message(), strerror(EFBIG)));
        assert_int_equal(folder_count(), 1); // no temporary file is left
        assert_true(read_one() == 1);        // the old one is
    }
    signal(SIGXFSZ, handler);

    // What a killed process left behind is no obstacle, and goes.
    char temporary[400];
    snprintf(temporary, sizeof temporary, "%s.tmp", path);
    FILE *left = fopen(temporary, "wb");
    for (int i = 0; i < 100000; i++) fputc('x', left);
    fclose(left);
    save_one(3, 10, &status);
    assert_int_equal(status, SL_OK);
    assert_true(read_one() == 3);
    assert_int_equal(folder_count(), 1);

    // An open file goes on showing what it was opened on.
    sl_safetensors *file;
    sl_tensor *tensor;
    assert_ok(sl_safetensors_open(path, &file));
    save_one(4, 10, &status);
    assert_ok(sl_safetensors_get(file, "a", &tensor));
    assert_true(sl_tensor_f32(tensor)[0] == 3 && read_one() == 4);
    sl_tensor_free(tensor);
    sl_safetensors_close(file);
}

// Several processes save to one path while another reads: every file seen is whole.
static void test_concurrent_saves(void **state) {
    enum { WRITERS = 4, SAVES = 25 };
    sl_status status;
    save_one(0, 5000, &status);
    assert_int_equal(status, SL_OK);
    pid_t writers[WRITERS];
    fflush(NULL);
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = fork();
        assert_true(writers[i] >= 0);
        if (writers[i] != 0) continue;
        bool good = true;
        for (int k = 0; k < SAVES && good; k++) {
            save_one((float)(i * SAVES + k + 1), 1000 * (i + 1), &status);
            good = status == SL_OK;
        }
        _exit(good ? 0 : 1);
    }
    int running = WRITERS, failed = 0, reads = 0;
    while (running > 0) {
        float value = read_one();
        assert_true(value >= 0 && value <= WRITERS * SAVES);
        reads++;
        int result;
        while (running > 0 && waitpid(-1, &result, WNOHANG) > 0) {
            running--;
            failed += result != 0;
        }
    }
    assert_int_equal(failed, 0);
    assert_int_equal(folder_count(), 1);
    print_message("%d saves by %d processes, %d reads meanwhile, all whole\n", WRITERS * SAVES, WRITERS, reads);
}

static size_t golden_files, golden_tensors;

static int golden_visit(const char *name, const struct stat *about, int kind, struct FTW *walk) {
    size_t length = strlen(name);
    if (kind != FTW_F || length < 12 || strcmp(name + length - 12, ".safetensors") != 0) return 0;
    sl_safetensors *file;
    assert_ok(sl_safetensors_open(name, &file));
    for (size_t i = 0; i < sl_safetensors_count(file); i++) {
        sl_tensor *tensor;
        sl_status status = sl_safetensors_get(file, sl_safetensors_name(file, i), &tensor);
        if (status == SL_ERR_UNSUPPORTED) {
            print_message("golden: not read: %s\n", sl_error_message());
            continue;
        }
        if (status != SL_OK) fail_msg("%s", sl_error_message());
        sl_tensor_free(tensor);
        golden_tensors++;
    }
    sl_safetensors_close(file);
    golden_files++;
    return 0;
}

static void test_golden_files_open(void **state) {
    const char *golden = getenv("SEMILUNA_GOLDEN");
    if (golden == NULL) golden = SL_SOURCE_DIR "/../shared/golden";
    if (access(golden, R_OK) != 0) {
        print_message("SKIPPED: the golden files are not at %s\n", golden);
        skip();
    }
    assert_int_equal(nftw(golden, golden_visit, 16, FTW_PHYS), 0);
    assert_true(golden_files > 0 && golden_tensors > 0);
    print_message("golden: %zu files, %zu tensors read\n", golden_files, golden_tensors);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_conversions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_damage, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_damaged_length, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_writer_arguments, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_write_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_concurrent_saves, set_up, tear_down),
        cmocka_unit_test(test_golden_files_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
