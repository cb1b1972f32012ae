#include "catalogue_files.h"

/* A file of the catalogue has its bytes here and a line in the table below. */
static const unsigned char arc[] = {
#embed "tasks/arc.yaml"
};
static const unsigned char gsm8k[] = {
#embed "tasks/gsm8k.yaml"
};
static const unsigned char mmlu[] = {
#embed "tasks/mmlu.yaml"
};

#define FILE_OF(name, bytes) {name ".yaml", bytes, sizeof bytes}

static const gbc_file files[] = {
    FILE_OF("arc", arc),
    FILE_OF("gsm8k", gsm8k),
    FILE_OF("mmlu", mmlu),
};

const gbc_file *gbc_files(size_t *count) {
  *count = sizeof files / sizeof files[0];
  return files;
}
