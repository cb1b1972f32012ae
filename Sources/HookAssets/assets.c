#include "hook_assets.h"

static const char server[] = {
#embed "server.py"
  , 0
};

static const char data_sets[] = {
#embed "data_sets.py"
  , 0
};

static const char harness[] = {
#embed "harness.py"
  , 0
};

static const char programs[] = {
#embed "programs.py"
  , 0
};

const char *gbh_hook_server(void) { return server; }
const char *gbh_hook_data_sets(void) { return data_sets; }
const char *gbh_hook_harness(void) { return harness; }
const char *gbh_programs(void) { return programs; }
