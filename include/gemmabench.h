/* gemmabench.h - the C interface of libgemmabench: load a Gemma model, run tasks on it, read the results.
 *
 * Rules that hold everywhere
 *   Status      Functions that can fail return a gb_status: GB_OK (0) or a negative code. On failure the out-parameter
 *               is set to NULL (0 for numbers) and gb_last_error() says in one line what is wrong and what to do.
 *   Ownership   You own a pointer that comes through an out-parameter: free it with the function named beside it.
 *               A returned pointer is borrowed: it lives as long as the handle that was passed.
 *               Handles keep alive what they use, so you can free them in any order. Every _free accepts NULL.
 *   Options     Option structs begin with struct_size; set it to sizeof(the struct), as the _INIT macros do. Zero in
 *               any other field means its default; NULL for the whole struct means all defaults. Calls with many options
 *               take them as JSON (options_json).
 *   Text        UTF-8, ending in a zero byte. JSON is RFC 8259; an absent number is null, never NaN or 0.
 *   Threads     A gb_model and a gb_task are immutable and can be used by several threads at once. Use other handles on
 *               one thread at a time. gb_last_error() is kept per thread.
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
#define GB_INVALID_ARGUMENT (-1) /* an invalid argument or option */
#define GB_NOT_FOUND (-2)        /* no such file, model, task or split */
#define GB_INVALID_FILE (-3)     /* a file that is malformed or contradicts itself */
#define GB_UNSUPPORTED (-4)      /* valid, but not supported by this build */
#define GB_INPUT_OUTPUT (-5)     /* the operating system refused to read or write */
#define GB_OUT_OF_MEMORY (-6)    /* there is not enough memory */
#define GB_CANCELLED (-7)        /* a callback stopped the call */
#define GB_CALLBACK_FAILED (-8)  /* your callback or script failed */
#define GB_INTERNAL (-9)         /* internal error: please report it */
#define GB_NETWORK (-10)         /* a network error, or an error of the Hub */
#define GB_ACCESS_DENIED (-11)   /* the Hub refuses: no token, a bad token, or the licence was not accepted */

/* The library's version, "MAJOR.MINOR.PATCH". Static: do not free it. */
const char *gb_version(void);

/* The name of a status, such as "GB_NOT_FOUND"; "GB_UNKNOWN_STATUS" for an unknown number. Static: do not free it. */
const char *gb_status_name(gb_status status);

/* The error of this thread's last failed call, in one line; "" if none has failed. Valid until the thread's next failure. */
const char *gb_last_error(void);

/* Severity of a log message. */
#define GB_LOG_DEBUG 0
#define GB_LOG_INFO 1
#define GB_LOG_WARNING 2

/* Receives log messages, from any thread. */
typedef void (*gb_log_callback)(int32_t severity, const char *message, void *user_data);

/* Sends the library's log messages to a function; NULL (the default) drops them. Messages are about loaded models (info) and
 * flags of a run's samples (warning). */
gb_status gb_set_log_callback(gb_log_callback callback, void *user_data);

/* The machine and the build as JSON: version, commit (the commit that was built, with "-modified" after it if files
 * differed; null if the sources were not a git clone), architecture, processor, threads, instruction_set of the kernels,
 * arithmetic (the value of GB_MATMUL). Free with gb_string_free. */
gb_status gb_system_info(char **out_json);

/* Frees a string that came through an out-parameter. */
void gb_string_free(char *string);

/* ---- Progress ------------------------------------------------------------------------------------------------- */

/* The progress of a long call. Valid only during the callback. */
typedef struct gb_progress {
  uint32_t struct_size;
  const char *stage;   /* "download", "fingerprint", "load", "quantize", "run", "plan" or "speed" */
  const char *message; /* the current model, task or cell */
  uint64_t completed;  /* units done: bytes for "download", "fingerprint", "load" and "quantize", repetitions for "speed",
                          else samples */
  uint64_t total;      /* all units; 0 if not known */
  double score;        /* mean score so far; meaningful if scored is above 0 */
  uint64_t scored;     /* samples in that mean */
  double lower;        /* interval of that mean; meaningful if has_interval is not 0 */
  double upper;
  uint32_t has_interval;
  uint32_t cell;       /* of a plan: the current cell, from 1; else 0 */
  uint32_t cells;      /* of a plan: the number of cells; else 0 */
  uint32_t found;      /* of the samples done, those found in the store or the response cache */
  double seconds_left; /* of a plan: estimated time until its last cell ends; meaningful if has_seconds_left is
                          not 0 */
  uint32_t has_seconds_left;
  uint32_t reserved;
  uint64_t prompt_tokens;    /* of "run": prompt tokens computed since the cell began */
  uint64_t generated_tokens; /* of "run": tokens generated since then */
} gb_progress;

/* A progress callback returns this in stage "run" for a graceful stop: no new sample begins, and the current ones are
 * finished and kept. Generations side by side run to their end; if there are none, the run ends with the next sample. In
 * other stages it cancels, like any other number. */
#define GB_FINISH_SAMPLES 2

/* Called as work advances, on the thread of the call. Return 0 to continue, GB_FINISH_SAMPLES for a graceful stop, anything
 * else to cancel at once: the call then returns GB_CANCELLED. The comment of each call says whether it keeps partial results. */
typedef int32_t (*gb_progress_callback)(const gb_progress *progress, void *user_data);

/* Formats the progress of long calls as one line of text. On a terminal the line is rewritten about ten times a second and
 * fitted to the current width; elsewhere there is a new line every ten seconds. You write the text, unchanged, to the
 * stream. Use it on one thread at a time. */
