/* SPDX-License-Identifier: Apache-2.0 */
/* What networkd's Describe() says of a link, cut down to what only networkd knows. Pure. */
#pragma once

/* Takes the JSON of DescribeLink() and gives a compact object with the names that scripts see (AddressState, DNS as a
 * list of strings, Domains, NTP, NetworkFile, …), which the caller frees. -EBADMSG for what is not such JSON. */
int describe_convert(const char *json, char **ret);
