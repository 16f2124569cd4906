// The results database.
#include "db/db.h"
#include "lua/bind/bind.h"
#include <string.h>

static int open_db(lua_State *L) {
    static const char *const modes[] = {"read", "write", "change", NULL}; // as sl_db_mode
    const char *path = sl_bind_string(L, 1, "path");
    int mode = sl_bind_choice(L, 2, "mode", modes, SL_DB_READ);
    sl_handle *handle = sl_bind_new(L, &sl_bind_db);
    sl_db *made = NULL;
    sl_status status = sl_db_open(path, (sl_db_mode)mode, &made);
    return sl_bind_adopt(L, handle, made, status);
}

const sl_bind_function sl_bind_db_functions[] = {
    {"db", open_db, "(path, mode=\"read\") -> db",
     "Opens a database: \"read\" needs it to exist and changes nothing, \"write\" makes or migrates it, \"change\" too, but "
     "needs it to exist.",
     NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static sl_db *self_of(lua_State *L) {
    return sl_bind_get(L, 1, "self", &sl_bind_db);
}

// ---- SQL ---------------------------------------------------------------------------------------------------------------------

// The arguments from the third on, as parameters. Strings stay valid while they are on the stack.
static sl_db_value *read_parameters(lua_State *L, size_t *count) {
    int top = lua_gettop(L);
    *count = top > 2 ? (size_t)(top - 2) : 0;
    sl_db_value *values = sl_bind_scratch(L, *count, sizeof *values);
    for (int i = 3; i <= top; i++) {
        sl_db_value *value = &values[i - 3];
        *value = sl_db_null();
        switch (lua_type(L, i)) {
        case LUA_TNIL: break;
        case LUA_TBOOLEAN: *value = sl_db_integer(lua_toboolean(L, i)); break;
        case LUA_TNUMBER:
            *value = lua_isinteger(L, i) ? sl_db_integer(lua_tointeger(L, i)) : sl_db_real(lua_tonumber(L, i));
            break;
        case LUA_TSTRING:
            value->type = SL_DB_TEXT;
            value->text = lua_tolstring(L, i, &value->bytes);
            break;
        default: sl_bind_type_error(L, i, "parameter", "nil, boolean, number or string");
        }
    }
    return values;
}

static int db_execute(lua_State *L) {
    sl_db *self = self_of(L);
    const char *sql = sl_bind_string(L, 2, "sql");
    size_t count;
    const sl_db_value *values = read_parameters(L, &count);
    sl_bind_check(L, sl_db_execute(self, sql, values, count));
    return 0;
}

static void push_value(lua_State *L, sl_db_value value) {
    switch (value.type) {
    case SL_DB_INTEGER: lua_pushinteger(L, value.integer); break;
    case SL_DB_REAL: lua_pushnumber(L, value.real); break;
    case SL_DB_TEXT:
    case SL_DB_BLOB: lua_pushlstring(L, value.text ? value.text : "", value.bytes); break;
    default: lua_pushnil(L); break;
    }
}

// Pushes a handle of a query's rows; the parameters are the arguments from the third on.
static sl_db_cursor *push_cursor(lua_State *L) {
    sl_db *self = self_of(L);
    const char *sql = sl_bind_string(L, 2, "sql");
    size_t count;
    const sl_db_value *values = read_parameters(L, &count);
    luaL_checkstack(L, 8, NULL);
    sl_handle *handle = sl_bind_new(L, &sl_bind_cursor); // closed by the collector when an error cuts this short
    sl_db_cursor *cursor = NULL;
    sl_status status = sl_db_query(self, sql, values, count, &cursor);
    sl_bind_adopt(L, handle, cursor, status);
    return cursor;
}

// Pushes the next row, a table by column name; nothing, and false, where there is none.
static bool push_row(lua_State *L, sl_db_cursor *cursor) {
    bool has_row = false;
    sl_bind_check(L, sl_db_cursor_next(cursor, &has_row));
    if (!has_row) return false;
    int columns = sl_db_cursor_columns(cursor);
    lua_createtable(L, 0, columns);
    for (int i = 0; i < columns; i++) {
        push_value(L, sl_db_cursor_value(cursor, i));
        lua_setfield(L, -2, sl_db_cursor_name(cursor, i));
    }
    return true;
}

static int db_query(lua_State *L) {
    sl_db_cursor *cursor = push_cursor(L);
    sl_handle *handle = lua_touserdata(L, -1);
    lua_newtable(L);
    for (lua_Integer row = 1; push_row(L, cursor); row++) lua_rawseti(L, -2, row);
    handle->object = NULL;
    sl_db_cursor_close(cursor);
    return 1;
}

// The upvalues are the connection, which has to stay open, and the cursor.
static int next_row(lua_State *L) {
    sl_bind_get(L, lua_upvalueindex(1), "self", &sl_bind_db);
    if (push_row(L, sl_bind_get(L, lua_upvalueindex(2), "self", &sl_bind_cursor))) return 1;
    lua_pushnil(L);
    return 1;
}

// What a generic `for` takes; it closes the cursor however the loop ends.
static int db_each(lua_State *L) {
    push_cursor(L);
    int cursor = lua_gettop(L);
    lua_pushvalue(L, 1);
    lua_pushvalue(L, cursor);
    lua_pushcclosure(L, next_row, 2);
    lua_pushnil(L);
    lua_pushnil(L);
    lua_pushvalue(L, cursor);
    return 4;
}

static sl_status cursor_release(void *cursor) {
    sl_db_cursor_close(cursor);
    return SL_OK;
}

const sl_bind_class sl_bind_cursor = {"cursor", "semiluna.cursor", NULL, cursor_release, NULL, NULL, NULL};

// ---- runs --------------------------------------------------------------------------------------------------------------------

#define TEXT(field, help) \
    { #field, SL_OPTION_TEXT, offsetof(sl_run_info, field), "nil", help, 0, 0, 0, NULL }
#define WHOLE(field, type, help) \
    { #field, type, offsetof(sl_run_info, field), "0", help, 0, 0, 0, NULL }
static const sl_option info_descriptors[] = {
    TEXT(experiment, "the experiment's name"),
    TEXT(name, "the run's name; may be repeated"),
    TEXT(script_path, "where the script lies"),
    TEXT(script_text, "its text; its hash is stored too"),
    TEXT(method, "the method's name"),
    TEXT(git_commit, "the commit checked out"),
    {"git_dirty", SL_OPTION_OTHER, 0, "nil", "whether tracked files are changed; nil: unknown", 0, 0, 0, NULL},
    WHOLE(seed, SL_OPTION_LONG, "the run's seed"),
    WHOLE(steps, SL_OPTION_LONG, "how many steps it is to take"),
    TEXT(host, "the machine"),
    TEXT(device, "the backend and its processor"),
    TEXT(versions, "the versions of the program and its libraries"),
    WHOLE(pid, SL_OPTION_LONG, "the process"),
    WHOLE(threads, SL_OPTION_INT, "how many threads kernels use"),
    {NULL, 0, 0, NULL, NULL, 0, 0, 0, NULL},
};
#undef TEXT
#undef WHOLE

static void read_info(lua_State *L, int table, sl_run_info *info) {
    *info = (sl_run_info){.git_dirty = -1};
    sl_bind_options(L, table, "info", info_descriptors, info);
    if (!lua_istable(L, table)) return;
    lua_getfield(L, table, "git_dirty");
    if (!lua_isnil(L, -1)) info->git_dirty = lua_toboolean(L, -1);
    lua_pop(L, 1);
}

static int64_t row_id(lua_State *L, int argument, const char *what) {
    return sl_bind_integer(L, argument, what, 1, INT64_MAX);
}
static int64_t step_at(lua_State *L, int argument) {
    return sl_bind_integer(L, argument, "step", 0, INT64_MAX);
}

static int db_run_new(lua_State *L) {
    sl_db *self = self_of(L);
    sl_run_info info;
    read_info(L, 2, &info);
    int64_t run = 0;
    char uuid[37];
    sl_bind_check(L, sl_db_run_new(self, &info, &run, uuid));
    lua_pushinteger(L, run);
    lua_pushstring(L, uuid);
    return 2;
}

static int db_run_resume(lua_State *L) {
    sl_db *self = self_of(L);
    int64_t run = row_id(L, 2, "run"), step = step_at(L, 3);
    sl_run_info info;
    read_info(L, 4, &info);
    sl_bind_check(L, sl_db_run_resume(self, run, step, &info));
    return 0;
}

static int db_run_param(lua_State *L) {
    sl_db *self = self_of(L);
    int64_t run = row_id(L, 2, "run");
    const char *name = sl_bind_string(L, 3, "name"), *type = sl_bind_string(L, 4, "type");
    sl_bind_check(L, sl_db_run_param(self, run, name, type, sl_bind_string_or(L, 5, "value", NULL)));
    return 0;
}

static int db_run_finish(lua_State *L) {
    sl_db *self = self_of(L);
    int64_t run = row_id(L, 2, "run");
    const char *state = sl_bind_string(L, 3, "state");
    int64_t step = step_at(L, 4);
    sl_bind_check(L, sl_db_run_finish(self, run, state, step, sl_bind_string_or(L, 5, "error", NULL)));
    return 0;
}

static int db_run_find(lua_State *L) {
    sl_db *self = self_of(L);
    int64_t run = 0;
    sl_bind_check(L, sl_db_run_find(self, sl_bind_string(L, 2, "what"), &run));
    lua_pushinteger(L, run);
    return 1;
}

static int db_run_alive(lua_State *L) {
    sl_db *self = self_of(L);
    bool alive = false;
    sl_bind_check(L, sl_db_run_alive(self, row_id(L, 2, "run"), &alive));
    lua_pushboolean(L, alive);
    return 1;
}

static int db_patience(lua_State *L) {
    sl_db *self = self_of(L);
    sl_db_patience(self, (int)sl_bind_integer(L, 2, "milliseconds", 0, INT32_MAX));
    return 0;
}

static int db_copy_runs(lua_State *L) {
    sl_db *self = self_of(L);
    const char *path = sl_bind_string(L, 2, "path"), **uuids = NULL;
    size_t count = 0;
    sl_db_copied copied;
    if (!lua_isnoneornil(L, 3)) {
        luaL_checktype(L, 3, LUA_TTABLE);
        count = (size_t)lua_rawlen(L, 3);
        uuids = sl_bind_scratch(L, count + 1, sizeof *uuids);
        for (size_t i = 0; i < count; i++) {
            if (lua_rawgeti(L, 3, (lua_Integer)i + 1) != LUA_TSTRING)
                sl_bind_argument_error(L, 3, "uuids", "a list of strings expected");
            uuids[i] = lua_tostring(L, -1); // kept by the table
            lua_pop(L, 1);
        }
    }
    sl_bind_check(L, sl_db_copy_runs(self, path, uuids, count, &copied));
    lua_createtable(L, 0, 3);
    lua_pushinteger(L, copied.added);
    lua_setfield(L, -2, "added");
    lua_pushinteger(L, copied.replaced);
    lua_setfield(L, -2, "replaced");
    lua_pushinteger(L, copied.kept);
    lua_setfield(L, -2, "kept");
    return 1;
}

// ---- claims ------------------------------------------------------------------------------------------------------------------

static void push_holder(lua_State *L, const sl_db_holder *holder) {
    lua_createtable(L, 0, 3);
    lua_pushstring(L, holder->host);
    lua_setfield(L, -2, "host");
    lua_pushinteger(L, holder->pid);
    lua_setfield(L, -2, "pid");
    if (holder->run == 0) return;
    lua_pushinteger(L, holder->run);
    lua_setfield(L, -2, "run");
}

static int db_claim_take(lua_State *L) {
    sl_db *self = self_of(L);
    sl_db_holder holder;
    bool taken = false;
    sl_bind_check(L, sl_db_claim_take(self, sl_bind_string(L, 2, "hash"), &taken, &holder));
    lua_pushboolean(L, taken);
    if (taken) return 1;
    push_holder(L, &holder);
    return 2;
}

static int db_claim_holder(lua_State *L) {
    sl_db *self = self_of(L);
    sl_db_holder holder;
    bool held = false;
    sl_bind_check(L, sl_db_claim_holder(self, sl_bind_string(L, 2, "hash"), &held, &holder));
    if (held)
        push_holder(L, &holder);
    else
        lua_pushnil(L);
    return 1;
}

static int db_claim_run(lua_State *L) {
    sl_db *self = self_of(L);
    const char *hash = sl_bind_string(L, 2, "hash");
    bool held = false;
    sl_bind_check(L, sl_db_claim_run(self, hash, row_id(L, 3, "run"), &held));
    lua_pushboolean(L, held);
    return 1;
}

static int db_claim_beat(lua_State *L) {
    sl_db *self = self_of(L);
    bool held = false;
    sl_bind_check(L, sl_db_claim_beat(self, sl_bind_string(L, 2, "hash"), &held));
    lua_pushboolean(L, held);
    return 1;
}

static int db_claim_release(lua_State *L) {
    sl_db *self = self_of(L);
    sl_bind_check(L, sl_db_claim_release(self, sl_bind_string(L, 2, "hash")));
    return 0;
}

// ---- commands ----------------------------------------------------------------------------------------------------------------

static int db_command_next(lua_State *L) {
    sl_db *self = self_of(L);
    sl_db_command command;
    bool found = false;
    sl_bind_check(L, sl_db_command_next(self, row_id(L, 2, "run"), &command, &found));
    if (!found) {
        lua_pushnil(L);
        return 1;
    }
    lua_createtable(L, 0, 3);
    lua_pushinteger(L, command.id);
    lua_setfield(L, -2, "id");
    lua_pushstring(L, command.name);
    lua_setfield(L, -2, "name");
    lua_pushstring(L, command.argument);
    lua_setfield(L, -2, "argument");
    return 1;
}

static int db_command_answer(lua_State *L) {
    sl_db *self = self_of(L);
    int64_t id = row_id(L, 2, "command"), step = step_at(L, 3);
    sl_bind_check(L, sl_db_command_answer(self, id, step, sl_bind_string_or(L, 4, "text", "")));
    return 0;
}

static int db_command_send(lua_State *L) {
    sl_db *self = self_of(L);
    int64_t run = row_id(L, 2, "run"), id = 0;
    const char *name = sl_bind_string(L, 3, "name");
    sl_bind_check(L, sl_db_command_send(self, run, name, sl_bind_string_or(L, 4, "argument", ""), &id));
    lua_pushinteger(L, id);
    return 1;
}

static int db_path(lua_State *L) {
    lua_pushstring(L, sl_db_path(self_of(L)));
    return 1;
}

static const sl_bind_function methods[] = {
    {"execute", db_execute, "(sql, ...)", "Runs statements; the further arguments are the parameters ?1, ?2, ...", NULL},
    {"query", db_query, "(sql, ...) -> {rows}", "All rows of a query, each a table by column name (NULL: absent).", NULL},
    {"each", db_each, "(sql, ...) -> iterator",
     "The same rows one by one, for queries with more of them than memory should hold: for row in db:each(...) do.", NULL},
    {"path", db_path, "() -> string", "The file.", NULL},
    {"run_new", db_run_new, "{info} -> run, uuid", "Adds a run; its state is \"running\".", info_descriptors},
    {"run_resume", db_run_resume, "(run, step, {info})", "Goes on with a run: what was logged after the step is removed.",
     info_descriptors},
    {"run_param", db_run_param, "(run, name, type, value)", "Stores one resolved option.", NULL},
    {"run_finish", db_run_finish, "(run, state, step, error)", "Ends a run: \"done\", \"stopped\", \"failed\" or \"diverged\".",
     NULL},
    {"run_find", db_run_find, "(what) -> run", "The run named by id, uuid or its prefix, name, or \"latest\".", NULL},
    {"run_alive", db_run_alive, "(run) -> boolean", "Whether another process is at work on the run.", NULL},
    {"patience", db_patience, "(milliseconds)",
     "How long to wait for other processes' locks (at first 5 s reading, 120 s writing).", NULL},
    {"copy_runs", db_copy_runs, "(path, {uuids} | nil) -> {added=, replaced=, kept=}",
     "Copies runs from another database file; what is here already, in the same or a later state, is kept.", NULL},
    {"claim_take", db_claim_take, "(hash) -> true | false, {host=, pid=, run=}",
     "Claims the work `hash` for this process, unless a process that lives holds it, which is told then.", NULL},
    {"claim_holder", db_claim_holder, "(hash) -> {host=, pid=, run=} | nil", "Who holds a claim now.", NULL},
    {"claim_run", db_claim_run, "(hash, run) -> boolean", "Names the run that does the work; false: the claim is not held.",
     NULL},
    {"claim_beat", db_claim_beat, "(hash) -> boolean", "A sign of life, while there is no run; false: the claim is not held.",
     NULL},
    {"claim_release", db_claim_release, "(hash)", "Gives a claim up, if it is held.", NULL},
    {"command_next", db_command_next, "(run) -> {id=, name=, argument=} | nil", "The oldest command to a run without an answer.",
     NULL},
    {"command_answer", db_command_answer, "(id, step, text)", "Answers a command.", NULL},
    {"command_send", db_command_send, "(run, name, argument) -> id", "Sends a command to a run.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static sl_status db_release(void *db) {
    sl_db_close(db);
    return SL_OK;
}

static void db_describe(lua_State *L, void *db) {
    lua_pushfstring(L, "db %s", sl_db_path(db));
}

const sl_bind_class sl_bind_db = {
    "db", "semiluna.db", "A connection to the results database.", db_release, db_describe, methods, NULL,
};
