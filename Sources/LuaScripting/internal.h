/* What the files of the Lua glue share.
 *
 * A Lua error is a longjmp, and a longjmp over a Swift frame is undefined. So the glue has one law: between a gb_ call
 * and its return no Lua error may be raised. Callbacks from the library enter Lua through lua_pcall only (callback.c),
 * keep the error, ask the library to cancel, and the error is raised again when the gb_ call has come back.
 * Names begin with gbl_, since gb_ is for what the library exports.
 *
 * Files, lowest first; each uses only what stands above it here: errors, host; json; values; sandbox_files; handles, callback; definitions;
 * model, task, sweep and statistics functions; module; lua_patterns, sandbox_strings, sandbox_tables, sandbox_load; sandbox;
 * script. */
#ifndef GBL_INTERNAL_H
#define GBL_INTERNAL_H

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "gemmabench.h"

/* ---- Host: what an embedded script runs under; a stock Lua has none ---- */

enum { GBL_RUNNING = 0, GBL_CANCELLED, GBL_FINISHED };

typedef struct gbl_host {
  gb_lua_options options;
  const char *path;    /* of the script */
  size_t memory_used;  /* bytes */
  size_t memory_limit; /* bytes */
  int ending;          /* GBL_RUNNING, or why the script may not go on */
  int finishing;       /* whether the script was asked to end in order: calls end with what they have, and it may show that */
  int depth;           /* functions of the script that the library has called and that have not returned */
  double last_poll;    /* seconds */
  size_t charge;       /* work done since the last look at the host, in turns of loops and bytes */
  lua_State *watched;  /* the state with the hook; NULL before the script begins */
  int interval;        /* instructions between two looks */
  double finish_by;    /* until then the script itself may go on while finishing; 0: not yet said */
} gbl_host;

/* The host of this state, or NULL in a stock Lua. */
gbl_host *gbl_host_of(lua_State *L);
void gbl_host_set(lua_State *L, gbl_host *host);

/* Around a function of the script that a call enters: it has its own time to end in. Raises nothing. */
void gbl_host_enter(gbl_host *host);
void gbl_host_leave(gbl_host *host);

/* Asks the host whether to go on, at most ten times a second. Raises nothing. Non-zero once the script must end. */
int gbl_host_poll(gbl_host *host);

/* Polls the host every so many instructions, and ends the script once it must. */
void gbl_host_watch(lua_State *L, gbl_host *host, int interval);

/* Counts work of a function in C, which is one instruction to the hook: a turn of a loop, a byte of a text. Now and then it
 * polls the host, and ends the script once it must. In a stock Lua it does nothing. */
void gbl_host_charge(lua_State *L, size_t amount);

/* Has a look at the host before long where much memory was asked for: what fills it takes time. Raises nothing. */
void gbl_host_allocated(gbl_host *host, size_t size);

/* Ends the script for good: whatever pcall catches this error, the next instruction raises it again. */
int gbl_host_end(lua_State *L, gbl_host *host);

/* ---- Errors ---- */

/* The chunk names of the prelude begin so; its frames are skipped when an error looks for the line to blame. */
#define GBL_PRELUDE_NAME "=gemmabench"

/* Raises the string on top of the stack, with the position of the nearest caller outside the prelude. */
int gbl_raise(lua_State *L);

/* Raises gb_last_error() unless the status is GB_OK. */
void gbl_require(lua_State *L, gb_status status);

/* Raises a table {message, run} that reads as its message: the text on top of the stack, with the script's line, and the
 * run at an index, so that what was done is not lost. */
int gbl_raise_with_run(lua_State *L, int run);

/* ---- Handles: userdata around gb_ pointers ---- */

typedef enum { GBL_MODEL, GBL_TASK, GBL_RUN, GBL_PLAN, GBL_REPORT, GBL_KINDS } gbl_kind;

typedef struct gbl_definition gbl_definition;

typedef struct gbl_handle {
  void *pointer; /* NULL once freed */
  gbl_kind kind;
  int borrowed; /* a run of a report: its user value 1 is the report, which owns it */
  int busy;     /* calls at work on it: a callback must not free it under them */
  gbl_definition *definition; /* of a task that a script defined, which owns it; else NULL */
} gbl_handle;

/* Makes the five metatables and pushes a table kind name -> metatable for the prelude to fill in. */
void gbl_handles_open(lua_State *L);

/* Pushes an empty handle. It is made before the gb_ call, so that a failing allocation cannot leak what came out. */
gbl_handle *gbl_handle_new(lua_State *L, gbl_kind kind);