typedef struct gb_progress_line gb_progress_line;

/* The stream is not a terminal, but it rewrites a line at a carriage return: a notebook. */
#define GB_LINE_NOTEBOOK 1u

/* descriptor: that of the stream you write to, such as 2 for standard error; -1 if it has none. flags: GB_LINE_... or 0.
 * Free with gb_progress_line_free. */
gb_status gb_progress_line_open(gb_progress_line **out, int32_t descriptor, uint32_t flags);

/* The text to write now; "" if it is too early for an update. After a plan's cell it is a line that stays. Borrowed until
 * the next call on the line. */
const char *gb_progress_line_show(gb_progress_line *line, const gb_progress *progress);

/* The text that clears the line, so that you can write something else. Borrowed until the next call on the line. */
const char *gb_progress_line_clear(gb_progress_line *line);

/* The text that ends the progress: as gb_progress_line_clear; for a plan, the line of its last cell stays. */
const char *gb_progress_line_end(gb_progress_line *line);

void gb_progress_line_free(gb_progress_line *line);

/* ---- Models --------------------------------------------------------------------------------------------------- */

typedef struct gb_model gb_model;

typedef struct gb_load_options {
  uint32_t struct_size;
  uint32_t threads;           /* worker threads; 0: every processor that this process can use */
  uint32_t context_length;    /* maximum tokens of prompt and response together; 0: the model's own, as far as memory has
                                 room for one text */
  uint32_t flags;             /* GB_LOAD_..., or 0 */
  const char *name;           /* the model's name in reports; NULL: the name of its folder or repository */
  gb_progress_callback progress;
  void *user_data;
  const char *cache_dir;      /* the Hub's cache; NULL: HF_HUB_CACHE, HF_HOME, or ~/.cache/huggingface/hub */
  const char *quantization;   /* type to which matrices are quantised while loading: "q4_0", "q4_k", "q8_0" and the
                                 other types of gb_quantize_model; NULL or "none": as they are stored */
  const char *precision;      /* what activations are rounded to: "float32": not rounded, for any weights; "bfloat16":
                                 only for bfloat16 weights, about twice as fast with AVX-512 BF16; NULL: 8 bits for
                                 quantised weights, else float32 */
} gb_load_options;

/* Never download: a model that is not on this machine is GB_NOT_FOUND. HF_HUB_OFFLINE=1 sets this for all calls. */
#define GB_LOAD_LOCAL_ONLY 1u
/* Load even a model that needs more memory than is available. GEMMABENCH_MEMORY_CHECK=off sets this for all calls. */
#define GB_LOAD_ANY_SIZE 2u

#define GB_LOAD_OPTIONS_INIT { sizeof(gb_load_options), 0, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL }

/* Loads a checkpoint of Gemma, Llama 3 or Qwen: a folder with config.json, *.safetensors and tokenizer.model or tokenizer.json;
 * a .gguf file (the first part of a split one), or a folder with one; or a model of the Hugging Face Hub by its name, such as
 * "google/gemma-3-1b-it" or "google/gemma-3-1b-it@main". A model that is not in the Hub's cache is downloaded first, as by
 * gb_pull_model, unless that is forbidden. Weights are read into memory: later changes of the files have no effect.
 * Errors: GB_NOT_FOUND, GB_INVALID_FILE (names the file and the tensor), GB_UNSUPPORTED, GB_CANCELLED, GB_OUT_OF_MEMORY
 * (with the memory needed, the memory available, and the quantisation that would fit), and those of gb_pull_model. Free with
 * gb_model_free. */
gb_status gb_load_model(gb_model **out, const char *path, const gb_load_options *options);

/* The model as JSON: name, path, architecture, parameters, layers, sizes, element type, tokenizer. Borrowed from the model;
 * NULL, with gb_last_error set, if the model is NULL. */
const char *gb_model_info(const gb_model *model);

void gb_model_free(gb_model *model);

/* The memory that a loaded model with a full context would take, as JSON: weight_bytes, key_value_bytes, work_bytes,
 * tokenizer_bytes, total_bytes, batch_bytes (the most that a run with several requests at a time can add), context_length,
 * available_bytes and machine_bytes (null if the system does not say), fits (whether total_bytes fits), quantized_bytes by
 * type, path. Computed from the configuration and the table of tensors; nothing is loaded or downloaded. Of the options, it
 * uses threads, context_length, quantization and cache_dir. Free with gb_string_free. */
gb_status gb_memory_estimate(char **out_json, const char *model, const gb_load_options *options);

/* ---- The Hub -------------------------------------------------------------------------------------------------- */

typedef struct gb_pull_options {
  uint32_t struct_size;
  uint32_t reserved;          /* must be 0 */
  const char *revision;       /* branch, tag or commit; NULL: that after "@" in the name, else main */
  const char *cache_dir;      /* as in gb_load_options */
  const char *const *include; /* patterns of the files to fetch, such as "*.json"; none: the files that a Gemma needs */
  size_t include_count;
  gb_progress_callback progress;
  void *user_data;
} gb_pull_options;

#define GB_PULL_OPTIONS_INIT { sizeof(gb_pull_options), 0, NULL, NULL, NULL, 0, NULL, NULL }

