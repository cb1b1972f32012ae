#include "catalogue_files.h"

/* A file of the catalogue has its bytes here and a line in the table below. */
static const unsigned char agieval[] = {
#embed "tasks/agieval.yaml"
};
static const unsigned char aime[] = {
#embed "tasks/aime.yaml"
};
static const unsigned char arc[] = {
#embed "tasks/arc.yaml"
};
static const unsigned char bbh[] = {
#embed "tasks/bbh.yaml"
};
static const unsigned char boolq[] = {
#embed "tasks/boolq.yaml"
};
static const unsigned char commonsense_qa[] = {
#embed "tasks/commonsense_qa.yaml"
};
static const unsigned char drop[] = {
#embed "tasks/drop.yaml"
};
static const unsigned char global_mmlu_lite[] = {
#embed "tasks/global_mmlu_lite.yaml"
};
static const unsigned char gpqa[] = {
#embed "tasks/gpqa.yaml"
};
static const unsigned char gsm8k_cot[] = {
#embed "tasks/gsm8k_cot.yaml"
};
static const unsigned char hellaswag[] = {
#embed "tasks/hellaswag.yaml"
};
static const unsigned char lambada[] = {
#embed "tasks/lambada.yaml"
};
static const unsigned char math[] = {
#embed "tasks/math.yaml"
};
static const unsigned char mgsm[] = {
#embed "tasks/mgsm.yaml"
};
static const unsigned char mmlu_pro[] = {
#embed "tasks/mmlu_pro.yaml"
};
static const unsigned char mmlu_redux[] = {
#embed "tasks/mmlu_redux.yaml"
};
static const unsigned char mmlu_variants[] = {
#embed "tasks/mmlu_variants.yaml"
};
static const unsigned char nq_open[] = {
#embed "tasks/nq_open.yaml"
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
static const unsigned char triviaqa[] = {
#embed "tasks/triviaqa.yaml"
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
    FILE_OF("aime", aime),
    FILE_OF("arc", arc),
    FILE_OF("bbh", bbh),
    FILE_OF("boolq", boolq),
    FILE_OF("commonsense_qa", commonsense_qa),
    FILE_OF("drop", drop),
    FILE_OF("global_mmlu_lite", global_mmlu_lite),
    FILE_OF("gpqa", gpqa),
    FILE_OF("gsm8k_cot", gsm8k_cot),
    FILE_OF("hellaswag", hellaswag),
    FILE_OF("lambada", lambada),
    FILE_OF("math", math),
    FILE_OF("mgsm", mgsm),
    FILE_OF("mmlu_pro", mmlu_pro),
    FILE_OF("mmlu_redux", mmlu_redux),
    FILE_OF("mmlu_variants", mmlu_variants),
    FILE_OF("nq_open", nq_open),
    FILE_OF("openbookqa", openbookqa),
    FILE_OF("piqa", piqa),
    FILE_OF("race", race),
    FILE_OF("social_iqa", social_iqa),
    FILE_OF("text", text),
    FILE_OF("triviaqa", triviaqa),
    FILE_OF("truthfulqa", truthfulqa),
    FILE_OF("wikitext", wikitext),
    FILE_OF("winogrande", winogrande),
};

const gbc_file *gbc_files(size_t *count) {
  *count = sizeof files / sizeof files[0];
  return files;
}