/* The handle at a stack index, of this kind and not freed; else an error. */
gbl_handle *gbl_handle_check(lua_State *L, int index, gbl_kind kind);

/* free(handle): frees now rather than when collected; freeing twice does nothing. */
int gbl_handle_free(lua_State *L);

/* ---- Callbacks: from the library into Lua ---- */

typedef struct gbl_callback {
  lua_State *state;
  gbl_host *host;
  int function; /* stack index of the Lua function; 0: none */
  int on_sample, on_cell; /* stack indices of hooks; 0: none */
  gb_progress_line *line; /* the function is gbl_draw_progress: what is drawn on standard error instead */
  int error;    /* stack index where an error waits */
  int failed;
  int hook_failed; /* the error is a hook's: gbl_callback_end leaves it to the caller */
} gbl_callback;

/* Prepares a callback to the function at a stack index (nil: none). Pushes one slot. */
void gbl_callback_begin(gbl_callback *callback, lua_State *L, int function);

/* Raises what went wrong in the callback, if anything did. To be called when the gb_ call has returned. A call that was
 * cancelled from outside and has a value gives it to the script; one that has none ends the script. */
void gbl_callback_end(gbl_callback *callback, const void *value);

/* Stands for the function of a stock Lua that draws progress on standard error. */
int gbl_draw_progress(lua_State *L);

int32_t gbl_on_progress(const gb_progress *progress, void *user_data);
int32_t gbl_on_text(const char *text, const char *part, void *user_data);
int32_t gbl_on_sample(const char *json, void *user_data);
int32_t gbl_on_cell(const char *json, void *user_data);
int32_t gbl_on_token(int32_t token, const char *text, void *user_data);

/* ---- Tasks of a script's own ---- */

typedef struct gbl_entry {
  gbl_handle *task;
  lua_State *state; /* what was there before */
  int functions;
} gbl_entry;

/* Marks the task at a stack index as at work and, where a script defined it, lets its functions be called from here until it
 * is left. Pushes at most one slot. Raises if it is no task. */
gbl_entry gbl_task_enter(lua_State *L, int index);
void gbl_task_leave(const gbl_entry *entry);

/* ---- JSON ---- */

/* Pushes the value that a JSON text stands for. In objects null means absent; in arrays it is a null light userdata. */
void gbl_json_decode(lua_State *L, const char *text);

/* Pushes the JSON text of the value at an index. An empty table is an array. */
void gbl_json_encode(lua_State *L, int index);

/* Pushes the value of a JSON text that the library gave away, and frees it whatever happens. */
void gbl_take_json(lua_State *L, char *string);

/* The same of a text, and of a JSON text that stays the library's; NULL there is an error. */
void gbl_take_string(lua_State *L, char *string);
void gbl_decode_borrowed(lua_State *L, const char *json);

/* The options table at an index as JSON, NULL if it is empty. Pushes the text, which lives as long as it stands there. */
const char *gbl_options_json(lua_State *L, int index);

/* The whole number from 0 up at an index; 0 for nil. Anything else is an error that names it. */
uint64_t gbl_check_count(lua_State *L, int index, const char *name);

/* ---- The module ---- */

/* Each adds gb_ calls to the table on top of the stack. */
void gbl_add_model_functions(lua_State *L);
void gbl_add_task_functions(lua_State *L);
void gbl_add_definition_functions(lua_State *L);
void gbl_add_sweep_functions(lua_State *L);
void gbl_add_statistics_functions(lua_State *L);

/* What the sandbox puts in place of functions that could run for long: of texts, of tables, and load. */
void gbl_limit_strings(lua_State *L);
void gbl_limit_tables(lua_State *L);
void gbl_limit_load(lua_State *L);

/* What a script may have read and written, by the path; raises what is refused. In a stock Lua they do nothing. */
void gbl_check_reading(lua_State *L, const char *path);
void gbl_check_writing(lua_State *L, const char *path);
/* Raises if something is at the path that the script did not make. */
void gbl_check_replacing(lua_State *L, const char *path);
void gbl_note_made(lua_State *L, const char *path);
/* The files that a task's specification names, at an index; that a plan names, with the folder its output goes to instead. */
void gbl_check_task(lua_State *L, int index);
void gbl_check_plan(lua_State *L, const gb_plan *plan, const char *output);

/* lua_load of a text, which can be stopped. */
int gbl_load_text(lua_State *L, const char *text, size_t length, const char *name);

/* Leaves a state with only what a script may use, the module as the upvalue of require. Runs protected. */
void gbl_sandbox_open(lua_State *L, gbl_host *host);

#endif
