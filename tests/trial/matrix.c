/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fault matrix: whatever is done to whomever at whichever moment of a trial,
 * the rules end up where the table says, and the record, the history and the
 * client say so too. `make matrix` shows it. */
#include "matrix-place.h"
#include "matrix-race.h"

#define JOBS 6

static const struct cell *cells[300];
static struct found results[ARRAY_LEN(cells)];
static size_t cell_count;

static void
add_cells(const struct cell *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		cells[cell_count++] = &list[i];
}

static void
add_kill_cells(void)
{
	static struct cell list[ARRAY_LEN(steps) * ARRAY_LEN(victims)];
	size_t n = 0;

	for (size_t s = 0; s < ARRAY_LEN(steps); s++)
		for (size_t v = 0; v < ARRAY_LEN(victims); v++)
			list[n++] = kill_cell(s, victims[v]);
	add_cells(list, n);
}

static const char *
who_text(const struct cell *cell)
{
	static const char *const names[] = {
		"-", "guardian", "supervisor", "guardian, supervisor",
		"client", "guardian, client", "supervisor, client", "all three",
	};

	return cell->who ? cell->who : names[cell->victims];
}

/* One of the alternatives. */
static bool
fits(const char *expected, const char *got)
{
	for (const char *at = expected; at; at = strchr(at, '|')) {
		size_t len;

		at += *at == '|';
		len = strcspn(at, "|");
		if (len && at[len - 1] == '*' ?
		    strncmp(at, got, len - 1) == 0 :
		    strlen(got) == len && strncmp(at, got, len) == 0)
			return true;
	}
	return false;
}

/* "a or b", as a bar would end a column. */
static char *
words_of(const char *expected)
{
	struct str out = { 0 };

	for (; *expected; expected++)
		if (*expected == '|')
			str_add(&out, " or ");
		else
			str_addc(&out, *expected);
	return str_take(&out);
}

static void
print_row(const struct cell *cell, const struct found *f)
{
	char *kernel = words_of(cell->kernel), *record = words_of(cell->record),
	     *history = words_of(cell->history), *told = words_of(cell->told);
	char ms[16] = "";

	if (f->ms >= 0)
		snprintf(ms, sizeof(ms), "%d", f->ms);
	diag("| %s | %s | %s | %s; %s; %s; %s | %s; %s; %s; %s | %s |",
	     cell->fault, cell->at, who_text(cell), kernel, record, history,
	     told, f->kernel, f->record, f->history, f->told, ms);
	free(kernel);
	free(record);
	free(history);
	free(told);
}

static void
show_log(size_t i)
{
	char name[32], line[1024];
	FILE *log;

	snprintf(name, sizeof(name), "%zu.log", i);
	log = fopen(in_dir(name), "r");
	while (log && fgets(line, sizeof(line), log))
		printf("#   %s", line);
	if (log)
		fclose(log);
}

static void
check(size_t i)
{
	const struct cell *cell = cells[i];
	const struct found *f = &results[i];

	print_row(cell, f);
	if (!ok(!f->failed && fits(cell->kernel, f->kernel) &&
		fits(cell->record, f->record) &&
		fits(cell->history, f->history) && fits(cell->told, f->told),
		"%s at '%s', %s", cell->fault, cell->at, who_text(cell)))
		show_log(i);
}

/* --- A cell's own process --- */

static void
settle_in(size_t i)
{
	char name[32];

	snprintf(name, sizeof(name), "%zu.log", i);
	if (!freopen(in_dir(name), "w", stdout))
		bail_out("no log");
	dup2(fileno(stdout), STDERR_FILENO);
	snprintf(dir + strlen(dir), 8, "/%u", (unsigned)i % 1000);
	snprintf(run_dir, sizeof(run_dir), "%s/run", dir);
	snprintf(db_path, sizeof(db_path), "%s/db/history.db", dir);
	snprintf(ns_lock_path, sizeof(ns_lock_path), "%s/xt.lock", dir);
	mkdir(dir, 0700);
	mkdir(run_dir, 0700);
	setenv("XTABLES_LOCKFILE", ns_lock_path, 1);
	setenv("MATRIX_DIR", dir, 1);
}

