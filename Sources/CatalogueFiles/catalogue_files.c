/* Made by tools/generate/make_catalogue_files.py of the files in tasks/ and of published.tsv and protocols.tsv; do not edit. */
#include "catalogue_files.h"

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
static const unsigned char gsm8k[] = {
#embed "tasks/gsm8k.yaml"
};
static const unsigned char gsm8k_cot[] = {
#embed "tasks/gsm8k_cot.yaml"
};
static const unsigned char hellaswag[] = {
#embed "tasks/hellaswag.yaml"
};
static const unsigned char humaneval[] = {
#embed "tasks/humaneval.yaml"
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
static const unsigned char mmlu[] = {
#embed "tasks/mmlu.yaml"
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

static const gbc_file files[] = {
    {"agieval.yaml", agieval, sizeof agieval},
    {"aime.yaml", aime, sizeof aime},
    {"arc.yaml", arc, sizeof arc},
    {"bbh.yaml", bbh, sizeof bbh},
    {"boolq.yaml", boolq, sizeof boolq},
    {"commonsense_qa.yaml", commonsense_qa, sizeof commonsense_qa},
    {"drop.yaml", drop, sizeof drop},
    {"global_mmlu_lite.yaml", global_mmlu_lite, sizeof global_mmlu_lite},
    {"gpqa.yaml", gpqa, sizeof gpqa},
    {"gsm8k.yaml", gsm8k, sizeof gsm8k},
    {"gsm8k_cot.yaml", gsm8k_cot, sizeof gsm8k_cot},
    {"hellaswag.yaml", hellaswag, sizeof hellaswag},
    {"humaneval.yaml", humaneval, sizeof humaneval},
    {"lambada.yaml", lambada, sizeof lambada},
    {"math.yaml", math, sizeof math},
    {"mgsm.yaml", mgsm, sizeof mgsm},
    {"mmlu.yaml", mmlu, sizeof mmlu},
    {"mmlu_pro.yaml", mmlu_pro, sizeof mmlu_pro},
    {"mmlu_redux.yaml", mmlu_redux, sizeof mmlu_redux},
    {"mmlu_variants.yaml", mmlu_variants, sizeof mmlu_variants},
    {"nq_open.yaml", nq_open, sizeof nq_open},
    {"openbookqa.yaml", openbookqa, sizeof openbookqa},
    {"piqa.yaml", piqa, sizeof piqa},
    {"race.yaml", race, sizeof race},
    {"social_iqa.yaml", social_iqa, sizeof social_iqa},
    {"text.yaml", text, sizeof text},
    {"triviaqa.yaml", triviaqa, sizeof triviaqa},
    {"truthfulqa.yaml", truthfulqa, sizeof truthfulqa},
    {"wikitext.yaml", wikitext, sizeof wikitext},
    {"winogrande.yaml", winogrande, sizeof winogrande},
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
