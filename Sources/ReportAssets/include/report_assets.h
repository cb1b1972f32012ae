/* The style sheet and the script of report.html, as text that is part of the library: a report needs no other file. */
#ifndef REPORT_ASSETS_H
#define REPORT_ASSETS_H

/* UTF-8, ending in a zero byte. Live for ever. */
const char *gbr_page_style(void);
const char *gbr_page_script(void);

#endif
