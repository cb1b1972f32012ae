/* gemmabench.h - the C interface of libgemmabench: load a Gemma model, run tasks on it, read what came out.
 *
 * Rules that hold everywhere
 *   Status      Functions that can fail return a gb_status: GB_OK (0) or a negative code. On failure the out-parameter
 *               is set to NULL (0 for numbers) and gb_last_error() says in one line what was wrong and what to do.
 *   Ownership   A pointer that comes through an out-parameter is yours: free it with the function named beside it.
 *               A pointer that is returned is borrowed: it lives as long as the handle it was asked of.
 *               Handles keep alive what they use, so they may be freed in any order. Every _free accepts NULL.
 *   Options     Structs of options begin with struct_size; set it to sizeof(the struct), as the _INIT macros do. Zero in
 *               any other field means its default; NULL for the whole struct means all defaults.
 *   Text        UTF-8, ending in a zero byte. JSON is RFC 8259; an absent number is null, never NaN or 0.
 *   Threads     A gb_model and a gb_task are immutable and may be used by several threads at once. Other handles belong
 *               to one thread at a time. gb_last_error() is kept per thread.
 *   Manners     The library never writes to stdout or stderr, never exits, and never aborts on bad input. */
#ifndef GEMMABENCH_H
#define GEMMABENCH_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GB_VERSION_MAJOR 0
#define GB_VERSION_MINOR 1
#define GB_VERSION_PATCH 0

/* ---- Status and errors --------------------------------------------------------------------------------------- */

typedef int32_t gb_status;

#define GB_OK 0
#define GB_INVALID_ARGUMENT (-1) /* an argument or option that cannot be used */
#define GB_NOT_FOUND (-2)        /* no such file, model, task or split */
#define GB_INVALID_FILE (-3)     /* a file that is malformed or contradicts itself */
#define GB_UNSUPPORTED (-4)      /* well formed, and beyond what this build does */
#define GB_INPUT_OUTPUT (-5)     /* the operating system refused to read or write */
#define GB_OUT_OF_MEMORY (-6)    /* memory could not be had */
#define GB_CANCELLED (-7)        /* a callback asked to stop */
#define GB_CALLBACK_FAILED (-8)  /* a callback or a script of yours failed */
#define GB_INTERNAL (-9)         /* a defect of the library: please report it */
#define GB_NETWORK (-10)         /* the network or the Hub did not answer as it should */
#define GB_ACCESS_DENIED (-11)   /* the Hub refuses: no token, a bad one, or a licence that was not accepted */

/* The library's version, "MAJOR.MINOR.PATCH". Lives for ever. */
const char *gb_version(void);

/* The name of a status, such as "GB_NOT_FOUND"; "GB_UNKNOWN_STATUS" for a number that is none. Lives for ever. */
const char *gb_status_name(gb_status status);

/* Why the last call of this thread failed, in one line; "" if none has. Lives until the thread's next failure. */
const char *gb_last_error(void);

/* Severity of a log message. */
#define GB_LOG_DEBUG 0
#define GB_LOG_INFO 1
#define GB_LOG_WARNING 2

/* Receives log messages, from any thread. */
typedef void (*gb_log_callback)(int32_t severity, const char *message, void *user_data);

/* Sends the library's log messages to a function; NULL (the default) drops them. It tells of models loaded (info) and of
 * the flags that samples of a run raised (warning). */
gb_status gb_set_log_callback(gb_log_callback callback, void *user_data);

/* The machine and the build as JSON: version, commit (of the repository that was built, with "-modified"
 * behind it where files differed from it; null where the sources were no clone), architecture, processor, threads,
 * instruction_set of the kernels, arithmetic (what GB_MATMUL says). Free with gb_string_free. */
gb_status gb_system_info(char **out_json);

/* Frees a string that came through an out-parameter. */
void gb_string_free(char *string);

/* ---- Progress ------------------------------------------------------------------------------------------------- */

/* What a long call is doing. Borrowed for the time of the callback. */
typedef struct gb_progress {
  uint32_t struct_size;
  const char *stage;   /* "download", "fingerprint", "load", "run", "plan" or "speed" */
  const char *message; /* the model, task or cell at work */
  uint64_t completed;  /* units done: bytes for "download", "fingerprint" and "load", repetitions for "speed", else samples */
  uint64_t total;      /* units in all; 0 if not known */
  double score;        /* mean score so far; meaningful if scored is above 0 */
  uint64_t scored;     /* samples in that mean */
  double lower;        /* interval of that mean; meaningful if has_interval is not 0 */
  double upper;
  uint32_t has_interval;
  uint32_t cell;       /* of a plan: the cell at work, from 1; else 0 */
  uint32_t cells;      /* of a plan: how many there are; else 0 */
  uint32_t found;      /* of the samples done, those that were there already: in the store or the cache of answers */
  double seconds_left; /* of a plan: until its last cell ends, by what was measured so far; meaningful if
                          has_seconds_left is not 0 */
  uint32_t has_seconds_left;
  uint32_t reserved;
  uint64_t prompt_tokens;    /* of "run": tokens of prompts that the model has read since the cell began */
  uint64_t generated_tokens; /* of "run": tokens that it has made since then */
} gb_progress;

/* What a progress callback returns in stage "run" to end a run in order: no further sample begins, and those at work are
 * finished and kept. Generations side by side go on to their ends; where there are none, the run ends with the next sample.
 * In other stages it cancels as any other number does. */