/* Downloads the missing files of a model from the Hugging Face Hub into its cache, which has huggingface_hub's layout and is
 * shared with it. *out_json is {path, id, revision, files, received_bytes}. The next call resumes an interrupted or
 * cancelled download; digests are checked. The token comes from HF_TOKEN or from the file that `hf auth login` writes;
 * HF_ENDPOINT names another Hub.
 * Errors: GB_NOT_FOUND (no such model, revision or file), GB_ACCESS_DENIED (gated, private, bad token; the error says what
 * to do), GB_NETWORK, GB_INPUT_OUTPUT (a full or read-only disk), GB_INVALID_ARGUMENT, GB_CANCELLED. Free with
 * gb_string_free. */
gb_status gb_pull_model(char **out_json, const char *model, const gb_pull_options *options);

/* The path of a model on this machine; never uses the network. GB_NOT_FOUND if it is not there or not complete; the error
 * has the command that downloads it. Free with gb_string_free. */
gb_status gb_resolve_model(char **out_path, const char *model, const char *cache_dir);

/* The models in the Hub's cache, as a JSON array of {id, revision, refs, size_bytes, type, supported, missing,
 * path}; type is its model_type, or "gguf"; supported says whether this library runs that type; missing is null if the model
 * is complete. Free with gb_string_free. */
gb_status gb_cached_models(char **out_json, const char *cache_dir);

/* Downloads a data set of the Hub, such as "OWNER/NAME" or "OWNER/NAME@REVISION", into its cache, asks what its branch means now,
 * and checks what is there against the Hub's digests (options "fetch_data", as JSON). *out_json is {id, config, revision (the
 * commit), parquet_copy, size_bytes, received_bytes, splits (name, size_bytes and files of each), notices}. Tasks read data
 * sets from the cache: only this call replaces the commit that is in it. Errors: as of gb_pull_model. Free with
 * gb_string_free. */
gb_status gb_fetch_data(char **out_json, const char *name, const char *options_json, gb_progress_callback progress,
                        void *user_data);

/* The data sets in the Hub's cache, as a JSON array of {id, revision, refs, size_bytes, splits (those that are complete: "test" or
 * "CONFIG/test"), path}. Free with gb_string_free. */
gb_status gb_cached_data(char **out_json, const char *cache_dir);

/* Asks the Hub for the account that the token belongs to, as JSON: name, full_name, token_name, token_role, token_source.
 * Never the token itself. Errors: GB_ACCESS_DENIED (no token, or a bad one; the error says what to do), GB_NETWORK. Free
 * with gb_string_free. */
gb_status gb_hub_identity(char **out_json);

/* ---- Quantisation --------------------------------------------------------------------------------------------- */

typedef struct gb_quantize_options {
  uint32_t struct_size;
  uint32_t threads;      /* worker threads; 0: every processor that this process can use */
  const char *type;      /* "q4_k" (NULL too), "q5_k", "q6_k", "q8_0", "q4_0", "q4_1", "q5_0", "q5_1", "q3_k", "q2_k",
                            "f16", "bf16", "f32"; a mixture: "q4_k_m", "q4_k_s", "q5_k_m", "q5_k_s", "q3_k_l", "q3_k_m",
                            "q3_k_s"; or "none": as the matrices are stored. Upper and lower case are the same */
  const char *cache_dir; /* the Hub's cache; NULL: as in gb_load_options */
  gb_progress_callback progress; /* stage "quantize": bytes of the file */
  void *user_data;
  uint32_t force;        /* other than 0: an existing file is replaced */
  uint32_t reserved2;    /* must be 0 */
} gb_quantize_options;

#define GB_QUANTIZE_OPTIONS_INIT { sizeof(gb_quantize_options), 0, NULL, NULL, NULL, NULL, 0, 0 }

/* Writes a model as one GGUF file (version 3) with vocabulary and chat template, which llama.cpp loads too. The model is a
 * folder of safetensors, a GGUF file whose matrices are not quantised (its metadata are kept), or a name on the Hub. A few
 * rows are in memory at a time. There is no file at the path until it is complete. Without force, an existing file is an
 * error (GB_INVALID_ARGUMENT). docs/quantization.md says which tensor gets which type.
 * The result as JSON: path, parameters, bytes_before, bytes, bits_per_weight, tensors by type. Free with gb_string_free.
 * Errors: those of gb_load_model; GB_UNSUPPORTED for matrices that are already quantised, and for values that such a file
 * cannot state; GB_INVALID_FILE for numbers that are not finite or too large for the type (names the tensor);
 * GB_CANCELLED. */
gb_status gb_quantize_model(char **out_json, const char *model, const char *output,
                            const gb_quantize_options *options);

/* ---- Tokens --------------------------------------------------------------------------------------------------- */

/* Token ids of a text. add_bos other than 0 adds the special tokens that the tokenizer's file asks for: the beginning-of-sequence
 * token in front, unless it is there or the file says not to, and in some files the end token behind. Invalid UTF-8 is
 * GB_INVALID_ARGUMENT. Free *out_tokens with gb_tokens_free. */
gb_status gb_tokenize(int32_t **out_tokens, size_t *out_count, const gb_model *model, const char *text,
                      int32_t add_bos);

/* The text of token ids; bytes that are not valid UTF-8 become U+FFFD. Free with gb_string_free. */
gb_status gb_detokenize(char **out_text, const gb_model *model, const int32_t *tokens, size_t count);

void gb_tokens_free(int32_t *tokens);

typedef struct gb_chat_options {
  uint32_t struct_size;
  uint32_t no_generation_prompt; /* other than 0: the text does not open the model's turn at its end */
  uint32_t thinking;             /* GB_THINKING_... where the template knows it (Gemma 4, Qwen 3); 0: the template's default */
  uint32_t reserved;             /* must be 0 */
} gb_chat_options;

