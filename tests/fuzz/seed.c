/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Write the first inputs below the directory named: seed CORPUS DIRECTORY. CORPUS
 * is tests/rules/corpus. */
#include <fcntl.h>
#include <sys/stat.h>
#include <sallyport/file.h>
#include <sallyport/trial.h>
#include "fuzz.h"

static const char *directory;

static void
write_seed(const char *target, size_t n, const char *text, size_t len)
{
	char *path = xasprintf("%s/%s/seed-%zu", directory, target, n);

	if (file_write_atomic(AT_FDCWD, path, text, len, 0600) != OK)
		die("%s", err_message());
	free(path);
}

static char
table_letter(const char *table)
{
	for (size_t i = 0; i < TABLE_COUNT; i++)
		if (strcmp(table_names[i], table) == 0)
			return (char)('A' + (5 - 'A' % 5) % 5 + (char)i);
	return 'A';
}

static void
seed_file(size_t n, const char *table, const char *lines)
{
	char *text = xasprintf("*%s\n:mine - [0:0]\n%sCOMMIT\n", table, lines);

	write_seed("savefile", n, text, strlen(text));
	free(text);
}

/* A trial that puts the lines into a table. */
static void
seed_record(size_t n, const char *table, const char *lines)
{
	char *text = xasprintf("*%s\n:mine - [0:0]\n%sCOMMIT\n", table, lines);
	struct trial *trial = trial_new();
	struct trial_part *part = trial_add_part(trial);
	struct ruleset *after = NULL;
	char *json;

	if (ruleset_load(text, strlen(text), "seed", table, &after) == OK &&
	    ruleset_new_empty(table, &part->before) == OK) {
		json_t *object;

		part->after = after;
		part->changes = changeset_diff(part->before, after, true);
		ruleset_fingerprint(part->before, part->before_print);
		ruleset_fingerprint(after, part->after_print);
		vec_push(&part->found, ruleset_copy(after));
		object = trial_to_json(trial);
		json = json_dumps(object, JSON_COMPACT);
		write_seed("record", n, json, strlen(json));
		free(json);
		json_decref(object);
	}
	trial_free(trial);
	free(text);
}

/* Each command that takes a rule, in turn; and those that take none. */
static void
seed_command(size_t n, const char *table, const char *line)
{
	static const char *const commands[] = {
		"-A mine %s", "-I mine 2 %s", "-R mine 1 %s", "-D mine %s",
		"ip6tables -w -t filter -I mine %s", "-N new; # %s",
		"-E other third", "-P INPUT DROP", "-F mine", "-X", "-D mine 2",
	};
	const char *command = commands[n % ARRAY_LEN(commands)];
	size_t len = strcspn(command, "%");
	char *text = xasprintf("%c%.*s%s", table_letter(table), (int)len,
			       command, command[len] ? line : "");

	write_seed("command", n, text, strlen(text));
	free(text);
}

static void
seed_line(size_t n, const char *table, const char *line)
{
	char *spec = xasprintf("%c%s", table_letter(table), line);
	char *rule = xasprintf("-A mine %s\n", line);

	write_seed("spec", n, spec, strlen(spec));
	seed_command(n, table, line);
	seed_file(n, table, rule);
	if (n % 7 == 0)
		seed_record(n, table, rule);
	free(spec);
	free(rule);
}

int
main(int argc, char **argv)
{
	struct str corpus = { 0 };
	char *save = NULL, *line;
	const char *table = "filter";
	size_t n = 0;

	if (argc != 3)
		return 2;
	directory = argv[2];
	fuzz_start();
	if (file_read(AT_FDCWD, argv[1], 1 << 24, &corpus) != OK)
		die("%s", err_message());
	for (line = strtok_r(corpus.s, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (*line == '*')
			table = line + 1;
		else if (*line != '#')
			seed_line(n++, table, line);
	}
	str_done(&corpus);
	return 0;
}