#define GB_FINISH_SAMPLES 2

/* Called as work advances, on the thread of the call. Return 0 to go on, GB_FINISH_SAMPLES to end in order, anything else to
 * cancel at once: the call then returns GB_CANCELLED, and what was done is kept where the call says so. */
typedef int32_t (*gb_progress_callback)(const gb_progress *progress, void *user_data);

/* Says what to write so that a person sees the progress of long calls in one line: rewritten in place on a terminal, fitted to
 * its width as it is at that moment, some ten times a second; elsewhere a line of its own every ten seconds. Whoever has it writes
 * the text, as it is, to the stream that it asked for. Used on one thread at a time. */
typedef struct gb_progress_line gb_progress_line;

/* The stream rewrites a line at a carriage return though it is no terminal: a notebook. */
#define GB_LINE_NOTEBOOK 1u

/* descriptor: of the stream that is written to, such as 2, standard error; -1 where there is none. flags: GB_LINE_... or 0.
 * Free with gb_progress_line_free. */
gb_status gb_progress_line_open(gb_progress_line **out, int32_t descriptor, uint32_t flags);

/* What to write now, "" where it is too early for a person to read more; after a plan's cell, the line that stays of it. Borrowed
 * until the next call on the line. */
const char *gb_progress_line_show(gb_progress_line *line, const gb_progress *progress);

/* What takes the line away, so that something else can be written. Borrowed until the next call on the line. */
const char *gb_progress_line_clear(gb_progress_line *line);

/* What ends the progress: as gb_progress_line_clear, and of a plan the line of its last cell stays. */
const char *gb_progress_line_end(gb_progress_line *line);

void gb_progress_line_free(gb_progress_line *line);

/* ---- Models --------------------------------------------------------------------------------------------------- */

typedef struct gb_model gb_model;

typedef struct gb_load_options {
  uint32_t struct_size;
  uint32_t threads;           /* worker threads; 0: every processor this process may use */
  uint32_t context_length;    /* tokens that prompt and answer may take; 0: what the model was made for, at most 8192 */
  uint32_t flags;             /* GB_LOAD_..., or 0 */
  const char *name;           /* what reports call the model; NULL: the name of its folder or repository */
  gb_progress_callback progress;
  void *user_data;
  const char *cache_dir;      /* the Hub's cache; NULL: HF_HUB_CACHE, HF_HOME, or ~/.cache/huggingface/hub */
  const char *quantization;   /* what matrices become while loading: "q4_0", "q4_k", "q8_0" and the other types of
                                 gb_quantize_model; NULL or "none": as they are stored */
  const char *precision;      /* what activations are rounded to: "float32", not at all, whatever the weights; "bfloat16",
                                 of bfloat16 weights alone, about twice as fast where the machine has AVX-512 BF16;
                                 NULL: 8 bits where weights are quantised, else float32 */
} gb_load_options;

/* Never download: a model that is not on this machine is GB_NOT_FOUND. The variable HF_HUB_OFFLINE=1 says so for all. */
#define GB_LOAD_LOCAL_ONLY 1u
/* Load even what needs more memory than is available. GEMMABENCH_MEMORY_CHECK=off says so for all. */
#define GB_LOAD_ANY_SIZE 2u

#define GB_LOAD_OPTIONS_INIT { sizeof(gb_load_options), 0, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL }

/* Loads a checkpoint of Gemma, Llama 3 or Qwen: a folder with config.json, *.safetensors and tokenizer.model or
 * tokenizer.json; a .gguf file (of a split one the first part), or a folder with one; or a model of the Hugging Face Hub
 * by its name, such as "google/gemma-3-1b-it" or "google/gemma-3-1b-it@main", from the Hub's cache; what is not there is
 * downloaded first, as gb_pull_model does, unless that is forbidden.
 * Weights are read into memory: what happens to the files later changes nothing, and harms nothing.
 * Errors: GB_NOT_FOUND, GB_INVALID_FILE (names the file and the tensor), GB_UNSUPPORTED, GB_CANCELLED, GB_OUT_OF_MEMORY
 * (what it takes, what there is, and the quantisation that would fit), and those of gb_pull_model.
 * Free with gb_model_free. */
gb_status gb_load_model(gb_model **out, const char *path, const gb_load_options *options);

/* The model as JSON: name, path, architecture, parameters, layers, sizes, element type, tokenizer. Borrowed from the
 * model; NULL, with gb_last_error set, if the model is NULL. */
const char *gb_model_info(const gb_model *model);

void gb_model_free(gb_model *model);

/* What a model would take of the memory once loaded and its context full, as JSON: weight_bytes, key_value_bytes,
 * work_bytes, tokenizer_bytes, total_bytes, batch_bytes (what a run may add at most, with several requests at a time),
 * context_length, available_bytes and machine_bytes (null if the system does not say), fits (total_bytes),
 * quantized_bytes by type, path. Said from the configuration and the table of tensors; nothing is loaded
 * or downloaded. Of the options, threads, context_length, quantization and cache_dir count. Free with gb_string_free. */
gb_status gb_memory_estimate(char **out_json, const char *model, const gb_load_options *options);

/* ---- The Hub -------------------------------------------------------------------------------------------------- */

