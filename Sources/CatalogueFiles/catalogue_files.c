#include "catalogue_files.h"

/* A file of the catalogue has its bytes here and a line in the table below. */
static const unsigned char agieval[] = {
#embed "tasks/agieval.yaml"
};
static const unsigned char arc[] = {
#embed "tasks/arc.yaml"
};
static const unsigned char boolq[] = {
#embed "tasks/boolq.yaml"
};
static const unsigned char commonsense_qa[] = {
#embed "tasks/commonsense_qa.yaml"
};
static const unsigned char global_mmlu_lite[] = {
#embed "tasks/global_mmlu_lite.yaml"
};
static const unsigned char gsm8k[] = {
#embed "tasks/gsm8k.yaml"
};
static const unsigned char hellaswag[] = {
#embed "tasks/hellaswag.yaml"
};
static const unsigned char lambada[] = {
#embed "tasks/lambada.yaml"
};
static const unsigned char mmlu[] = {
#embed "tasks/mmlu.yaml"
};
static const unsigned char mmlu_pro[] = {
#embed "tasks/mmlu_pro.yaml"
};
static const unsigned char mmlu_redux[] = {
#embed "tasks/mmlu_redux.yaml"
};
static const unsigned char openbookqa[] = {
#embed "tasks/openbookqa.yaml"
};
static const unsigned char piqa[] = {
#embed "tasks/piqa.yaml"
};
static const unsigned char race[] = {
#embed "tasks/race.yaml"
};
static const unsigned char social_iqa[] = {
#embed "tasks/social_iqa.yaml"
};
static const unsigned char text[] = {
#embed "tasks/text.yaml"
};
static const unsigned char truthfulqa[] = {
#embed "tasks/truthfulqa.yaml"
};
static const unsigned char wikitext[] = {
#embed "tasks/wikitext.yaml"
};
static const unsigned char winogrande[] = {
#embed "tasks/winogrande.yaml"
};

#define FILE_OF(name, bytes) {name ".yaml", bytes, sizeof bytes}

static const gbc_file files[] = {
    FILE_OF("agieval", agieval),
    FILE_OF("arc", arc),
    FILE_OF("boolq", boolq),
    FILE_OF("commonsense_qa", commonsense_qa),
    FILE_OF("global_mmlu_lite", global_mmlu_lite),
    FILE_OF("gsm8k", gsm8k),
    FILE_OF("hellaswag", hellaswag),
    FILE_OF("lambada", lambada),
    FILE_OF("mmlu", mmlu),
    FILE_OF("mmlu_pro", mmlu_pro),
    FILE_OF("mmlu_redux", mmlu_redux),
    FILE_OF("openbookqa", openbookqa),
    FILE_OF("piqa", piqa),
    FILE_OF("race", race),
    FILE_OF("social_iqa", social_iqa),
    FILE_OF("text", text),
    FILE_OF("truthfulqa", truthfulqa),
    FILE_OF("wikitext", wikitext),
    FILE_OF("winogrande", winogrande),
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
