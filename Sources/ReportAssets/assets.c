#include "report_assets.h"

static const char style[] = {
#embed "page.css"
  , 0
};

static const char script[] = {
#embed "page.js"
  , 0
};

const char *gbr_page_style(void) { return style; }
const char *gbr_page_script(void) { return script; }