typedef struct gb_pull_options {
  uint32_t struct_size;
  uint32_t reserved;          /* must be 0 */
  const char *revision;       /* branch, tag or commit; NULL: what the name says after "@", else main */
  const char *cache_dir;      /* as in gb_load_options */
  const char *const *include; /* patterns of the files to fetch, such as "*.json"; none: those that a Gemma needs */
  size_t include_count;
  gb_progress_callback progress;
  void *user_data;
} gb_pull_options;

#define GB_PULL_OPTIONS_INIT { sizeof(gb_pull_options), 0, NULL, NULL, NULL, 0, NULL, NULL }

/* Downloads a model from the Hugging Face Hub into its cache (the layout is huggingface_hub's, and shared with it), as
 * far as it is not there, and sets *out_json to {path, id, revision, files, received_bytes}. A download that breaks or is
 * cancelled is resumed by the next call; digests are checked. The token comes from HF_TOKEN or from the file that
 * `hf auth login` writes; HF_ENDPOINT names another Hub.
 * Errors: GB_NOT_FOUND (no such model, revision or file), GB_ACCESS_DENIED (gated, private, bad token: says what to do),
 * GB_NETWORK, GB_INPUT_OUTPUT (a full or read-only disk), GB_INVALID_ARGUMENT, GB_CANCELLED. Free with gb_string_free. */
gb_status gb_pull_model(char **out_json, const char *model, const gb_pull_options *options);

/* The path of a model on this machine; never uses the network. GB_NOT_FOUND if it is not there whole, with the command
 * that brings it. Free with gb_string_free. */
gb_status gb_resolve_model(char **out_path, const char *model, const char *cache_dir);

/* The models in the Hub's cache, as a JSON array of {id, revision, refs, size_bytes, type, is_gemma, missing, path};
 * missing is null if the model is whole. Free with gb_string_free. */
gb_status gb_cached_models(char **out_json, const char *cache_dir);

/* Whose the token is, asked of the Hub, as JSON: name, full_name, token_name, token_role, token_source. Never the token.
 * Errors: GB_ACCESS_DENIED (none, or a bad one: says what to do), GB_NETWORK. Free with gb_string_free. */
gb_status gb_hub_identity(char **out_json);

/* ---- Quantisation --------------------------------------------------------------------------------------------- */

typedef struct gb_quantize_options {
  uint32_t struct_size;
  uint32_t threads;      /* that quantise; 0: every processor this process may use */
  const char *type;      /* "q4_k" (NULL too), "q5_k", "q6_k", "q8_0", "q4_0", "q4_1", "q5_0", "q5_1", "q3_k", "q2_k",
                            "f16", "bf16", "f32"; a mixture: "q4_k_m", "q4_k_s", "q5_k_m", "q5_k_s", "q3_k_l", "q3_k_m",
                            "q3_k_s"; or "none": as the matrices are stored. Capital letters are small ones */
  const char *cache_dir; /* the Hub's cache; NULL: where the environment says */
  gb_progress_callback progress; /* stage "quantize": bytes of the file */
  void *user_data;
  uint32_t force;        /* other than 0: a file that is there is replaced */
  uint32_t reserved2;    /* must be 0 */
} gb_quantize_options;

#define GB_QUANTIZE_OPTIONS_INIT { sizeof(gb_quantize_options), 0, NULL, NULL, NULL, NULL, 0, 0 }

/* Writes a model, a folder of safetensors, a GGUF file whose matrices are not quantised (its metadata are kept), or a name
 * on the Hub, as one GGUF file (version 3) with vocabulary and chat
 * template, which llama.cpp loads too. A few rows are in memory at a time. There is nothing at the path until the file is
 * whole; a file that is there is an error (GB_INVALID_ARGUMENT) without force. docs/quantization.md says which tensor gets which type.
 * The result as JSON: path, parameters, bytes_before, bytes, bits_per_weight, tensors by type. Free with gb_string_free.
 * Errors: those of gb_load_model; GB_UNSUPPORTED for matrices that are quantised already, and for what such a file cannot say; GB_INVALID_FILE
 * for numbers that are not finite or too large for the type (names the tensor); GB_CANCELLED. */
gb_status gb_quantize_model(char **out_json, const char *model, const char *output,
                            const gb_quantize_options *options);

/* ---- Tokens --------------------------------------------------------------------------------------------------- */

/* Token ids of a text. add_bos other than 0 puts the beginning-of-sequence token in front, unless it is there.
 * Invalid UTF-8 is GB_INVALID_ARGUMENT. Free *out_tokens with gb_tokens_free. */
gb_status gb_tokenize(int32_t **out_tokens, size_t *out_count, const gb_model *model, const char *text,
                      int32_t add_bos);

/* The text of token ids; bytes that are no UTF-8 become U+FFFD. Free with gb_string_free. */
gb_status gb_detokenize(char **out_text, const gb_model *model, const int32_t *tokens, size_t count);

void gb_tokens_free(int32_t *tokens);

typedef struct gb_chat_options {
  uint32_t struct_size;
  uint32_t no_generation_prompt; /* other than 0: the text does not end with the opening of the model's turn */
  uint32_t thinking;             /* other than 0: the thinking switch is on (Gemma 4 alone has one) */
  uint32_t reserved;             /* must be 0 */
} gb_chat_options;

#define GB_CHAT_OPTIONS_INIT { sizeof(gb_chat_options), 0, 0, 0 }

