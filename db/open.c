// Opening a database file, and what SQLite's result codes mean to a person.
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "db/db_impl.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

double sl_db_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

// The operating system's own error number, which SQLite keeps with the file it happened on; 0 when it knows of none.
static int system_error(sqlite3 *handle) {
    sqlite3_file *wal = NULL;
    int number = handle ? sqlite3_system_errno(handle) : 0;
    if (handle && number == 0) sqlite3_file_control(handle, "main", SQLITE_FCNTL_LAST_ERRNO, &number);
    if (handle && number == 0 && sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal) == SQLITE_OK && wal &&
        wal->pMethods)
        wal->pMethods->xFileControl(wal, SQLITE_FCNTL_LAST_ERRNO, &number);
    return number;
}

static _Thread_local bool was_locked;

bool sl_db_was_locked(void) {
    return was_locked;
}

sl_status sl_db_fail(const sl_db *db, int code) {
    was_locked = (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED;
    const char *words = db->handle ? sqlite3_errmsg(db->handle) : sqlite3_errstr(code);
    int system = system_error(db->handle);
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return sl_error(SL_ERR_IO,
                        "%s: locked by another program (waited %g s): let it end its transaction or close it, then try again",
                        db->path, db->busy_ms / 1000.0);
    case SQLITE_READONLY:
        if (code == SQLITE_READONLY_DBMOVED)
            return sl_error(SL_ERR_IO, "%s: the file was moved or deleted while in use", db->path);
        return sl_error(SL_ERR_IO, "%s: cannot be written: the file or its folder is read-only", db->path);
    case SQLITE_FULL: return sl_error(SL_ERR_IO, "%s: the disk is full (%s): free some space", db->path, words);
    case SQLITE_IOERR:
        if (system == ENOSPC || system == EDQUOT || system == EFBIG)
            return sl_error(SL_ERR_IO, "%s: the disk is full (%s): free some space", db->path, strerror(system));
        return sl_error(SL_ERR_IO, "%s: %s (%s)", db->path, words, system ? strerror(system) : sqlite3_errstr(code));
    case SQLITE_NOTADB: return sl_error(SL_ERR_FORMAT, "%s: not an SQLite database: name another file with --db", db->path);
    case SQLITE_CORRUPT:
        return sl_error(SL_ERR_FORMAT, "%s: the database is damaged (%s): save what is left with `sqlite3 \"%s\" .recover`",
                        db->path, words, db->path);
    case SQLITE_CANTOPEN: return sl_error(SL_ERR_IO, "%s: cannot be opened (%s)", db->path, system ? strerror(system) : words);
    case SQLITE_PERM: return sl_error(SL_ERR_IO, "%s: permission denied", db->path);
    case SQLITE_NOMEM: return sl_error(SL_ERR_MEMORY, "%s: out of memory", db->path);
    case SQLITE_CONSTRAINT: return sl_error(SL_ERR_DATA, "%s: %s", db->path, words);
    case SQLITE_INTERRUPT: return sl_error(SL_ERR_STOPPED, "%s: interrupted", db->path);
    case SQLITE_ERROR: return sl_error(SL_ERR_ARGUMENT, "%s: %s", db->path, words);
    default: return sl_error(SL_ERR_LIBRARY, "%s: %s (%s)", db->path, words, sqlite3_errstr(code));
    }
}

// A reading connection looks and does nothing else: no writing statement, no other file.
static int only_reading(void *user, int action, const char *first, const char *second, const char *database,
                        const char *trigger) {
    (void)database, (void)trigger;
    bool allowed = false;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
    case SQLITE_TRANSACTION: allowed = true; break;
    // What SQLite asks when a table-valued function (json_each) is first used. An UPDATE of it in earnest is refused as not
    // reading.
    case SQLITE_UPDATE: allowed = first && strcmp(first, "sqlite_master") == 0; break;
    case SQLITE_FUNCTION: allowed = !second || sqlite3_stricmp(second, "load_extension") != 0; break;
    case SQLITE_PRAGMA: {
        // Without an argument a pragma tells; these tell with one too.
        static const char *const tells[] = {"table_info",      "table_xinfo", "index_list",
                                            "index_info",      "index_xinfo", "foreign_key_list",
                                            "integrity_check", "quick_check", "foreign_key_check"};
        allowed = !second && sqlite3_stricmp(first, "wal_checkpoint") != 0 && sqlite3_stricmp(first, "incremental_vacuum") != 0;
        for (size_t i = 0; i < sizeof tells / sizeof *tells && !allowed; i++) allowed = sqlite3_stricmp(first, tells[i]) == 0;
        break;
    }
    default: break;
    }
    if (!allowed) ((sl_db *)user)->refused = true;
    return allowed ? SQLITE_OK : SQLITE_DENY;
}