/* Turns thinking on; an error if the template has no such switch. */
#define GB_THINKING_ON 1u
/* Turns thinking off; no effect if the template has no such switch. */
#define GB_THINKING_OFF 2u

#define GB_CHAT_OPTIONS_INIT { sizeof(gb_chat_options), 0, 0, 0 }

/* The prompt of a conversation, made by the model's chat template. The conversation is JSON: [{"role": "user", "content":
 * "Hello"}], with the roles system, user and assistant; content may be a list of {"type": "text", "text": "..."}. If the text
 * begins with the beginning-of-sequence token (Gemma's and Llama's do, Qwen has none), gb_tokenize and gb_generate do not add
 * a second one.
 * Errors: GB_INVALID_ARGUMENT (what the template raises: roles that do not alternate, a system message in Gemma 1 and 2),
 * GB_UNSUPPORTED (a template with unsupported features; parts that are not text). Free with gb_string_free. */
gb_status gb_apply_chat_template(char **out_text, const gb_model *model, const char *messages,
                                 const gb_chat_options *options);

/* ---- Inference ------------------------------------------------------------------------------------------------ */

/* Natural-log probabilities of a continuation, given a context: out_log_probabilities[i] is that of continuation[i] after
 * the context and the i tokens before it. Both need at least one token (begin the context with BOS if the model has one), and
 * together they must fit the context length. You own out_log_probabilities, which has room for continuation_count values. */
gb_status gb_score_tokens(float *out_log_probabilities, const gb_model *model, const int32_t *context,
                          size_t context_count, const int32_t *continuation, size_t continuation_count);

/* Receives each generated token, with the text it adds ("" while a character is incomplete). Return anything but 0 to end
 * the generation there; the text so far is kept. */
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
  uint64_t seed;            /* seed of the sampling; 0: 1234 */
} gb_generate_options;

#define GB_GENERATE_OPTIONS_INIT { sizeof(gb_generate_options), 0, NULL, 0, NULL, NULL, 0.0, 0.0, 0, 0, 0 }

typedef struct gb_generation gb_generation;

/* Receives the text of a response as it comes; part is "thought" or "answer". Return anything but 0 to end it there; the
 * text so far is kept. */
typedef int32_t (*gb_chat_callback)(const char *text, const char *part, void *user_data);

/* Answers a conversation: the JSON of gb_apply_chat_template, whose last message is the user's. `settings` is JSON with the keys
 * that gb_schema has for the call "chat" (chat_template, system_instruction, thinking, thinking_budget, sampling, max_tokens,
 * seed, ...); NULL: no key. By default texts are sampled as the model's generation_config.json says, greedily where there is none.
 * on_text can be NULL. The thought is kept apart from the answer. Errors: those of gb_apply_chat_template and gb_generate.
 * Free with gb_generation_free. */
gb_status gb_chat(gb_generation **out, const gb_model *model, const char *messages, const char *settings,
                  gb_chat_callback on_text, void *user_data);

/* Continues a prompt greedily: always with the most likely token, the lowest id in a tie. With a temperature, tokens are
 * sampled from softmax(logits / temperature), filtered by top_k and then by top_p; the same seed gives the same text on the
 * same model, whatever else runs. BOS is put in front of the prompt unless it is there or the tokenizer uses
 * none (Qwen). Free with gb_generation_free. */
gb_status gb_generate(gb_generation **out, const gb_model *model, const char *prompt,
                      const gb_generate_options *options);

/* The generated text, cut before the first stop. Borrowed from the generation. */
const char *gb_generation_text(const gb_generation *generation);

/* The generation as JSON: text, tokens, prompt_tokens, finish_reason ("stop", "end_of_text", "length" or "cancelled"),
 * prefill_seconds, decode_seconds, truncated_tokens (of the prompt, so that it fits); of gb_chat, where the model thought, also
 * thought, thought_tokens and thought_end ("closed", "forced" or "cut"). Borrowed from the generation. */
const char *gb_generation_info(const gb_generation *generation);

void gb_generation_free(gb_generation *generation);

/* ---- Speed ---------------------------------------------------------------------------------------------------- */

typedef struct gb_speed_options {
  uint32_t struct_size;
  uint32_t prompt_tokens;      /* tokens of the prompt; 0: 512 */
  uint32_t generated_tokens;   /* tokens generated for each sequence; 0: 128 */
  uint32_t repetitions;        /* measured repetitions, after one warm-up; 0: 5 */
  const uint32_t *batch_sizes; /* sequences decoded side by side, one measurement each; NULL: 1 */
  size_t batch_count;
  gb_progress_callback progress;
  void *user_data;
} gb_speed_options;

#define GB_SPEED_OPTIONS_INIT { sizeof(gb_speed_options), 0, 0, 0, NULL, 0, NULL, NULL }

/* Measures prefill and decode speed separately, without tokenizer and sampling, as JSON: model, machine (its measured read
 * bandwidth and arithmetic peak), prefill and, for each batch size, decode, with tokens_per_second {median, least, greatest}
 * and the share of the machine's limit. Free with gb_string_free. */
gb_status gb_measure_speed(char **out_json, const gb_model *model, const gb_speed_options *options);

/* ---- Tasks ---------------------------------------------------------------------------------------------------- */

typedef struct gb_task gb_task;

/* All tasks, as a JSON array of {type, title, options}; each option is as in gb_schema. Free with gb_string_free. */
gb_status gb_task_catalogue(char **out_json);