/* The prompt of a conversation, by the model's chat template. The conversation is JSON: [{"role": "user", "content":
 * "Hello"}], with the roles system, user and assistant; content may be a list of {"type": "text", "text": "..."}.
 * The text begins with "<bos>", which gb_tokenize and gb_generate do not double.
 * Errors: GB_INVALID_ARGUMENT (what the template raises: roles that do not alternate, a system message in Gemma 1 and 2),
 * GB_UNSUPPORTED (a template that is not Gemma's; parts that are not text). Free with gb_string_free. */
gb_status gb_apply_chat_template(char **out_text, const gb_model *model, const char *messages,
                                 const gb_chat_options *options);

/* ---- Inference ------------------------------------------------------------------------------------------------ */

/* Natural-log probabilities of a continuation, given a context: out_log_probabilities[i] is that of continuation[i]
 * after the context and the i tokens before it. Each has at least one token (begin the context with BOS); together they
 * fit the context length. out_log_probabilities is yours and holds continuation_count values. */
gb_status gb_score_tokens(float *out_log_probabilities, const gb_model *model, const int32_t *context,
                          size_t context_count, const int32_t *continuation, size_t continuation_count);

/* Receives each token as it is made, with the text it adds (may be "" while a character is incomplete). Return
 * anything but 0 to end the generation there; what was made is kept. */
typedef int32_t (*gb_token_callback)(int32_t token, const char *text, void *user_data);

typedef struct gb_generate_options {
  uint32_t struct_size;
  uint32_t max_tokens;      /* maximum number of tokens to generate; 0: 256 */
  const char *const *stops; /* texts that end the generation; the text is cut before the first one */
  size_t stop_count;
  gb_token_callback on_token;
  void *user_data;
  double temperature;       /* sampling temperature, at most 100; 0: greedy */
  double top_p;             /* sample from the most likely tokens whose probabilities add up to p; 0: 1, all */
  uint32_t top_k;           /* sample from the k most likely tokens; 0: all */
  uint32_t reserved;        /* must be 0 */
  uint64_t seed;            /* of the sampling; 0: 1234 */
} gb_generate_options;

#define GB_GENERATE_OPTIONS_INIT { sizeof(gb_generate_options), 0, NULL, 0, NULL, NULL, 0.0, 0.0, 0, 0, 0 }

typedef struct gb_generation gb_generation;

/* Continues a prompt, greedily: always the most probable token, the lowest id among equals. With a temperature, tokens are
 * drawn from softmax(logits / temperature), filtered by top_k and then by top_p; the same seed draws the same text on the
 * same model, whatever else runs. BOS is put in front of the prompt unless it is there. Free with gb_generation_free. */
gb_status gb_generate(gb_generation **out, const gb_model *model, const char *prompt,
                      const gb_generate_options *options);

/* The text made, cut at the first stop. Borrowed from the generation. */
const char *gb_generation_text(const gb_generation *generation);

/* The generation as JSON: text, tokens, prompt_tokens, finish_reason ("stop", "end_of_text", "length" or
 * "cancelled"), prefill_seconds, decode_seconds. Borrowed from the generation. */
const char *gb_generation_info(const gb_generation *generation);

void gb_generation_free(gb_generation *generation);

/* ---- Speed ---------------------------------------------------------------------------------------------------- */

typedef struct gb_speed_options {
  uint32_t struct_size;
  uint32_t prompt_tokens;      /* tokens of the prompt that is read; 0: 512 */
  uint32_t generated_tokens;   /* tokens made for each sequence; 0: 128 */
  uint32_t repetitions;        /* that count, after one that does not; 0: 5 */
  const uint32_t *batch_sizes; /* sequences decoded side by side, one measurement each; NULL: 1 */
  size_t batch_count;
  gb_progress_callback progress;
  void *user_data;
} gb_speed_options;

#define GB_SPEED_OPTIONS_INIT { sizeof(gb_speed_options), 0, 0, 0, NULL, 0, NULL, NULL }

/* Measures reading a prompt (prefill) and making tokens (decode) apart, without tokenizer and sampling, as JSON: model,
 * machine (its read bandwidth and arithmetic peak, measured), prefill and, for each batch size, decode, with
 * tokens_per_second {median, least, greatest} and the share of what the machine could do. Free with gb_string_free. */
gb_status gb_measure_speed(char **out_json, const gb_model *model, const gb_speed_options *options);

/* ---- Tasks ---------------------------------------------------------------------------------------------------- */

typedef struct gb_task gb_task;

/* The tasks there are, as a JSON array of {type, title, options: [{name, default, help}]}. Free with gb_string_free. */
gb_status gb_task_catalogue(char **out_json);

/* Loads a task and its data. The specification is JSON: {"type": "mmlu", "subset": "mathematics", "shots": 5}.
 * Data come from the option "data", else from the folder that the environment variable GEMMABENCH_DATA names.
 * Errors: GB_INVALID_ARGUMENT (an unknown key, with the nearest known one), GB_NOT_FOUND (no such task; or a missing
 * file: says which, and where to get it), GB_INVALID_FILE (with the line). Free with gb_task_free. */
gb_status gb_load_task(gb_task **out, const char *specification);

