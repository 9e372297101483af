/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which port is to be opened, for whom, and who listens: this host or one of the
 * containers behind it. Choosing who listens stages what is needed. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "cursesw.h"
#include "rules.h"
#include "term.h"

enum { ROW_PORT, ROW_PROTO, ROW_FROM, ROW_BLANK, ROW_HEADING, ROW_HOST };
enum { COLUMN_LABEL = 5, COLUMN_VALUE = 18, COLUMN_ADDRESS = 26 };

static const char *
proto_name(uint8_t proto)
{
	return proto == IPPROTO_UDP ? "udp" : "tcp";
}

/* --- Rows --- */

static size_t
expose_count(const struct view *view)
{
	const struct containers *containers = view->ui->expose.containers;

	return ROW_HOST + 1 + containers->v.n + (containers->note != NULL);
}

static const struct container *
container_at(const struct ui *ui, size_t row)
{
	const struct containers *containers = ui->expose.containers;

	return row > ROW_HOST && row - ROW_HOST - 1 < containers->v.n ?
	       containers->v.v[row - ROW_HOST - 1] : NULL;
}

static bool
is_receiver(const struct ui *ui, size_t row)
{
	return row == ROW_HOST || container_at(ui, row);
}

static bool
expose_selectable(const struct view *view, size_t row)
{
	return row <= ROW_FROM || is_receiver(view->ui, row);
}

static void
draw_field(const char *key, const char *label, struct paint *paint)
{
	paint_addf(paint, ROLE_KEY, "  %s", key);
	paint_to(paint, ROLE_TEXT, COLUMN_LABEL);
	paint_add(paint, ROLE_TEXT, label);
	paint_to(paint, ROLE_TEXT, COLUMN_VALUE);
}

static void
draw_from(const struct exposure *what, struct paint *paint)
{
	struct str from = { 0 };

	exposure_format_from(what, &from);
	draw_field("f", _("for whom"), paint);
	paint_add(paint, ROLE_TEXT, str_text(&from));
	str_done(&from);
}

static void
draw_container(const struct container *one, struct paint *paint)
{
	struct str addr = { 0 };

	addr_format(&addr, &one->addr);
	paint_add(paint, ROLE_TEXT, "  ");
	if (one->name)
		paint_raw(paint, ROLE_CHAIN, one->name);
	else
		paint_add(paint, ROLE_TEXT, str_text(&addr));
	paint_add(paint, ROLE_TEXT, "  ");
	paint_to(paint, ROLE_TEXT, COLUMN_ADDRESS);
	if (one->name)
		paint_addf(paint, ROLE_TEXT, "%s  ", str_text(&addr));
	paint_raw(paint, ROLE_DIM, one->ifname);
	str_done(&addr);
}

static void
draw_receiver(const struct ui *ui, size_t row, struct paint *paint)
{
	const struct container *one = container_at(ui, row);

	if (one) {
		draw_container(one, paint);
	} else if (row == ROW_HOST) {
		paint_addf(paint, ROLE_CHAIN, "  %s", _("this host"));
	} else {
		paint_add(paint, ROLE_TEXT, "  ");
		paint_raw(paint, ROLE_WARN, ui->expose.containers->note);
	}
}

static void
expose_draw_row(const struct view *view, size_t row, struct paint *paint)
{
	const struct exposure *what = &view->ui->expose.what;

	switch (row) {
	case ROW_PORT:
		draw_field("p", _("port"), paint);
		if (what->port)
			paint_addf(paint, ROLE_TEXT, "%u", what->port);
		else
			paint_add(paint, ROLE_DIM, _("not said yet"));
		return;
	case ROW_PROTO:
		draw_field("t", _("protocol"), paint);
		paint_add(paint, ROLE_TEXT, proto_name(what->proto));
		return;
	case ROW_FROM:
		draw_from(what, paint);
		return;
	case ROW_BLANK:
		return;
	case ROW_HEADING:
		paint_add(paint, ROLE_CHAIN, _("Who listens"));
		return;
	}
	draw_receiver(view->ui, row, paint);
}

static void
put_services(const struct container *one, struct paint *paint)
{
	for (size_t i = 0; i < one->services.n; i++) {
		const struct service *service = one->services.v[i];

		paint_addf(paint, ROLE_TEXT, "%s%s %u", i ? ", " : _("; listens on "),
			   proto_name(service->proto), service->port);
	}
}

static void
put_container(const struct ui *ui, const struct container *one,
	      struct paint *paint)
{
	const struct bridge *bridge = containers_bridge(ui->expose.containers,
							one->ifname);
	struct str name = { 0 };

	receiver_describe(one, ui->world->utf8, &name);
	paint_add(paint, ROLE_TEXT, str_text(&name));
	if (one->name && one->ifname[0]) {
		paint_add(paint, ROLE_TEXT, " on ");
		paint_raw(paint, ROLE_TEXT, one->ifname);
	}
	if (one->port[0]) {
		paint_add(paint, ROLE_TEXT, _(", port "));
		paint_raw(paint, ROLE_TEXT, one->port);
	}
	if (one->network) {
		paint_add(paint, ROLE_TEXT, _("; Docker network "));
		paint_raw(paint, ROLE_TEXT, one->network);
	}
	if (bridge && bridge->gateway_mode && bridge->gateway_mode[0]) {
		paint_add(paint, ROLE_TEXT, ", ");
		paint_raw(paint, ROLE_TEXT, bridge->gateway_mode);
	}
	put_services(one, paint);
	str_done(&name);
}