/* Every option, as JSON: plan (keys of a plan), model (keys of an entry of its models), tasks (as gb_task_catalogue) and
 * calls (the options of the calls of Lua, Python and the functions that take options_json, by name); and the charts, each
 * {name, files, shows, left_out_when}. Options are an array of {name, type, default, choices, range, least, greatest, aliases,
 * path, help}. type is "flag", "integer", "number", "text", "texts" (a list, or one text),
 * "integers", "any" (see the help) or "callback". choices and range are null if any value of the type is allowed; range is a
 * text such as "0 to 5" or "above 0, at most 1", least and greatest are its ends. Free with gb_string_free. */
gb_status gb_schema(char **out_json);

/* The text to add to an error about an unknown word: "; did you mean \"shots\"?", or "; known: ..." if no known word is
 * near. Free with gb_string_free. */
gb_status gb_suggest(char **out_text, const char *word, const char *const *names, size_t count);

/* Loads a task and its data. The specification is JSON: {"type": "mmlu", "subset": "mathematics", "shots": 5}. Data come
 * from the option "data", else from the folder that the environment variable GEMMABENCH_DATA names.
 * Errors: GB_INVALID_ARGUMENT (an unknown key, with the nearest known one), GB_NOT_FOUND (no such task; or a missing file:
 * the error says which, and where to get it), GB_INVALID_FILE (with the line). Free with gb_task_free. */
gb_status gb_load_task(gb_task **out, const char *specification);

/* A custom task. The library calls its callbacks on the thread of the current call; if you run one task on several threads
 * at once, callbacks are called on all of them. Each callback returns its reply by gb_reply_set.
 *
 * A callback that fails, or whose reply is invalid, ends the run with GB_CALLBACK_FAILED and a line that names the sample.
 * The run keeps the samples before, and a sample that could not be scored, as unscored ("score_failed"). In a plan only that
 * cell ends; the others continue. */

/* Where a callback puts its reply. Valid only during the callback. */
typedef struct gb_reply gb_reply;

/* Sets the reply of a callback: JSON if the callback then returns 0, else the reason why it failed. The text is copied. */
gb_status gb_reply_set(gb_reply *reply, const char *text);

/* Replies for the sample at an index, from 0. Returns 0, or anything else if it failed. */
typedef int32_t (*gb_sample_callback)(gb_reply *reply, uint64_t index, void *user_data);

/* Scores a response, which is JSON: {text, finish_reason}, or {chosen, choice, log_likelihoods, continuation_tokens}. */
typedef int32_t (*gb_score_callback)(gb_reply *reply, uint64_t index, const char *response, void *user_data);

/* Called once, when the other callbacks will not be called again. */
typedef void (*gb_release_callback)(void *user_data);

typedef struct gb_task_callbacks {
  uint32_t struct_size;
  uint32_t reserved;           /* must be 0 */
  const char *description;     /* JSON: {"name": "capitals", "metric": "accuracy", "version": "2"}; a metric can
                                  be an object with its unit and direction; of generations also temperature, top_k, top_p,
                                  sampling_seed and repeats (responses to each sample); docs/tasks.md */
  uint64_t sample_count;       /* 1 or more */
  gb_sample_callback sample;   /* {id, subject, clusters, target, document}, each optional; NULL: ids are positions.
                                  Called once per sample, by gb_define_task. clusters: {"passage": "p1"}, the sample's
                                  cluster of each kind (gb_stats_options) */
  gb_sample_callback prompt;   /* {prompt, continuations} to choose from, or {prompt, stop, max_tokens} to generate; each may
                                  have "description", the beginning of the prompt, which in a chat is the system message */
  gb_score_callback score;     /* a number, a boolean or null, or {score | scores, prediction, flags}; NULL: 1 if the response
                                  equals the target */
  gb_release_callback release; /* can be NULL; not called if gb_define_task fails */
  void *user_data;             /* for all callbacks */
} gb_task_callbacks;

#define GB_TASK_CALLBACKS_INIT { sizeof(gb_task_callbacks), 0, NULL, 0, NULL, NULL, NULL, NULL, NULL }

/* Makes a custom task from callbacks. Errors: GB_INVALID_ARGUMENT (the description), GB_CALLBACK_FAILED (a sample). Free
 * with gb_task_free; release is called when the last user of the task is freed. */
gb_status gb_define_task(gb_task **out, const gb_task_callbacks *callbacks);

/* The task as JSON: name, type, options with defaults filled in, sample count. Borrowed from the task. */
const char *gb_task_info(const gb_task *task);

/* The first `count` prompts as a JSON array of {id, context, continuations | stops and max_tokens | output_tokens,
 * repetitions and warmup, target}, to read and check them. 0: all. Free with gb_string_free. */
gb_status gb_task_prompts(char **out_json, const gb_task *task, uint64_t count);

void gb_task_free(gb_task *task);

/* ---- Runs ----------------------------------------------------------------------------------------------------- */

typedef struct gb_run gb_run;

/* Receives a record as JSON, valid only during the callback. Return anything but 0 to stop, as in a progress callback. */
typedef int32_t (*gb_record_callback)(const char *json, void *user_data);

typedef struct gb_run_options {
  uint32_t struct_size;
  uint32_t reserved; /* must be 0 */
  uint64_t limit;    /* number of samples, the first of the task (of each subject, where it has subjects); 0: all */
  gb_progress_callback progress;
  void *user_data;
  uint32_t chat_template; /* other than 0: the same as "chat_template": true in `settings` */
  uint32_t batch_size;    /* generations side by side; 0: as many as fit half of the available memory, at most 2 GiB of
                             keys and values. Changes no response */
  gb_record_callback on_sample; /* each sample when it is scored: model, task, and as gb_run_sample without seconds */
  const char *settings;         /* how the model is asked, as JSON with the keys that gb_schema has for the call "run":
                                   chat_template, system_instruction, thinking, sampling, max_tokens, ...; NULL: no key */
} gb_run_options;