// SQLite asks, for the `count`th time in this wait, whether to try again.
static int wait_for_lock(void *user, int count) {
    static const int pauses[] = {1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50};
    sl_db *db = user;
    double now = sl_db_now();
    if (count == 0) {
        db->wait_began = now;
        db->wait_told = false;
    }
    double waited = (now - db->wait_began) * 1000;
    if (!(waited >= 0 && waited < db->busy_ms)) return 0; // also where the clock was set back
    if (!db->wait_told && waited >= SL_DB_TELL_MS) {
        sl_log("%s: locked by another program: waiting for it, at most %g s", db->path, db->busy_ms / 1000.0);
        db->wait_told = true;
    }
    int pause = count < (int)(sizeof pauses / sizeof *pauses) ? pauses[count] : 100;
    sqlite3_sleep(pause < db->busy_ms - (int)waited ? pause : db->busy_ms - (int)waited);
    return 1;
}

// Runs `sql`, waiting out other processes even where SQLite does not (switching to WAL, recovery after a crash).
static int insist(sl_db *db, const char *sql) {
    double deadline = sl_db_now() + db->busy_ms / 1000.0;
    for (;;) {
        int code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
        if (((code & 0xff) != SQLITE_BUSY && (code & 0xff) != SQLITE_LOCKED) || sl_db_now() > deadline) return code;
        sqlite3_sleep(5);
    }
}

// "file:" URI of a path, with `?`, `#` and `%` escaped.
static sl_status immutable_uri(const char *path, sl_text *uri) {
    SL_TRY(sl_text_append(uri, "file:"));
    if (path[0] == '/') SL_TRY(sl_text_append(uri, "//"));
    for (const char *p = path; *p; p++) {
        if (strchr("?#%", *p))
            SL_TRY(sl_text_append(uri, "%%%02X", (unsigned)(unsigned char)*p));
        else
            SL_TRY(sl_text_append_bytes(uri, p, 1));
    }
    return sl_text_append(uri, "?immutable=1");
}