/* A task of your own. The library asks it through callbacks, on the thread of the call it is at work on; who runs one task
 * on several threads at once is called on all of them. Each callback answers by gb_reply_set.
 *
 * A callback that fails, or answers what cannot be used, ends the run with GB_CALLBACK_FAILED and a line that names the
 * sample; the run keeps what it has: the samples before, and one that could not be scored as unscored ("score_failed").
 * In a plan the cell ends so, and the others go on. */

/* Where a callback leaves its answer. Borrowed for the time of the callback. */
typedef struct gb_reply gb_reply;

/* Sets the answer of a callback: JSON if the callback then returns 0, else why it failed. The text is copied. */
gb_status gb_reply_set(gb_reply *reply, const char *text);

/* Answers for the sample at an index, from 0. Returns 0, or anything else if it failed. */
typedef int32_t (*gb_sample_callback)(gb_reply *reply, uint64_t index, void *user_data);

/* Scores a response, which is JSON: {text, finish_reason}, or {chosen, choice, log_likelihoods, continuation_tokens}. */
typedef int32_t (*gb_score_callback)(gb_reply *reply, uint64_t index, const char *response, void *user_data);

/* Told once that the callbacks will not be called again. */
typedef void (*gb_release_callback)(void *user_data);

typedef struct gb_task_callbacks {
  uint32_t struct_size;
  uint32_t reserved;           /* must be 0 */
  const char *description;     /* JSON: {"name": "capitals", "metric": "accuracy", "version": "2"}; a metric may be an object with its unit and direction; docs/tasks.md */
  uint64_t sample_count;       /* 1 or more */
  gb_sample_callback sample;   /* {id, subject, clusters, target, document}, each optional; NULL: ids are positions. Every
                                  sample is asked for once, by gb_define_task. clusters: {"passage": "p1"}, by kind what
                                  the sample shares with others (gb_stats_options) */
  gb_sample_callback prompt;   /* {prompt, continuations} to choose among, or {prompt, stops, max_tokens} to generate */
  gb_score_callback score;     /* a number, a boolean or null, or {score | scores, prediction, flags}; NULL: 1 if the answer
                                  equals the target */
  gb_release_callback release; /* may be NULL; not called if gb_define_task fails */
  void *user_data;             /* for all of them */
} gb_task_callbacks;

#define GB_TASK_CALLBACKS_INIT { sizeof(gb_task_callbacks), 0, NULL, 0, NULL, NULL, NULL, NULL, NULL }

/* Makes a task of callbacks. Errors: GB_INVALID_ARGUMENT (the description), GB_CALLBACK_FAILED (a sample).
 * Free with gb_task_free; the last user of the task calls release. */
gb_status gb_define_task(gb_task **out, const gb_task_callbacks *callbacks);

/* The task as JSON: name, type, options with defaults filled in, sample count. Borrowed from the task. */
const char *gb_task_info(const gb_task *task);

/* The first `count` prompts as a JSON array of {id, context, continuations | stops and max_tokens | output_tokens,
 * repetitions and warmup, target}; for reading and checking.
 * 0 gives them all. Free with gb_string_free. */
gb_status gb_task_prompts(char **out_json, const gb_task *task, uint64_t count);

void gb_task_free(gb_task *task);

/* ---- Runs ----------------------------------------------------------------------------------------------------- */

typedef struct gb_run gb_run;

/* Receives a record as JSON, borrowed for the time of the callback. Anything but 0 asks to stop, as progress does. */
typedef int32_t (*gb_record_callback)(const char *json, void *user_data);

typedef struct gb_run_options {
  uint32_t struct_size;
  uint32_t reserved; /* must be 0 */
  uint64_t limit;    /* samples taken, from the front of the task (of each subject, in MMLU); 0: all */
  gb_progress_callback progress;
  void *user_data;
  uint32_t chat_template; /* other than 0: prompts are put into the model's chat template */
  uint32_t batch_size;    /* generations side by side; 0: as many as fit half of the memory available, at most 2 GiB of
                             keys and values. Changes no answer */
  gb_record_callback on_sample; /* each sample once it is scored: model, task and what gb_run_sample gives but seconds */
} gb_run_options;

#define GB_RUN_OPTIONS_INIT { sizeof(gb_run_options), 0, 0, NULL, NULL, 0, 0, NULL }

/* Runs a task on a model. A cancelled run gives GB_CANCELLED and still sets *out, to a run with the samples that were
 * done; so does one that a callback of the task ended (GB_CALLBACK_FAILED). Free with gb_run_free. */
gb_status gb_run_task(gb_run **out, const gb_model *model, const gb_task *task, const gb_run_options *options);

/* How many samples the run holds; 0 if run is NULL. */
uint64_t gb_run_count(const gb_run *run);

/* One sample as JSON: id, subject, prompt_sha256, target, prediction; log_likelihoods and continuation_tokens, or
 * response and finish_reason, or measurements (what each repetition took); score (of the main metric) and scores (of each); flags, prompt_tokens, answer_tokens,
 * seconds. Borrowed from the run; NULL, with gb_last_error set, if the index is past the end. */
const char *gb_run_sample(const gb_run *run, uint64_t index);

/* The run as JSON: model, task, options, counts, statistics, timings, efficiency (of each prompt and output length),
 * tokens_asked, tokens_computed, tokens_saved, chat_template, first_prompt_tokens; without the samples. Borrowed from the run. */
const char *gb_run_info(const gb_run *run);

void gb_run_free(gb_run *run);

/* ---- Statistics ----------------------------------------------------------------------------------------------- */