#define GB_RUN_OPTIONS_INIT { sizeof(gb_run_options), 0, 0, NULL, NULL, 0, 0, NULL, NULL }

/* Runs a task on a model. A cancelled run returns GB_CANCELLED and still sets *out, to a run with the samples that were
 * done. The same holds if a callback of the task ended it (GB_CALLBACK_FAILED). Free with gb_run_free. */
gb_status gb_run_task(gb_run **out, const gb_model *model, const gb_task *task, const gb_run_options *options);

/* Number of samples in the run; 0 if run is NULL. */
uint64_t gb_run_count(const gb_run *run);

/* One sample as JSON: id, subject, prompt_sha256, target, prediction; log_likelihoods and continuation_tokens, or response
 * and finish_reason (also thought, thought_tokens, thought_end and text_tokens after a thought, and looping: true if it
 * reached its limit in a loop), or responses, finish_reasons and response_scores (of a task with repeats), or measurements
 * (the times of each repetition); score (of the main metric) and scores (of each); flags, prompt_tokens, answer_tokens,
 * seconds. Borrowed from the run; NULL, with gb_last_error set, if the index is past the end. */
const char *gb_run_sample(const gb_run *run, uint64_t index);

/* The run as JSON: model, task, options, counts, statistics, timings, efficiency (of each prompt and output length),
 * tokens_asked, tokens_computed, tokens_saved, chat_template, settings, first_prompt_tokens; without the samples. Borrowed from the
 * run. */
const char *gb_run_info(const gb_run *run);

void gb_run_free(gb_run *run);

/* ---- Statistics ----------------------------------------------------------------------------------------------- */

/* options_json of these calls and of gb_compare_reports and gb_report_pivot is a JSON object, such as
 * {"confidence_level": 0.99, "clusters": "subject"}; NULL or "{}" means all defaults. docs/options.md lists the options of each
 * call with range, choices and default, as gb_schema does ("calls"). An unknown key is GB_INVALID_ARGUMENT, with the nearest
 * one. */

/* Mean, standard error and confidence interval of a run's scores, as JSON (options "stats"): metric, unit, higher_is_better,
 * count (samples run), unscored, mean, standard_error, lower, upper, confidence_level and method of the interval; of the metrics
 * of the task "efficiency", whose mean is of little use, median with a bootstrap interval over repetitions, and no mean. With
 * clusters, error and interval are the clustered ones; clusters is their number, clustered_by their kind. statistics has the
 * further ones that the options request, by name, such as trimmed_mean. Of several responses to each sample (the option "repeats")
 * sampling_variance is that of one response's score around its sample's mean, sampling_share its share of the whole variance. What the scores cannot tell is null. Fractions, never
 * percent. If a stop rule ended the run, the interval is the rule's. Free with gb_string_free. */
gb_status gb_stats(char **out_json, const gb_run *run, const char *options_json);

/* Compares two runs of one task, sample by sample, as JSON (options "compare"): difference (first minus second) with
 * standard_error, lower, upper and p_value (the one to judge by); clusters and clustered_by if requested; bootstrap,
 * permutation, proportions (McNemar, Cohen's h, odds ratio), equivalence; unpaired and unscored (samples left out),
 * different_prompts (pairs whose prompts differ). If a stop rule ended a run (stopped_early) there are no p-values, and lower
 * and upper are the rule's if it compared these two models. docs/statistics.md has the formulas. Errors: GB_INVALID_ARGUMENT
 * (different tasks, no sample in common, an option out of range). Free with gb_string_free. */
gb_status gb_compare(char **out_json, const gb_run *first, const gb_run *second, const char *options_json);

/* Adjusts the p-values of many tests, in the given order: "holm" (bounds the probability of even one false positive) or
 * "benjamini_hochberg" (bounds the expected share of false positives). Show them beside the raw ones. You own out_adjusted,
 * which has room for count values; it can be the same memory as p_values. Errors: GB_INVALID_ARGUMENT (a value outside
 * [0, 1]). */
gb_status gb_adjust(double *out_adjusted, const double *p_values, size_t count, const char *method);

/* A value of a metric as reports print it: "44.0%", "39.75 errors". unit is the metric's, as in gb_task_info, gb_run_info
 * and gb_compare; NULL is "fraction". Errors: GB_INVALID_ARGUMENT (an invalid unit). Free with gb_string_free. */
gb_status gb_format_value(char **out_text, double value, const char *unit);

/* Power analysis of a comparison, before it is run, as JSON (options "power"): power (from difference and items), items_needed
 * (from difference), minimum_detectable_effect (from items), runs_needed and repeats_needed (from difference, items
 * and sampling_variance; one or the other is enough), items_for_half_width; null if its inputs are not given or if no number is enough. Free with gb_string_free. */
gb_status gb_power(char **out_json, const char *options_json);

/* ---- Plans: several models on several tasks -------------------------------------------------------------------- */

typedef struct gb_plan gb_plan;
typedef struct gb_report gb_report;

