/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules as text in the administrator's own editor. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <sallyport/edit.h>
#include <sallyport/file.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>

#define TEXT_MAX ((size_t)256 << 20)

enum err
edit_begin(struct edit *edit, const struct tables *tables, const char *only)
{
	char dir[] = "/tmp/sallyport-XXXXXX";
	enum err err;

	*edit = (struct edit){ 0 };
	if (!mkdtemp(dir))
		return fail_errno(_("cannot make a directory in '%s'"), "/tmp");
	edit->dir = xstrdup(dir);
	edit->path = xasprintf("%s/rules.v6", dir);
	str_add(&edit->text, _("# The rules as ip6tables-save writes them. "
			       "What you change is shown before\n# anything is "
			       "committed.\n"));
	tables_save(tables, only, false, &edit->text);
	err = file_write_atomic(AT_FDCWD, edit->path, str_text(&edit->text),
				edit->text.len, 0600);
	if (err)
		edit_done(edit, false);
	return err;
}

/* Editors that take the line to begin at as "+N". */
static bool
takes_line(const char *editor)
{
	static const char *const names[] = {
		"vi", "vim", "nvim", "view", "vim.tiny", "vim.basic", "nano",
		"pico", "emacs", "emacsclient", "joe", "jed", "mg", "micro",
		"kak", "ne", "mcedit",
	};
	const char *slash = strrchr(editor, '/');
	const char *name = slash ? slash + 1 : editor;

	return str_find(names, ARRAY_LEN(names), name);
}

/* In the child. The editor has the terminal: its signals are its own. */
static _Noreturn void
become(char **words)
{
	static const int signals[] = { SIGINT, SIGQUIT, SIGTSTP, SIGTTIN,
				       SIGTTOU, SIGPIPE, SIGWINCH };
	sigset_t none;

	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		signal(signals[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execvp(words[0], words);
	_exit(127);
}

/* An editor that suspends itself alone suspends us and whoever runs with us, or
 * the shell would wait for ever. One that was stopped together with us, by ^Z,
 * goes on already when we do. */
static bool
has_ended(pid_t pid, int *status)
{
	if (waitpid(pid, status, WUNTRACED) != pid)
		return errno != EINTR;
	if (!WIFSTOPPED(*status))
		return true;
	if (waitpid(pid, status, WCONTINUED | WNOHANG) == pid)
		return !WIFCONTINUED(*status);
	kill(0, SIGTSTP);
	return false;
}

static enum err
wait_for(pid_t pid, const char *name)
{
	int status = -1;

	while (!has_ended(pid, &status))
		continue;
	if (status == -1)
		return fail_errno(_("cannot wait for '%s'"), name);
	if (WIFSIGNALED(status))
		return fail(ERR_FAIL, _("'%s' was ended by signal %d"), name,
			    WTERMSIG(status));
	if (WEXITSTATUS(status) == 127)
		return fail(ERR_FAIL, _("cannot run '%s'; $VISUAL or $EDITOR "
					"names the editor"), name);
	if (WEXITSTATUS(status) != 0)
		return fail(ERR_FAIL, _("'%s' left with status %d"), name,
			    WEXITSTATUS(status));
	return OK;
}

/* ^C in the editor is not for us; ^Z is for all of us. */
static enum err
run(char **words)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, old[2];
	static const int signals[] = { SIGINT, SIGQUIT };
	sigset_t stop, mask;
	enum err err;
	pid_t pid;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &stop, &mask);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		sigaction(signals[i], &ignore, &old[i]);
	pid = fork();
	if (pid == 0)
		become(words);
	err = pid < 0 ? fail_errno(_("cannot start '%s'"), words[0]) :
			wait_for(pid, words[0]);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		sigaction(signals[i], &old[i], NULL);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return err;
}

enum err
edit_run(const struct edit *edit, const char *editor)
{
	struct vec words = { 0 };
	size_t n = 0;
	char **given = words_split(editor, &n);
	char *line = NULL;
	enum err err;

	if (!given || n == 0) {
		words_free(given);
		return fail(ERR_USAGE, _("'%s' names no editor"), editor);
	}
	for (size_t i = 0; i < n; i++)
		vec_push(&words, given[i]);
	if (edit->line && takes_line(given[0])) {
		line = xasprintf("+%zu", edit->line);
		vec_push(&words, line);
	}
	vec_push(&words, edit->path);
	vec_push(&words, NULL);
	err = run((char **)words.v);
	free(line);
	vec_done(&words);
	words_free(given);
	return err;
}

/* "PATH:12: ..." */
static size_t
line_of_message(const struct edit *edit)
{
	size_t n = strlen(edit->path);

	if (strncmp(err_message(), edit->path, n) != 0 ||
	    err_message()[n] != ':')
		return 0;
	return strtoul(err_message() + n + 1, NULL, 10);
}

static bool
is_given(const struct edit *edit, const struct str *text)
{
	return text->len == edit->text.len &&
	       memcmp(str_text(text), str_text(&edit->text), text->len) == 0;
}

bool
edit_has_work(const struct edit *edit)
{
	struct str text = { 0 };
	enum err err = file_read(AT_FDCWD, edit->path, TEXT_MAX, &text);
	bool has = !err && !is_given(edit, &text);

	str_done(&text);
	return has;
}

enum err
edit_read(struct edit *edit, struct tables **tables, bool *changed)
{
	struct str text = { 0 };
	enum err err = file_read(AT_FDCWD, edit->path, TEXT_MAX, &text);

	if (!err) {
		*changed = !is_given(edit, &text);
		err = tables_load(str_text(&text), text.len, edit->path, NULL,
				  NULL, tables);
		edit->line = err ? line_of_message(edit) : 0;
	}
	str_done(&text);
	return err;
}

/* With what the editor left beside the text: copies, its notes. */
static void
remove_dir(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir)) != NULL)
		unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
	rmdir(path);
}

void
edit_done(struct edit *edit, bool keep)
{
	if (!keep && edit->dir)
		remove_dir(edit->dir);
	free(edit->dir);
	free(edit->path);
	str_done(&edit->text);
	*edit = (struct edit){ 0 };
}
