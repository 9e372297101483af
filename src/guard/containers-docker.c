/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What Docker's Engine tells: GET /networks and GET /containers/json. Any of it
 * may be missing or of another type; then it is as if it were not said. */
#include <jansson.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "containers-internal.h"

#define TIME_LIMIT_MS 1000
#define NAME_SIZE 128		/* a longer one is cut */
#define SERVICES_MAX 256	/* of one container; more are passed over */
#define ID_SHOWN 12		/* as Docker names its bridges */
#define OPTION_BRIDGE "com.docker.network.bridge.name"
#define OPTION_MODE "com.docker.network.bridge.gateway_mode_ipv6"

/* A member that is a string, else "". */
static const char *
string_of(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "";
}

static void
set_name(char **to, const char *name)
{
	free(*to);
	*to = *name ? xstrndup(name, NAME_SIZE) : NULL;
}

/* Docker's own name of a network's bridge: br- and the start of its id. */
static void
bridge_name(const json_t *network, char name[IFNAMSIZ])
{
	const json_t *options = json_object_get(network, "Options");
	const char *given = string_of(options, OPTION_BRIDGE);
	struct str made = { 0 };

	str_add(&made, "br-");
	str_addn(&made, string_of(network, "Id"),
		 strnlen(string_of(network, "Id"), ID_SHOWN));
	str_copy(name, IFNAMSIZ, *given ? given : str_text(&made));
	str_done(&made);
}

static struct bridge *
bridge_of(const struct containers *containers, const json_t *network)
{
	char name[IFNAMSIZ];

	if (strcmp(string_of(network, "Driver"), "bridge"))
		return NULL;
	bridge_name(network, name);
	return (struct bridge *)containers_bridge(containers, name);
}

static void
take_subnets(struct bridge *bridge, const json_t *network)
{
	const json_t *config = json_object_get(json_object_get(network, "IPAM"),
					       "Config");
	const json_t *one;
	size_t i;

	json_array_foreach(config, i, one) {
		struct in6_addr addr;
		unsigned len;

		if (addr_parse_prefix(string_of(one, "Subnet"), &addr, &len) ||
		    addr_is_v4(&addr) || !subnet_is_useful(&addr, len))
			continue;
		bridge_add_subnet(bridge, &addr, len);
	}
}

static void
take_network(struct containers *containers, const json_t *network)
{
	const json_t *options = json_object_get(network, "Options");
	struct bridge *bridge = bridge_of(containers, network);

	if (!bridge)
		return;
	set_name(&bridge->network, string_of(network, "Name"));
	free(bridge->gateway_mode);
	bridge->gateway_mode = xstrndup(string_of(options, OPTION_MODE),
					NAME_SIZE);
	if (json_is_true(json_object_get(network, "EnableIPv6")))
		take_subnets(bridge, network);
}

/* --- Containers --- */

static const json_t *
find_network(const json_t *networks, const char *id, const char *name)
{
	const json_t *one;
	size_t i;

	json_array_foreach(networks, i, one)
		if (*id ? strcmp(string_of(one, "Id"), id) == 0 :
			  strcmp(string_of(one, "Name"), name) == 0)
			return one;
	return NULL;
}

static uint8_t
protocol_of(const char *name)
{
	if (strcmp(name, "tcp") == 0)
		return IPPROTO_TCP;
	return strcmp(name, "udp") == 0 ? IPPROTO_UDP : 0;
}

static void
take_services(struct container *one, const json_t *ports)
{
	const json_t *port;
	size_t i;

	json_array_foreach(ports, i, port) {
		json_int_t n = json_integer_value(json_object_get(port,
							"PrivatePort"));
		uint8_t proto = protocol_of(string_of(port, "Type"));
		struct service *service;

		if (!proto || n < 1 || n > UINT16_MAX ||
		    one->services.n == SERVICES_MAX ||
		    container_serves(one, proto, (uint16_t)n))
			continue;
		service = xcalloc(1, sizeof(*service));
		*service = (struct service){ proto, (uint16_t)n };
		vec_push(&one->services, service);
	}
}

/* Its first name, without the slash; its id where it has none. */
static void
set_container_name(struct container *one, const json_t *container)
{
	const char *name = json_string_value(json_array_get(
				json_object_get(container, "Names"), 0));
	const char *id = string_of(container, "Id");

	if (name && *name)
		set_name(&one->name, name + (*name == '/'));
	if (!one->name && *id)
		one->name = xstrndup(id, ID_SHOWN);
}

static void
take_address(struct containers *containers, const json_t *networks,
	     const json_t *container, const char *name, const json_t *end)
{
	const json_t *network;
	const struct bridge *bridge;
	struct container *one;
	struct in6_addr addr;

	if (addr_parse(string_of(end, "GlobalIPv6Address"), &addr) ||
	    addr_is_v4(&addr) || !subnet_is_useful(&addr, 128))
		return;
	one = containers_take(containers, &addr);
	if (!one)
		return;
	network = find_network(networks, string_of(end, "NetworkID"), name);
	set_container_name(one, container);
	set_name(&one->network, name);
	set_name(&one->driver, string_of(network, "Driver"));
	bridge = network ? bridge_of(containers, network) : NULL;
	if (bridge)
		memcpy(one->ifname, bridge->ifname, IFNAMSIZ);
	take_services(one, json_object_get(container, "Ports"));
}

static void
take_container(struct containers *containers, const json_t *networks,
	       json_t *container)
{
	json_t *ends = json_object_get(json_object_get(container,
				       "NetworkSettings"), "Networks");
	const char *name;
	json_t *end;

	json_object_foreach(ends, name, end)
		take_address(containers, networks, container, name, end);
}

static enum err
parse_list(const char *text, size_t len, json_t **list)
{
	json_error_t error;

	*list = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (json_is_array(*list))
		return OK;
	json_decref(*list);
	*list = NULL;
	return fail(ERR_FAIL, _("what Docker answered cannot be read"));
}

enum err
containers_from_json(const char *networks_text, size_t networks_len,
		     const char *list_text, size_t list_len,
		     struct containers *containers)
{
	json_t *networks, *list = NULL, *one;
	enum err err = parse_list(networks_text, networks_len, &networks);
	size_t i;

	if (!err)
		err = parse_list(list_text, list_len, &list);
	if (!err) {
		json_array_foreach(networks, i, one)
			take_network(containers, one);
		json_array_foreach(list, i, one)
			take_container(containers, networks, one);
	}
	json_decref(networks);
	json_decref(list);
	return err;
}

enum err
containers_from_docker(const char *socket, struct containers *containers)
{
	struct str networks = { 0 }, list = { 0 };
	long ms = TIME_LIMIT_MS;
	enum err err = docker_get(socket, "/networks", &ms, &networks);

	if (!err)
		err = docker_get(socket, "/containers/json", &ms, &list);
	if (!err)
		err = containers_from_json(str_text(&networks), networks.len,
					   str_text(&list), list.len,
					   containers);
	str_done(&networks);
	str_done(&list);
	return err;
}
