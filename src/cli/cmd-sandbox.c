/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sandbox: our own program once more, inside. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sallyport/caller.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/sandbox.h>
#include "internal.h"

/* Options that the editor inside is given too. */
static const struct {
	const char *option;
	size_t offset;
} passed_on[] = {
	{ "--no-trial", offsetof(struct cli_options, no_trial) },
	{ "--resolve", offsetof(struct cli_options, resolve) },
	{ "--read-only", offsetof(struct cli_options, read_only) },
	{ "--no-editor", offsetof(struct cli_options, no_editor) },
};

static void
editor_words(const struct cli_call *call, struct vec *words)
{
	static const char *const fixed[] = {
		"sallyport", "--in-sandbox", "--run-dir", SANDBOX_RUN_DIR,
		"--db", SANDBOX_DB,
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(fixed); i++)
		vec_push(words, (void *)fixed[i]);
	for (i = 0; i < ARRAY_LEN(passed_on); i++)
		if (*(const bool *)((const char *)&call->opt +
				    passed_on[i].offset))
			vec_push(words, (void *)passed_on[i].option);
	if (call->opt.config) {
		vec_push(words, (void *)"--config");
		vec_push(words, (void *)call->opt.config);
	}
	vec_push(words, NULL);
}

static enum err
read_rules(const struct world *world, const struct cli_call *call,
	   const char **name, struct str *text, bool *secret)
{
	*secret = false;
	*name = _("the example");
	if (call->argc == 0) {
		str_add(text, sandbox_example);
		return OK;
	}
	*name = call->argv[0];
	return cli_read_text(world, *name, text, secret);
}

/* Rules that were piped in leave the editor without a keyboard. */
static void
take_terminal(void)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);

	if (fd == -1)
		return;
	dup2(fd, STDIN_FILENO);
	close(fd);
}

/* The status is the editor's, which has told its own errors. */
enum err
cmd_sandbox(struct world *world, const struct cli_call *call)
{
	bool secret;
	struct str text = {0};
	struct vec words = {0};
	const char *name;
	int status = 0;
	enum err err;

	err = read_rules(world, call, &name, &text, &secret);
	if (!err && call->argc && !strcmp(name, "-"))
		take_terminal();
	if (!err) {
		editor_words(call, &words);
		err = sandbox_run(world, str_text(&text), text.len, name,
				  (char *const *)words.v, &status);
		err = caller_hide(err, secret, name);
	}
	vec_done(&words);
	str_done(&text);
	if (!err && status)
		exit(status);
	return err;
}
