/* Owns loaded models: finds out what a path is, and reads weights, tokenizer and chat template. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lm/engine.h"
#include "lm/graph.h"
#include "lm/json.h"
#include "lm/metadata.h"
#include "mlx/c/io.h"
#include "mlx/c/memory.h"

/* ---- files ---- */

#define MAX_TEXT_FILE ((size_t)256 << 20)

/* A whole file as text; with optional, a missing one leaves *text NULL. */
static int read_file(const char *dir, const char *name, bool optional, char **text, size_t *len) {
  char path[4096];
  *text = NULL;
  *len = 0;
  if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path)
    return lm_fail(LM_BAD_ARGUMENT, "the path %s is too long", dir);
  FILE *f = fopen(path, "rb");
  if (!f)
    return optional && errno == ENOENT ? 0
                                       : lm_fail(errno == ENOMEM ? LM_MEMORY : LM_NOT_FOUND,
                                                 "cannot open %s: %s", path, strerror(errno));
  struct stat st;
  int bad = fstat(fileno(f), &st) || !S_ISREG(st.st_mode) || (size_t)st.st_size > MAX_TEXT_FILE;
  if (bad) {
    fclose(f);
    return lm_fail(LM_DAMAGED, "%s is not a file of a readable size", path);
  }
  *text = malloc((size_t)st.st_size + 1);
  if (*text) {
    *len = fread(*text, 1, (size_t)st.st_size, f);
    (*text)[*len] = '\0';
  }
  fclose(f);
  return *text ? 0 : lm_nomem(path);
}

/* Text that must be a JSON object. */
static int parse(const char *name, const char *text, size_t len, lm_json **j) {
  if (lm_json_open(j, text, len, name))
    return 1;
  if (json_is_object(lm_json_root(*j)))
    return 0;
  lm_json_close(*j);
  *j = NULL;
  return lm_fail(LM_DAMAGED, "%s is not a JSON object", name);
}

/* A JSON object of the folder; *j stays NULL where an optional one is missing. */
static int read_json(const char *dir, const char *name, bool optional, lm_json **j) {
  char *text;
  size_t len;
  *j = NULL;
  if (read_file(dir, name, optional, &text, &len))
    return 1;
  int bad = text ? parse(name, text, len, j) : 0;
  free(text);
  return bad;
}

static const json_t *get(const lm_json *j, const char *key) {
  return j ? json_object_get(lm_json_root(j), key) : NULL;
}

/* ---- end tokens ---- */

#define MAX_EOS 64

static int set_eos(lm_engine *e, const json_t *eos) {
  int32_t ids[MAX_EOS];
  size_t n = 0;
  if (json_is_integer(eos))
    ids[n++] = (int32_t)json_integer_value(eos);
  for (size_t i = 0; i < json_array_size(eos) && n < MAX_EOS; i++)
    if (json_is_integer(json_array_get(eos, i)))
      ids[n++] = (int32_t)json_integer_value(json_array_get(eos, i));
  return n ? lm_tokenizer_set_eos(e->tokenizer, ids, n) : 0;
}

/* ---- folders ---- */

/* The template of a file of its own, or the one inside tokenizer_config.json. */
static int folder_template(lm_engine *e, const char *dir, const lm_json *settings) {
  char *text;
  size_t len;
  if (read_file(dir, "chat_template.jinja", true, &text, &len))
    return 1;
  const char *inside = json_string_value(get(settings, "chat_template"));
  const char *use = text ? text : inside;
  int bad = use ? lm_engine_set_chat_template(e, use) : 0;
  free(text);
  return bad;
}

static int folder_tokenizer(lm_engine *e, const char *dir, const lm_json *config) {
  char *json = NULL, *more = NULL;
  size_t json_len, more_len;
  lm_json *settings = NULL, *generation = NULL;
  int bad = read_file(dir, "tokenizer.json", false, &json, &json_len) ||
            read_file(dir, "tokenizer_config.json", true, &more, &more_len) ||
            lm_tokenizer_from_json(&e->tokenizer, json, json_len, more, more ? more_len : 0) ||
            (more && parse("tokenizer_config.json", more, more_len, &settings)) ||
            folder_template(e, dir, settings) ||
            read_json(dir, "generation_config.json", true, &generation);
  const json_t *eos = get(generation, "eos_token_id");
  bad = bad || set_eos(e, eos ? eos : get(config, "eos_token_id"));
  if (generation)
    lm_json_close(generation);
  if (settings)
    lm_json_close(settings);
  free(json);
  free(more);
  return bad;
}

static int load_folder(lm_engine *e, const char *dir, const lm_progress *progress) {
  lm_config c;
  lm_weights w = {0};
  lm_json *config, *index = NULL;
  if (read_json(dir, "config.json", false, &config))
    return 1;
  json_t *root = lm_json_root(config);
  int bad = lm_config_from_json(&c, root) ||
            read_json(dir, "model.safetensors.index.json", true, &index) ||
            lm_weights_from_folder(&w, dir, root, index ? lm_json_root(index) : NULL, e->stream,
                                   progress) ||
            lm_model_new(&e->model, &c, &w, e->stream) || folder_tokenizer(e, dir, config);
  lm_weights_free(&w);
  if (index)
    lm_json_close(index);
  lm_json_close(config);
  return bad;
}

/* ---- gguf ---- */