typedef struct gb_stats_options {
  uint32_t struct_size;
  uint32_t reserved;       /* must be 0 */
  double confidence_level; /* between 0 and 1; 0: 0.95 */
  const char *metric;      /* a metric of the task; NULL: its main one */
  const char *interval;    /* "wilson" (scores of 0 and 1; their default), "student" (the default of others), "normal",
                            * "clopper_pearson", "jeffreys", "bootstrap" (BCa) */
  const char *clusters;    /* "subject", or a kind of clusters that the samples name ("passage", "template"): those of one
                            * stand or fall together; NULL: none do */
  uint64_t replicates;     /* of the bootstrap; 0: 10000 */
  uint64_t seed;           /* of the bootstrap; 0: 1234 */
} gb_stats_options;

#define GB_STATS_OPTIONS_INIT { sizeof(gb_stats_options), 0, 0.0, NULL, NULL, NULL, 0, 0 }

/* What a run measured. Fractions, never percent. */
typedef struct gb_stats_result {
  uint32_t struct_size;    /* set it before the call: gb_stats fills no more than this */
  int32_t has_mean;        /* 0 if nothing was scored, or where a median stands for the scores: mean then means nothing */
  int32_t has_error;       /* 0 if fewer than two were scored: standard_error then means nothing */
  int32_t has_interval;    /* 0 if there is too little for an honest one: lower and upper then mean nothing */
  uint64_t count;          /* samples run */
  uint64_t unscored;       /* of these, without a score */
  double mean;             /* mean score of the scored samples */
  double standard_error;   /* of the mean: sqrt(sum (x - mean)^2 / (n - 1) / n) */
  double lower;            /* interval at the confidence level; where a stop rule ended the run, its own */
  double upper;
  double confidence_level;
  int32_t has_median;      /* other than 0: median is set, mean is not, and lower and upper are the median's */
  uint32_t reserved;       /* 0 */
  double median;           /* of latencies, rates and memory, whose mean says little */
  uint64_t clusters;       /* clusters of the scored samples, if asked for: error and interval are then by them; 0: not */
} gb_stats_result;

/* Mean, standard error and confidence interval of a run's scores; of the metrics of the task "efficiency", the median and
 * a bootstrap interval over repetitions. With clusters, the error is the clustered one. */
gb_status gb_stats(gb_stats_result *out, const gb_run *run, const gb_stats_options *options);

typedef struct gb_compare_options {
  uint32_t struct_size;
  uint32_t reserved;       /* must be 0 */
  double confidence_level; /* between 0 and 1; 0: 0.95 */
  double margin;           /* differences below it count as none: asks for the test of equivalence; 0: none */
  const char *metric;      /* a metric of the task; NULL: its main one */
  const char *clusters;    /* "subject", or a kind of clusters that the samples name ("passage", "template"): those of one
                            * stand or fall together; NULL: none do */
  uint64_t replicates;     /* of the bootstrap and the permutation test; 0: 10000 */
  uint64_t seed;           /* of both; 0: 1234 */
} gb_compare_options;

#define GB_COMPARE_OPTIONS_INIT { sizeof(gb_compare_options), 0, 0.0, 0.0, NULL, NULL, 0, 0 }

/* Two runs of one task, sample by sample, as JSON: difference (first less second) with standard_error, lower, upper
 * and the probability to judge by; clusters and clustered_by if asked for; bootstrap, permutation, proportions
 * (McNemar, Cohen's h, odds ratio), equivalence; and what was left out: unpaired, unscored, different_prompts. Where
 * a stop rule ended a run (stopped_early) there are no probabilities, and lower and upper are the rule's, if it was
 * to tell these two apart. docs/statistics.md has the formulas.
 * Errors: GB_INVALID_ARGUMENT (different tasks, no sample in common, an option out of range). Free with
 * gb_string_free. */
gb_status gb_compare(char **out_json, const gb_run *first, const gb_run *second, const gb_compare_options *options);

/* Adjusts the probabilities of many tests, in the order given: "holm" (the chance of even one false finding) or
 * "benjamini_hochberg" (the expected share of false ones). Show them beside the raw ones. out_adjusted is yours and holds
 * count values; it may be the same memory as probabilities. Errors: GB_INVALID_ARGUMENT (a value outside 0 to 1). */
gb_status gb_adjust(double *out_adjusted, const double *probabilities, size_t count, const char *method);

/* A value of a metric as reports print it: "44.0%", "39.75 errors". unit is the metric's, as gb_task_info, gb_run_info and
 * gb_compare tell it; NULL is "fraction". Errors: GB_INVALID_ARGUMENT (a unit that cannot be one). Free with gb_string_free. */
gb_status gb_format_value(char **out_text, double value, const char *unit);

typedef struct gb_power_options {
  uint32_t struct_size;
  uint32_t runs;            /* runs of each item, whose mean is its score; 0: 1 */
  const char *design;       /* "paired" (both models on the same items; the default) or "independent" */
  double baseline;          /* share that the first model answers rightly; 0: 0.5 */
  double difference;        /* share of the second less that of the first; 0: not asked */
  uint64_t items;           /* items of each model; 0: not asked */
  double power;             /* the power wanted; 0: 0.8 */
  double significance;      /* two-sided; 0: 0.05 */
  double discordance;       /* share of items that just one model answers rightly; 0: as if answers were independent */
  double sampling_variance; /* of one run's answer about its item's mean, 0 (greedy) to 0.25 */
  double half_width;        /* of the interval of the baseline; 0: not asked */
} gb_power_options;

