/* What the Swift side of the library sees of its Lua front: one function. */
#ifndef GBL_LUA_SCRIPTING_H
#define GBL_LUA_SCRIPTING_H

#include <stddef.h>

#include "../../../include/gemmabench.h"

/* Runs a script in a sandboxed interpreter of its own and returns a gb_status. On failure `message`, which holds
 * `message_size` bytes, gets one line: for an error of the script, with its file and line.
 * No Lua error passes out of this function, and none passes through the gb_ calls that the script makes. */
int gbl_run_file(const char *path, const gb_lua_options *options, char *message, size_t message_size);

#endif