/* Reads a plan from JSON or YAML: {"name": "...", "models": [{"path": "..."}], "tasks": [{"type": "mmlu"}], "runs": 3,
 * "seed": 1234, "vary": ["few_shot_draws", "choice_order", "sampling", "item_order"], "limit": 100, "threads": 2, "output":
 * {"path": "results"}}; docs/configuration.md has every key. Nothing is loaded yet. Run 1 is as the task says; each later
 * run varies what it can, with its own seeds. With "design": "crossed" the runs are every combination of levels of what
 * varies, so that each has a variance component. "stop_when": {"half_width": 0.02} or {"decided": ["a", "b"]} ends cells
 * early, by confidence sequences that are valid whenever they stop. Samples then run in an order shuffled by its "seed", or
 * by the run's own seed if "item_order" varies. Errors say where, with the nearest known key. Free with gb_plan_free. */
gb_status gb_plan_parse(gb_plan **out, const char *text);

/* Reads a plan from a YAML or JSON file; errors begin with file, line and column. Free with gb_plan_free. */
gb_status gb_plan_read(gb_plan **out, const char *path);

/* A copy of a plan with some keys replaced. changes is a JSON object of top-level keys of a plan, except "models" and
 * "tasks"; the keys of "output" are replaced one by one. "model": {KEY: VALUE} changes every model, "task": {NAME: {KEY:
 * VALUE}} the tasks of a name or type. Errors of tasks still give the line in the text of the original
 * plan. Free with gb_plan_free. */
gb_status gb_plan_change(gb_plan **out, const gb_plan *plan, const char *changes);

/* The plan in its canonical form, with defaults filled in, its cells, its hash, and warnings about keys that this library
 * ignores. Borrowed from the plan. */
const char *gb_plan_info(const gb_plan *plan);

void gb_plan_free(gb_plan *plan);

typedef struct gb_plan_options {
  uint32_t struct_size;
  uint32_t flags;     /* GB_PLAN_..., or 0 */
  gb_progress_callback progress;
  void *user_data;              /* for the callbacks of this struct */
  const char *output;           /* folder of the store, results.db, created if needed; NULL: results are only in the report */
  const gb_task *const *tasks;  /* tasks of gb_define_task; the plan names them: {"type": "callbacks", "name": "..."} */
  size_t task_count;
  gb_record_callback on_sample; /* as in gb_run_options */
  gb_record_callback on_cell;   /* each cell that has ended: model, task, and run (as gb_run_info) or error */
} gb_plan_options;

/* Do not use the response cache: compute everything, and save nothing in it. GEMMABENCH_CACHE=off sets this for all
 * calls. */
#define GB_PLAN_NO_CACHE 1u

/* Replace another run's report in an output folder without a store; otherwise it is an error (GB_INVALID_ARGUMENT). Other
 * files with the name of a report's file are never replaced. */
#define GB_PLAN_FORCE 2u

#define GB_PLAN_OPTIONS_INIT { sizeof(gb_plan_options), 0, NULL, NULL, NULL, NULL, 0, NULL, NULL }

/* Runs every cell of a plan, one model in memory at a time. A cell that fails is in the report with its reason and does not
 * stop the others. A model that the Hub refuses is an error before anything runs. A cancelled plan returns GB_CANCELLED and
 * still sets *out, to what was done. With an output folder (of the options, else of the plan) responses are saved there as
 * they come, and the report is written there at the end: run the same plan again to resume, even after the process was
 * killed. Responses that another plan computed are reused from the user's response cache (docs/store.md).
 * Errors: GB_INPUT_OUTPUT (another process is using the folder, and is named; a full disk; a folder that cannot be written
 * to), GB_INVALID_FILE (a damaged store), GB_UNSUPPORTED (a store of a newer version). Free with gb_report_free. */
gb_status gb_plan_run(gb_report **out, const gb_plan *plan, const gb_plan_options *options);

/* Estimates what a plan takes, as JSON, without running it: cells, each with samples, tokens_asked (all prompt tokens),
 * tokens_computed (shared prefixes are computed once), tokens_generated_at_most, seconds (an estimate, as if every
 * generation reached its maximum length), least_seconds (at the measured limits of the machine's arithmetic and memory) and
 * most_seconds; their sums; obstacles (why a model's tokens are not known, for example because it is not on this machine),
 * downloads (of tasks whose data set is not on this machine: task, reason and data_sets, each with its commit, files and bytes),
 * unrepeated_tasks (tasks that run once although the plan requests more runs) and unrepeated_reasons (by task name),
 * crossings (of a crossed design), warnings. Tasks and tokenizers are read, and the machine is measured for a second; no
 * weights are loaded.
 * Errors: missing data; GB_ACCESS_DENIED if the Hub refuses a model. Free with gb_string_free. */
gb_status gb_plan_estimate(char **out_json, const gb_plan *plan, const gb_plan_options *options);

/* Number of cells of the report, which are in the order of the plan. */
uint64_t gb_report_run_count(const gb_report *report);

/* The run of one cell, borrowed from the report; NULL, with gb_last_error set, if the cell failed or does not exist. */
const gb_run *gb_report_run(const gb_report *report, uint64_t index);

/* Compares runs of reports in pairs, each as by gb_compare, as JSON (options "compare_reports"): comparisons, each with
 * run_number and its p-value adjusted for all pairs (holm, benjamini_hochberg); left_out, pairs that could not be compared,
 * with the reason; table, the result as a terminal shows it. With two reports, runs with the same questions are paired,
 * whatever the names of their tasks. With one report (second is NULL), its models are compared with each other, or, with by,
 * the runs that differ only in this axis: "model", or a key of a plan's model such as "quantization", "precision" or "path".
 * Errors: GB_NOT_FOUND (nothing to compare), GB_INVALID_ARGUMENT (no such axis or value; an option that fits no pair). Free
 * with gb_string_free. */
