#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Few files write to a terminal, and they alone must know how (P9): text from
# elsewhere goes through text_visible() there.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

# FUNCTIONS|FILES: regular expressions.
while IFS='|' read -r functions files; do
	functions=$(printf '%s' "$functions" | tr ' ' '|')
	files=$(printf '%s' "$files" | tr ' ' '|')
	found=$(cd "$top_srcdir" && grep -rnE "(^|[^a-z_])($functions)\\(" \
		--include='*.[ch]' src | grep -vE "^src/($files):")
	is "$found" '' "$functions: only in $files"
done <<'OWNERS'
printf vprintf fprintf vfprintf puts fputs putc fputc putchar fwrite perror dprintf|base/err.c boot/boot-try.c rule/xt[a-z-]*.c cli/cli.c cli/output.c cli/watch.c tui/term.c tui/capture.c tui/tui.c
addstr addnstr addwstr addch mvaddch mvaddstr mvaddnstr printw wprintw mvprintw add_wch addchstr|tui/draw-line.c tui/draw-title.c
OWNERS
done_testing
