/* Owns the reading of lines: libedit on a terminal, plain input elsewhere. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lm/cli/cli.h"

#ifdef LM_HAVE_EDITLINE
#include <editline/readline.h>

static char *edit_line(const char *prompt) {
  char *line = readline(prompt);
  if (line && *line)
    add_history(line);
  return line;
}
#endif

char *cli_read_line(const char *prompt) {
#ifdef LM_HAVE_EDITLINE
  if (isatty(STDIN_FILENO))
    return edit_line(prompt);
#endif
  char *line = NULL;
  size_t cap = 0;
  if (isatty(STDOUT_FILENO)) {
    fputs(prompt, stdout);
    fflush(stdout);
  }
  ssize_t n = getline(&line, &cap, stdin);
  if (n < 0) {
    free(line);
    return NULL;
  }
  while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
    line[--n] = '\0';
  return line;
}