#define GB_POWER_OPTIONS_INIT { sizeof(gb_power_options), 0, NULL, 0.0, 0.0, 0, 0.0, 0.0, 0.0, 0.0, 0.0 }

/* What a comparison would find, before it is run, as JSON: power (of difference and items), items_needed (of difference),
 * minimum_detectable_effect (of items), runs_needed (of difference, items and sampling_variance), items_for_half_width;
 * null where not asked or where no number suffices. Free with gb_string_free. */
gb_status gb_power(char **out_json, const gb_power_options *options);

/* ---- Plans: several models on several tasks -------------------------------------------------------------------- */

typedef struct gb_plan gb_plan;
typedef struct gb_report gb_report;

/* Reads a plan from JSON or YAML: {"name": "...", "models": [{"path": "..."}], "tasks": [{"type": "mmlu"}], "runs": 3,
 * "seed": 1234, "vary": ["few_shot_draws", "choice_order", "sampling", "item_order"], "limit": 100, "threads": 2,
 * "output": {"path": "results"}}; docs/configuration.md has every key. Nothing is loaded yet. Run 1 is as the task says;
 * each later run varies what it can, from seeds of its own; with "design": "crossed" they are every combination of levels of
 * what varies, so that the variance splits into it. "stop_when": {"half_width": 0.02} or {"decided": ["a", "b"]}
 * ends cells early, by confidence sequences that hold whenever they stop; samples then run in an order shuffled by its
 * "seed", or by the run's own where "item_order" varies. Errors say where, with the nearest known key. Free with
 * gb_plan_free. */
gb_status gb_plan_parse(gb_plan **out, const char *text);

/* Reads a plan from a file of YAML or JSON; errors begin with file, line and column. Free with gb_plan_free. */
gb_status gb_plan_read(gb_plan **out, const char *path);

/* A plan as another one, with some of its keys replaced: changes is a JSON object of keys that may stand at the top of a
 * plan, "models" and "tasks" apart; of "output" its own keys one by one. What stands where in the text of the plan is kept for
 * the errors of its tasks. Free with gb_plan_free. */
gb_status gb_plan_change(gb_plan **out, const gb_plan *plan, const char *changes);

/* The plan in its canonical form, defaults filled in, with its cells, its hash, and warnings: what it says and this library
 * has no use for. Borrowed from the plan. */
const char *gb_plan_info(const gb_plan *plan);

void gb_plan_free(gb_plan *plan);

typedef struct gb_plan_options {
  uint32_t struct_size;
  uint32_t flags;     /* GB_PLAN_..., or 0 */
  gb_progress_callback progress;
  void *user_data;              /* for the callbacks of this struct */
  const char *output;           /* folder of the store, results.db, made if need be; NULL: the report alone holds it all */
  const gb_task *const *tasks;  /* tasks of gb_define_task, which the plan has as {"type": "callbacks", "name": "..."} */
  size_t task_count;
  gb_record_callback on_sample; /* as in gb_run_options */
  gb_record_callback on_cell;   /* each cell that has ended: model, task, and run (as gb_run_info) or error */
} gb_plan_options;

/* Ask everything, also what the cache of answers has, and add nothing to it. GEMMABENCH_CACHE=off says so for all. */
#define GB_PLAN_NO_CACHE 1u

/* Replace the report that another run left in an output folder without a store; an error (GB_INVALID_ARGUMENT) otherwise. Other
 * files that are called as a report's are never replaced. */
#define GB_PLAN_FORCE 2u

#define GB_PLAN_OPTIONS_INIT { sizeof(gb_plan_options), 0, NULL, NULL, NULL, NULL, 0, NULL, NULL }

/* Runs every cell of a plan, one model in memory at a time. A cell that fails is in the report with its reason and does
 * not stop the others; a model that the Hub refuses is an error before anything runs. A cancelled plan gives GB_CANCELLED
 * and still sets *out, to what was done. With an output folder (of the options, else of the plan) answers are kept there as
 * they come, so that a process that is killed loses none: run the same plan again to resume. Responses that another plan
 * computed are reused from the user's response cache (docs/store.md). At the end the report is written there too.
 * Errors: GB_INPUT_OUTPUT (another process at work on the folder, which is named; a full disk; a folder that cannot be
 * written to), GB_INVALID_FILE (a damaged store), GB_UNSUPPORTED (a store of a newer version).
 * Free with gb_report_free. */
gb_status gb_plan_run(gb_report **out, const gb_plan *plan, const gb_plan_options *options);

/* What a plan would take, as JSON, without running it: cells, each with samples, tokens_asked, tokens_computed (what
 * requests share is computed once), tokens_generated_at_most, seconds (an estimate, if every answer is as long as it
 * may be), least_seconds (the machine's arithmetic and memory at their measured limits) and most_seconds; their sums;
 * obstacles (why a model's tokens are not known, such as that it is not on this machine), unrepeated_tasks (they run
 * once though the plan asks for more) and unrepeated_reasons (by the names of these), crossings (of a crossed design),
 * warnings. Tasks and tokenizers are read, and the machine is measured for a second; no weights are loaded.
 * Errors: missing data; GB_ACCESS_DENIED if the Hub refuses a model. Free with gb_string_free. */
