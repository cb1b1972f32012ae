/* The program of the Python process that runs functions of task files (`hooks: python`), as text that is part of the library. */
#ifndef HOOK_ASSETS_H
#define HOOK_ASSETS_H

/* UTF-8, ending in a zero byte. Live for ever. */
const char *gbh_hook_server(void);
const char *gbh_hook_data_sets(void);
const char *gbh_hook_harness(void);
/* The program of the Python process that runs programs of models (`unsafe_code`). */
const char *gbh_programs(void);

#endif
