#include "catalogue_files.h"

/* A file of the catalogue has its bytes here and a line in the table below. */
static const unsigned char arc[] = {
#embed "tasks/arc.yaml"
};

#define FILE_OF(name, bytes) {name ".yaml", bytes, sizeof bytes}

static const gbc_file files[] = {
    FILE_OF("arc", arc),
};

static const char published[] = {
#embed "published.tsv"
    , 0};

static const char protocols[] = {
#embed "protocols.tsv"
    , 0};

const char *gbc_published(void) { return published; }
const char *gbc_protocols(void) { return protocols; }

const gbc_file *gbc_files(size_t *count) {
  *count = sizeof files / sizeof files[0];
  return files;
}