gb_status gb_plan_estimate(char **out_json, const gb_plan *plan, const gb_plan_options *options);

/* The cells of the report, in the order of the plan. */
uint64_t gb_report_run_count(const gb_report *report);

/* The run of one cell, borrowed from the report; NULL, with gb_last_error set, if the cell failed or there is none. */
const gb_run *gb_report_run(const gb_report *report, uint64_t index);

/* The report as text: "table", "terminal" (the same with a terminal's colours), "markdown", "leaderboard" (the models,
 * ranked, by the tasks, in Markdown), "summary" (one page of Markdown), "json" (the whole analysis), "samples" (one JSON
 * object a line), "html" (one page that needs no other file), "csv" (one line a sample) or "everything" (the analysis
 * with every sample in its cell). Free with gb_string_free. */
gb_status gb_report_render(char **out_text, const gb_report *report, const char *format);

/* Whether what is written of the report from now on may take the place of files that are there: another run's report
 * (gb_report_write), charts and exported files. At first it may not, and they are an error (GB_INVALID_ARGUMENT). */
gb_status gb_report_set_force(gb_report *report, int32_t force);

/* Writes a folder, made if need be: comprehensive_report.json, executive_summary.md, leaderboard.md, report.html, plan.yaml,
 * samples.jsonl and the raw results of each run (run_1_results.yaml, ...), in the forms that the plan's output asks for, and
 * charts into visualizations/ in it.
 * Errors: GB_INPUT_OUTPUT, with the path and the system's reason. */
gb_status gb_report_write(const gb_report *report, const char *folder);

/* Draws one chart into a file, in the form that its ending names: .svg, .png, .pdf, or .csv for its numbers. The chart's
 * name is "heatmap", "comparison", "subjects", "differences", "significance", "ranks", "cost", "efficiency", "latency",
 * "memory", "quantization", "calibration" or "variation"; where there are several of a kind, one of those that the error
 * lists, such as "ranks-gsm8k". docs/charts.md says what each shows.
 * Errors: GB_INVALID_ARGUMENT (an unknown chart or form; nothing to show, with the reason), GB_UNSUPPORTED (no font). */
gb_status gb_report_chart(const gb_report *report, const char *chart, const char *path);

/* Draws every chart that has something to show into a folder, made if need be, with its numbers beside it. formats is a
 * list such as "svg,png,pdf"; NULL: "svg". *out_json: {"files": [names], "left_out": [{"chart", "reason"}]}.
 * Free with gb_string_free. */
gb_status gb_report_charts(char **out_json, const gb_report *report, const char *folder, const char *formats);

/* Reads back a run, without any model: the latest of an output folder from its store, "FOLDER#2" for its second (as
 * gb_store_history numbers them), also while it goes on; of a folder without a store what gb_report_write wrote; or
 * a file that it wrote. Its runs can be measured and compared like new ones.
 * Errors: GB_NOT_FOUND, GB_INVALID_FILE (with the file and the sample). Free with gb_report_free. */
gb_status gb_report_read(gb_report **out, const char *path);

/* Writes the report for other programs: "json" (the analysis with every sample in its cell) or "csv" (a line a sample)
 * into the file `path`; "lm-eval" into the folder `path` as lm-evaluation-harness lays out its results
 * (MODEL/results_TIME.json and MODEL/samples_TASK_TIME.jsonl), for which the report must come from a store.
 * *out_json is the list of the paths written. Free with gb_string_free. */
gb_status gb_report_export(char **out_json, const gb_report *report, const char *format, const char *path);

/* The sweeps in the store of a folder and of the folders in it, as a JSON array, oldest first: run (what gb_report_read
 * takes), name, started_at, state ("complete", "cancelled", "failed" or "running", which a killed one stays), sessions,
 * environment, cells with their scores. Free with gb_string_free. */
gb_status gb_store_history(char **out_json, const char *folder);

void gb_report_free(gb_report *report);

/* ---- Lua ------------------------------------------------------------------------------------------------------- */

/* Receives what a script prints. */
typedef void (*gb_output_callback)(const char *text, size_t length, void *user_data);

typedef struct gb_lua_options {
  uint32_t struct_size;
  uint32_t argument_count;
  const char *const *arguments; /* the script's own options, as it finds them in arg[1], arg[2], ... */
  gb_output_callback output;    /* what print and bench.print write; NULL drops it */
  gb_progress_callback progress; /* GB_FINISH_SAMPLES: calls end with what they have, which the script may show; it then ends */
  void *user_data;              /* for both callbacks */
} gb_lua_options;

#define GB_LUA_OPTIONS_INIT { sizeof(gb_lua_options), 0, NULL, NULL, NULL, NULL }

/* Runs a Lua 5.4 script in a sandbox of its own, where require "gemmabench" gives the library.
 * Errors: GB_NOT_FOUND, GB_CALLBACK_FAILED (the script's error, with its line; or its sweeps ran and every cell of them failed),
 * GB_CANCELLED. */
gb_status gb_run_lua_file(const char *path, const gb_lua_options *options);

/* The entry point that require "gemmabench" calls in a stock Lua 5.4. Takes and returns what a lua_CFunction does. */
struct lua_State;
int luaopen_gemmabench(struct lua_State *state);

#ifdef __cplusplus
}
#endif

#endif /* GEMMABENCH_H */
