/* Model folders of the random llama that tests/tools/make_tiny_data.py describes. */
#ifndef TESTS_LM_TINY_H
#define TESTS_LM_TINY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "mlx/c/array.h"

/* Path of a file of tests/data/lm. */
void tiny_data(char *path, size_t n, const char *name);
/* A fresh folder; tiny_remove takes it away with its files. */
void tiny_folder(char *path, size_t n);
void tiny_remove(const char *folder);
/* Writes dir/name. */
void tiny_text(const char *dir, const char *name, const void *text, size_t len);
void tiny_copy(const char *from, const char *dir, const char *name);
/* config.json, the weights it asks for by the rule (in two files with an index when sharded) and
 * the tokenizer of tests/data/lm/tiny. */
void tiny_write(const char *dir, const json_t *config, mlx_dtype dtype, bool sharded);

#endif