/* Process 1 of the cell: whatever it leaves running ends with it. */
static void
live_through(size_t i, int out)
{
	alarm(120);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("proc", "/proc", "proc", 0, NULL) < 0)
		bail_out("no mounts of its own: %s", strerror(errno));
	ns_link_up("lo");
	settle_in(i);
	tap_failed = 0;
	found.ms = -1;
	load(old_text);
	(cells[i]->run ? cells[i]->run : tell_story)(cells[i]);
	fflush(stdout);
	found.failed = tap_failed;
	if (write(out, &found, sizeof(found)) != sizeof(found))
		_exit(1);
	_exit(0);
}

static pid_t
begin_cell(size_t i, int *in)
{
	int pair[2], status;
	pid_t pid;

	if (pipe2(pair, O_CLOEXEC) < 0)
		bail_out("no pipe");
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID) < 0)
			_exit(1);
		pid = fork();
		if (pid == 0)
			live_through(i, pair[1]);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		_exit(0);
	}
	close(pair[1]);
	*in = pair[0];
	return pid;
}

static void
end_cell(size_t i, int in)
{
	struct found *f = &results[i];

	if (read(in, f, sizeof(*f)) != sizeof(*f)) {
		memset(f, 0, sizeof(*f));
		f->failed = 1;
		f->ms = -1;
	}
	close(in);
}

static void
run_cells(void)
{
	pid_t pids[ARRAY_LEN(cells)];
	int in[ARRAY_LEN(cells)];
	size_t begun = 0, ended = 0;

	while (ended < cell_count) {
		pid_t pid;

		while (begun < cell_count && begun - ended < JOBS) {
			pids[begun] = begin_cell(begun, &in[begun]);
			begun++;
		}
		pid = waitpid(-1, NULL, 0);
		for (size_t i = 0; i < begun; i++) {
			if (pids[i] != pid)
				continue;
			end_cell(i, in[i]);
			ended++;
		}
	}
}

/* Only those that are named so: for looking into one. */
static void
choose(const char *words)
{
	size_t n = 0;

	for (size_t i = 0; i < cell_count; i++)
		if (strstr(cells[i]->fault, words))
			cells[n++] = cells[i];
	cell_count = n;
}

static bool
has_namespaces(void)
{
	int status = 1;
	pid_t pid = fork();

	if (pid == 0) {
		if (unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID) < 0)
			_exit(1);
		pid = fork();
		if (pid == 0)
			_exit(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE,
				    NULL) < 0 ||
			      mount("proc", "/proc", "proc", 0, NULL) < 0);
		waitpid(pid, &status, 0);
		_exit(status != 0);
	}
	waitpid(pid, &status, 0);
	return status == 0;
}

static int
be_guardian(struct guardian_options *opt, int fd)
{
	const char *place = getenv("MATRIX_DIR");

	snprintf(dir, sizeof(dir), "%s", place ? place : "/nonexistent");
	opt->step = at_step;
	opt->backend = guardian_backend(opt->lock_path);
	opt->clock = guardian_clock = jumping_clock();
	set_limits();
	return guardian_main(opt, fd);
}

int
main(int argc, char **argv)
{
	struct guardian_options opt;
	int fd;

	if (guardian_asked(argc, argv, &opt, &fd))
		return be_guardian(&opt, fd);
	begin_tests();
	if (!has_namespaces())
		skip_all("no namespaces of mounts and processes");
	add_kill_cells();
	add_cells(signal_cells, ARRAY_LEN(signal_cells));
	add_cells(machine_cells, ARRAY_LEN(machine_cells));
	add_cells(place_cells, ARRAY_LEN(place_cells));
	add_cells(race_cells, ARRAY_LEN(race_cells));
	if (argc > 1)
		choose(argv[1]);
	run_cells();
	diag("| fault | at | who | expected | found | ms after the deadline |");
	diag("|---|---|---|---|---|---|");
	for (size_t i = 0; i < cell_count; i++)
		check(i);
	xt_done();
	return done_testing();
}