static void
expose_detail(const struct view *view, size_t row, struct paint *paint)
{
	static const char *const fields[] = {
		[ROW_PORT] = N_("The port that is to be opened; 4001/udp says "
				"the protocol, too"),
		[ROW_PROTO] = N_("tcp or udp"),
		[ROW_FROM] = N_("An address, a prefix, or anybody"),
	};
	const struct container *one = container_at(view->ui, row);

	if (row < ARRAY_LEN(fields))
		paint_add(paint, ROLE_TEXT, _(fields[row]));
	else if (one)
		put_container(view->ui, one, paint);
	else if (row == ROW_HOST)
		paint_add(paint, ROLE_TEXT, _("A program of this host listens: "
			  "its packets meet INPUT"));
}

/* --- What can be done --- */

/* The line of who is meant already. */
static size_t
first_row(const struct ui *ui)
{
	const struct exposing *e = &ui->expose;

	for (size_t i = 0; i < e->containers->v.n && e->what.port; i++)
		if (e->containers->v.v[i] == e->what.receiver)
			return ROW_HOST + 1 + i;
	return e->what.port ? ROW_HOST : ROW_PORT;
}

static enum err
submit_port(struct ui *ui, const char *text)
{
	enum err err = exposure_parse_port(text, &ui->expose.what);

	if (!err)
		view_select(ui_view(ui), first_row(ui));
	return err;
}

static void
on_port(struct ui *ui)
{
	const struct exposure *what = &ui->expose.what;
	char *text = what->port ? xasprintf("%u/%s", what->port,
					    proto_name(what->proto)) :
				  xstrdup("");

	form_open(&ui->form, FORM_PORT, _("Which port? 443, 4001/udp ..."),
		  text, submit_port);
	free(text);
}

static void
on_proto(struct ui *ui)
{
	uint8_t *proto = &ui->expose.what.proto;

	*proto = *proto == IPPROTO_UDP ? IPPROTO_TCP : IPPROTO_UDP;
}

static enum err
submit_from(struct ui *ui, const char *text)
{
	return exposure_parse_from(text, &ui->expose.what);
}

static void
on_from(struct ui *ui)
{
	struct str from = { 0 };

	if (ui->expose.what.from.len)
		exposure_format_from(&ui->expose.what, &from);
	form_open(&ui->form, FORM_PROBE, _("For whom? An address or a prefix; "
		  "any, or nothing: for anybody"), str_text(&from),
		  submit_from);
	str_done(&from);
}

static void
on_choose(struct ui *ui)
{
	static void (*const fields[])(struct ui *) = { on_port, on_proto,
						       on_from };
	size_t row = ui_view(ui)->sel;

	if (row < ARRAY_LEN(fields)) {
		fields[row](ui);
	} else {
		ui->expose.what.receiver = container_at(ui, row);
		if (ui->expose.what.port)
			exposing_stage(ui);
		else
			on_port(ui);
	}
}

static void
on_look(struct ui *ui)
{
	exposing_find(ui, EXPOSING_FRESH);
	view_select(ui_view(ui), ui_view(ui)->sel);
	ui_say(ui, _("looked again"));
}

static const struct action actions[] = {
	{ .keys = { '\r', FN(KEY_ENTER) }, .name = "choose",
	  .foot = N_("Choose"), .run = on_choose,
	  .help = N_("Change the field; on who listens, open the port there") },
	{ .keys = { 'p' }, .name = "port", .foot = N_("Port"), .run = on_port,
	  .help = N_("Say which port is to be opened") },
	{ .keys = { 't' }, .name = "protocol", .foot = N_("Protocol"),
	  .run = on_proto, .help = N_("The other protocol: tcp or udp") },
	{ .keys = { 'f' }, .name = "from", .foot = N_("For whom"),
	  .run = on_from, .help = N_("Say for whom") },
	{ .keys = { 'r' }, .name = "look", .run = on_look,
	  .help = N_("Look for containers again") },
	{ .keys = { 'q', FN(KEY_F(10)) }, .name = "back", .foot = N_("Back"),
	  .run = ui_pop, .help = N_("Go back, nothing is staged") },
};

static const struct action_table expose_actions = ACTION_TABLE(actions);

const struct screen expose_screen = {
	.name = N_("Expose"),
	.count = expose_count,
	.selectable = expose_selectable,
	.draw_row = expose_draw_row,
	.detail = expose_detail,
	.actions = &expose_actions,
};

void
expose_open(struct ui *ui)
{
	struct exposing *e = &ui->expose;

	if (!e->meant)
		e->what = (struct exposure){ .proto = IPPROTO_TCP };
	e->meant = false;
	exposing_find(ui, EXPOSING_FRESH);
	view_select(ui_push(ui, &expose_screen, NULL), first_row(ui));
	if (!e->what.port)
		on_port(ui);
}

void
expose_again(struct ui *ui)
{
	ui_pop(ui);
	expose_open(ui);
}