static int32_t id(lm_metadata *m, const char *key) {
  int64_t v = lm_metadata_int(m, key, -1);
  return v >= 0 && v < INT32_MAX ? (int32_t)v : -1;
}

static int gguf_template(lm_engine *e, lm_metadata *m) {
  char *template = lm_metadata_string(m, "tokenizer.chat_template");
  int bad = lm_metadata_check(m) || (template && lm_engine_set_chat_template(e, template));
  free(template);
  return bad;
}

static int gguf_tokenizer(lm_engine *e, mlx_io_gguf g) {
  lm_metadata m = {.file = g};
  lm_tokenizer_arrays t = {0};
  lm_span *tokens = lm_metadata_strings(&m, "tokenizer.ggml.tokens", &t.token_count);
  lm_span *merges = lm_metadata_strings(&m, "tokenizer.ggml.merges", &t.merge_count);
  char *model = lm_metadata_string(&m, "tokenizer.ggml.model");
  char *pre = lm_metadata_string(&m, "tokenizer.ggml.pre");
  mlx_array types = lm_metadata_array(&m, "tokenizer.ggml.token_type", MLX_INT32, t.token_count);
  mlx_array scores = lm_metadata_array(&m, "tokenizer.ggml.scores", MLX_FLOAT32, t.token_count);
  t.model = model ? model : "gpt2";
  t.pre = pre;
  t.tokens = tokens;
  t.merges = merges;
  t.types = types.ctx ? mlx_array_data_int32(types) : NULL;
  t.scores = scores.ctx ? mlx_array_data_float32(scores) : NULL;
  t.bos = id(&m, "tokenizer.ggml.bos_token_id");
  t.eos = id(&m, "tokenizer.ggml.eos_token_id");
  t.unk = id(&m, "tokenizer.ggml.unknown_token_id");
  t.pad = id(&m, "tokenizer.ggml.padding_token_id");
  t.add_bos = lm_metadata_int(&m, "tokenizer.ggml.add_bos_token", 0) > 0;
  t.add_eos = lm_metadata_int(&m, "tokenizer.ggml.add_eos_token", 0) > 0;
  t.add_space_prefix = lm_metadata_int(&m, "tokenizer.ggml.add_space_prefix", 1) != 0;
  int bad = lm_metadata_check(&m) ||
            (tokens ? 0 : lm_fail(LM_DAMAGED, "the gguf file has no tokenizer.ggml.tokens")) ||
            lm_tokenizer_from_arrays(&e->tokenizer, &t);
  mlx_array_free(types);
  mlx_array_free(scores);
  free(model);
  free(pre);
  free(tokens);
  free(merges);
  return bad || gguf_template(e, &m);
}

static int load_gguf(lm_engine *e, const char *path, const lm_progress *progress) {
  lm_config c;
  lm_weights w = {.gguf = true, .file = mlx_io_gguf_new()};
  if (!w.file.ctx)
    return lm_nomem("gguf");
  int bad = mlx_load_gguf(&w.file, path, e->stream) ? lm_fail_file(path) : 0;
  if (!bad && progress && progress->fn(progress->ctx, 0.8))
    bad = lm_fail(LM_INTERRUPTED, "loading was interrupted");
  bad = bad || lm_config_from_gguf(&c, w.file) || lm_model_new(&e->model, &c, &w, e->stream) ||
        gguf_tokenizer(e, w.file);
  lm_weights_free(&w);
  return bad;
}

/* ---- engines ---- */

static int load(lm_engine *e, const char *path, const lm_progress *progress) {
  struct stat st;
  if (stat(path, &st))
    return lm_fail(LM_NOT_FOUND, "no model at %s: %s", path, strerror(errno));
  if (S_ISDIR(st.st_mode))
    return load_folder(e, path, progress);
  if (!S_ISREG(st.st_mode))
    return lm_fail(LM_BAD_ARGUMENT, "%s is neither a folder nor a file", path);
  return load_gguf(e, path, progress);
}

int lm_engine_load(lm_engine **out, const char *path, const lm_progress *progress) {
  lm_quiet_errors();
  if (!path || !*path)
    return lm_fail(LM_BAD_ARGUMENT, "no model is named");
  lm_engine *e = calloc(1, sizeof *e);
  if (!e)
    return lm_nomem("engine");
  e->stream = mlx_default_cpu_stream_new();
  if (!e->stream.ctx || load(e, path, progress)) {
    lm_engine_free(e);
    return 1;
  }
  if (progress)
    progress->fn(progress->ctx, 1);
  *out = e;
  return 0;
}

void lm_engine_free(lm_engine *e) {
  if (!e)
    return;
  lm_model_free(e->model);
  lm_tokenizer_free(e->tokenizer);
  lm_jinja_free(e->template);
  free(e->template_text);
  mlx_stream_free(e->stream);
  free(e);
}

lm_tokenizer *lm_engine_tokenizer(const lm_engine *e) {
  return e->tokenizer;
}

const char *lm_engine_chat_template(const lm_engine *e) {
  return e->template_text;
}

int64_t lm_engine_context_length(const lm_engine *e) {
  return lm_model_config(e->model)->context;
}

int64_t lm_engine_vocabulary(const lm_engine *e) {
  return lm_model_config(e->model)->vocabulary;
}

size_t lm_peak_memory(void) {
  size_t n = 0;
  mlx_get_peak_memory(&n);
  return n;
}