static int connect(sl_db *db, const char *name, int flags) {
    sqlite3_close(db->handle);
    db->handle = NULL;
    int code = sqlite3_open_v2(name, &db->handle, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (code != SQLITE_OK) return code;
    sqlite3_extended_result_codes(db->handle, 1);
    sqlite3_busy_handler(db->handle, wait_for_lock, db);
    return SQLITE_OK;
}

// In WAL mode even a reader needs the -shm file. In a folder where it may not make one, and with no -wal that holds newer rows,
// the file itself is complete and is read as one that nobody changes.
static sl_status read_immutable(sl_db *db, int code) {
    sl_text name = {0};
    struct stat wal;
    sl_status status = sl_text_append(&name, "%s-wal", db->path);
    if (status == SL_OK && stat(name.data, &wal) == 0 && wal.st_size > 0)
        status = sl_error(
            SL_ERR_IO,
            "%s: its newest rows are in %s, which cannot be read without writing to the folder: copy both files to a folder "
            "where you may write",
            db->path, name.data);
    sl_text_free(&name);
    if (status == SL_OK) status = immutable_uri(db->path, &name);
    if (status == SL_OK && connect(db, name.data, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI) != SQLITE_OK)
        status = sl_db_fail(db, code);
    sl_text_free(&name);
    return status;
}

static sl_status open_reading(sl_db *db) {
    int code = connect(db, db->path, SQLITE_OPEN_READONLY);
    if (code == SQLITE_OK) code = insist(db, "SELECT count(*) FROM sqlite_master");
    int primary = code & 0xff;
    if (primary == SQLITE_CANTOPEN || primary == SQLITE_READONLY)
        SL_TRY(read_immutable(db, code));
    else if (code != SQLITE_OK)
        return sl_db_fail(db, code);
    int version;
    SL_TRY(sl_db_check(db, &sl_db_schema_current, &version));
    if (version == 0)
        return sl_error(SL_ERR_FORMAT, "%s: an empty file, with no runs in it: run something first, or name another with --db",
                        db->path);
    SL_TRY(sl_db_stand_in(db, &sl_db_schema_current, version));
    code = sqlite3_exec(db->handle, "PRAGMA query_only = 1", NULL, NULL, NULL);
    if (code != SQLITE_OK) return sl_db_fail(db, code);
    sqlite3_set_authorizer(db->handle, only_reading, db);
    return SL_OK;
}

static sl_status open_writing(sl_db *db) {
    int code = connect(db, db->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    if (code == SQLITE_OK && sqlite3_db_readonly(db->handle, "main") == 1) code = SQLITE_READONLY;
    if (code == SQLITE_OK) code = insist(db, "SELECT count(*) FROM sqlite_master");
    if (code != SQLITE_OK) return sl_db_fail(db, code);
    int version;
    SL_TRY(sl_db_check(db, &sl_db_schema_current, &version)); // before anything is changed in a file that is not ours
    // On a file system without shared memory SQLite keeps the older journal; all works there too, with more waiting.
    code = insist(db, "PRAGMA journal_mode = WAL");
    if (code == SQLITE_OK)
        code = insist(db, "PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 67108864; PRAGMA foreign_keys = OFF");
    if (code != SQLITE_OK) return sl_db_fail(db, code);
    // Foreign keys are off meanwhile: a step that makes a table anew would otherwise delete what refers to the old one.
    SL_TRY(sl_db_migrate(db, &sl_db_schema_current, &version));
    return sl_db_execute(db, "PRAGMA foreign_keys = ON", NULL, 0);
}

static sl_status check_path(const char *path, sl_db_mode mode) {
    struct stat info;
    if (!path || !*path) return sl_error(SL_ERR_ARGUMENT, "the database needs a file name");
    if (stat(path, &info) == 0) {
        if (S_ISDIR(info.st_mode)) return sl_error(SL_ERR_IO, "%s: a folder, not a database file", path);
        if (mode == SL_DB_READ && access(path, R_OK) != 0)
            return sl_error(SL_ERR_IO, "%s: cannot be read (%s)", path, strerror(errno));
        return SL_OK;
    }
    if (errno != ENOENT) return sl_error(SL_ERR_IO, "%s: cannot be opened (%s)", path, strerror(errno));
    if (mode != SL_DB_WRITE) return sl_error(SL_ERR_IO, "no database %s: run something first, or name one with --db", path);
    const char *slash = strrchr(path, '/');
    sl_text folder = {0};
    SL_TRY(sl_text_append(&folder, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : "."));
    sl_status status = SL_OK;
    if (stat(folder.data, &info) != 0 || !S_ISDIR(info.st_mode))
        status = sl_error(SL_ERR_IO, "%s: cannot be made: there is no folder %s", path, folder.data);
    else if (access(folder.data, W_OK | X_OK) != 0)
        status = sl_error(SL_ERR_IO, "%s: cannot be made: no right to write to the folder %s (%s)", path, folder.data,
                          strerror(errno));
    sl_text_free(&folder);
    return status;
}

sl_status sl_db_open_waiting(const char *path, sl_db_mode mode, int busy_ms, sl_db **out) {
    *out = NULL;
    SL_TRY(check_path(path, mode));
    sl_db *db = sl_calloc(1, sizeof *db);
    if (!db || !(db->path = sl_strdup(path))) {
        sl_free(db);
        return sl_error(SL_ERR_MEMORY, "%s: out of memory", path);
    }
    db->mode = mode;
    db->busy_ms = busy_ms;
    sl_status status = mode == SL_DB_READ ? open_reading(db) : open_writing(db);
    if (status != SL_OK) {
        sl_db_close(db);
        return status;
    }
    *out = db;
    return SL_OK;
}

sl_status sl_db_open(const char *path, sl_db_mode mode, sl_db **out) {
    return sl_db_open_waiting(path, mode, mode == SL_DB_READ ? SL_DB_READ_MS : SL_DB_WRITE_MS, out);
}

void sl_db_patience(sl_db *db, int milliseconds) {
    db->busy_ms = milliseconds;
}

void sl_db_close(sl_db *db) {
    if (!db) return;
    sqlite3_close_v2(db->handle); // v2: cursors that are still open stay valid until they are closed
    sl_free(db->path);
    sl_free(db);
}

const char *sl_db_path(const sl_db *db) {
    return db->path;
}
