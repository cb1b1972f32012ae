/* The files of the catalogue of tasks, as bytes that are part of the library. */
#ifndef CATALOGUE_FILES_H
#define CATALOGUE_FILES_H

#include <stddef.h>

/* A file: its name without a folder, such as "arc.yaml", and its bytes. Lives for ever. */
typedef struct {
  const char *name;
  const unsigned char *bytes;
  size_t count;
} gbc_file;

/* All files, in the order that lists show them in. */
const gbc_file *gbc_files(size_t *count);

/* Published scores of models (published.tsv), and how they are measured here (protocols.tsv). UTF-8, ending in a zero byte. */
const char *gbc_published(void);
const char *gbc_protocols(void);

#endif
