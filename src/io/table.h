/* What a file holds: named arrays and strings, in the order of the file.
 * Invariant: an entry owns its name and one reference to its value; once sealed, names are unique
 * and `order` lists the entries by name. */
#ifndef MX_IO_TABLE_H
#define MX_IO_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/array.h"

/* Strings in bulk, one allocation. data[i] has lens[i] bytes, and is followed by a NUL only where
 * `own` is set; otherwise it points into a mapped file. */
typedef struct mx_strings {
  size_t n;
  bool own, single; /* single: one string, not a list of one */
  const char **data;
  size_t *lens;
} mx_strings;

/* Room for n strings that lie elsewhere. */
mx_strings *mx_strings_new(size_t n, const char *op);
/* Copies n strings. */
mx_strings *mx_strings_copy(size_t n, const char *const *data, const size_t *lens, bool single,
                            const char *op);

typedef struct mx_entry {
  char *name;
  mx_array *array; /* either this */
  mx_strings *strings; /* or this */
} mx_entry;

typedef struct mx_table {
  mx_entry *entries;
  size_t n, capacity;
  size_t *order;
} mx_table;

/* Appends an entry to a table that is not sealed. Retains the array, takes over the strings (also
 * on failure). The name, len bytes, is copied; one with a NUL inside is an error. */
int mx_table_add(mx_table *t, const char *op, const char *name, size_t len, mx_array *array,
                 mx_strings *strings);
/* Makes names findable; a name that stands twice is an error. */
int mx_table_seal(mx_table *t, const char *op, const char *what);
/* In a sealed table; NULL when there is none. */
mx_entry *mx_table_find(const mx_table *t, const char *name);
/* Inserts or replaces in a sealed table, which stays so. Ownership as for add. */
int mx_table_set(mx_table *t, const char *op, const char *name, mx_array *array,
                 mx_strings *strings);
void mx_table_free(mx_table *t);

#endif