gb_status gb_compare_reports(char **out_json, const gb_report *first, const gb_report *second,
                             const char *options_json);

/* The main metrics of a report as a table for a terminal, with one axis of its runs as rows and another as columns (options
 * "table"). A cell with several runs has mean and standard deviation. Errors: GB_INVALID_ARGUMENT (no such axis; runs of
 * different models or tasks in one cell). Free with gb_string_free. */
gb_status gb_report_pivot(char **out_text, const gb_report *report, const char *options_json);

/* The report as text: "short" (the scores in 80 columns), "table", "terminal" and "short_terminal" (the same with a
 * terminal's colours), "markdown", "leaderboard" (the ranked models
 * by tasks, in Markdown), "summary" (one page of Markdown), "json" (the whole analysis), "samples" (one JSON object per
 * line), "html" (one page that needs no other file), "csv" (one line per sample) or "everything" (the analysis with every
 * sample in its cell). Free with gb_string_free. */
gb_status gb_report_render(char **out_text, const gb_report *report, const char *format);

/* Sets whether writing the report can replace existing files from now on: another run's report (gb_report_write), charts and
 * exported files. By default it cannot: existing files are then an error (GB_INVALID_ARGUMENT). */
gb_status gb_report_set_force(gb_report *report, int32_t force);

/* Writes a folder, created if needed: comprehensive_report.json, executive_summary.md, leaderboard.md, report.html,
 * plan.yaml, samples.jsonl and the raw results of each run (run_1_results.yaml, ...), in the formats of the plan's output,
 * and charts into its folder visualizations/.
 * Errors: GB_INPUT_OUTPUT, with the path and the system's reason. */
gb_status gb_report_write(const gb_report *report, const char *folder);

/* Draws one chart into a file. The file name's ending sets the format: .svg, .png, .pdf, or .csv for its numbers. The
 * chart's name is one that gb_schema lists ("charts"), such as "heatmap". If there are several of a kind, the error lists their
 * names, such as "ranks-gsm8k". docs/charts.md says what each shows.
 * Errors: GB_INVALID_ARGUMENT (an unknown chart or format; nothing to show, with the reason), GB_UNSUPPORTED (no font). */
gb_status gb_report_chart(const gb_report *report, const char *chart, const char *path);

/* Draws every chart that has something to show into a folder, created if needed, with its numbers in a CSV file beside it.
 * formats is a list such as "svg,png,pdf"; NULL: "svg". *out_json: {"files": [names], "left_out": [{"chart", "reason"}]}.
 * Free with gb_string_free. */
gb_status gb_report_charts(char **out_json, const gb_report *report, const char *folder, const char *formats);

/* Reads back a run, without any model. The path is an output folder with a store (its latest run; "FOLDER#2" for its second,
 * as gb_store_history numbers them; also while it is still running), a folder that gb_report_write wrote, or a file that it
 * wrote. Statistics and comparisons work on its runs as on new ones.
 * Errors: GB_NOT_FOUND, GB_INVALID_FILE (with the file and the sample). Free with gb_report_free. */
gb_status gb_report_read(gb_report **out, const char *path);

/* Writes the report for other programs: "json" (the analysis with every sample in its cell) or "csv" (one line per sample)
 * into the file `path`; "lm-eval" into the folder `path` as lm-evaluation-harness lays out its results
 * (MODEL/results_TIME.json and MODEL/samples_TASK_TIME.jsonl), for which the report must come from a store. *out_json is the
 * list of the paths written. Free with gb_string_free. */
gb_status gb_report_export(char **out_json, const gb_report *report, const char *format, const char *path);

/* The sweeps in the store of a folder and of the folders in it, as a JSON array, oldest first: run (what gb_report_read
 * takes), name, started_at, state ("complete", "cancelled", "failed" or "running", also after it was killed), sessions,
 * environment, cells with their scores. Free with gb_string_free. */
gb_status gb_store_history(char **out_json, const char *folder);

void gb_report_free(gb_report *report);

/* ---- Lua ------------------------------------------------------------------------------------------------------- */

/* Receives what a script prints. */
typedef void (*gb_output_callback)(const char *text, size_t length, void *user_data);

typedef struct gb_lua_options {
  uint32_t struct_size;
  uint32_t argument_count;
  const char *const *arguments; /* the script's own options: arg[1], arg[2], ... */
  gb_output_callback output;    /* receives what print and bench.print write; NULL drops it */
  gb_progress_callback progress; /* GB_FINISH_SAMPLES: calls end with what they have; the script can show it, then ends */
  void *user_data;              /* for both callbacks */
} gb_lua_options;

#define GB_LUA_OPTIONS_INIT { sizeof(gb_lua_options), 0, NULL, NULL, NULL, NULL }

/* Runs a Lua 5.4 script in its own sandbox, where require "gemmabench" returns the library.
 * Errors: GB_NOT_FOUND, GB_CALLBACK_FAILED (the script's error, with its line; or every cell of its sweeps failed),
 * GB_CANCELLED. */
gb_status gb_run_lua_file(const char *path, const gb_lua_options *options);

/* The entry point that require "gemmabench" calls in a stock Lua 5.4. It is a lua_CFunction. */
struct lua_State;
int luaopen_gemmabench(struct lua_State *state);

#ifdef __cplusplus
}
#endif

#endif /* GEMMABENCH_H */
