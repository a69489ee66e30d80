/* Owns the reading of lines: libedit on a terminal, plain input elsewhere. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lm/cli/cli.h"

#ifdef LM_HAVE_EDITLINE
#include <editline/readline.h>
#include <errno.h>
#include <locale.h>
#include <wchar.h>

/* One character; libedit's own reading goes on after Ctrl-C. */
static int get_character(FILE *f) {
  mbstate_t state = {0};
  wchar_t c;
  while (!cli_interrupted()) {
    char byte;
    ssize_t n = read(fileno(f), &byte, 1);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return EOF;
    size_t used = mbrtowc(&c, &byte, 1, &state);
    if (used == (size_t)-1)
      return (unsigned char)byte;
    if (used != (size_t)-2)
      return (int)c;
  }
  return EOF;
}

static void prepare(void) {
  static bool ready;
  if (ready)
    return;
  ready = true;
  if (!setlocale(LC_CTYPE, "") || MB_CUR_MAX == 1)
    setlocale(LC_CTYPE, "C.UTF-8");
  rl_catch_signals = 0;
  rl_getc_function = get_character;
}

static char *edit_line(const char *prompt) {
  prepare();
  char *line = readline(prompt);
  if (!line)
    puts("");
  else if (*line)
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
