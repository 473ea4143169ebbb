/** What kind of place an IP address is, and which places a request may lead to. No I/O. */

import { BlockList, isIP } from 'node:net';

/** `private` is a network of a house, a company or a provider of access; `reserved` is nowhere that a request belongs. */
export type AddrClass = 'public' | 'loopback' | 'private' | 'reserved';

/** Which places the connections of a session may lead to. */
export type Reach = 'public' | 'private' | 'loopback';

/**
 * Networks of IANA's special-purpose registries, and the addresses at which clouds keep credentials. The narrower ones
 * stand first: the first that contains an address decides. `host-test/host/src/sandbox/transport/address.rs` has the same
 * networks, and both are tested with the same addresses.
 */
const V4: readonly (readonly [network: string, length: number, place: AddrClass])[] = [
  // Connecting to the unspecified address reaches this machine.
  ['0.0.0.0', 32, 'loopback'],
  ['0.0.0.0', 8, 'reserved'],
  ['10.0.0.0', 8, 'private'],
  // Credentials of Alibaba's cloud, inside of a private network.
  ['100.100.100.200', 32, 'reserved'],
  ['100.64.0.0', 10, 'private'],
  ['127.0.0.0', 8, 'loopback'],
  // Services of Azure's machines.
  ['168.63.129.16', 32, 'reserved'],
  // Link-local, and with it the credentials of most clouds.
  ['169.254.0.0', 16, 'reserved'],
  ['172.16.0.0', 12, 'private'],
  ['192.0.0.0', 24, 'reserved'],
  ['192.0.2.0', 24, 'reserved'],
  ['192.88.99.0', 24, 'reserved'],
  ['192.168.0.0', 16, 'private'],
  ['198.18.0.0', 15, 'reserved'],
  ['198.51.100.0', 24, 'reserved'],
  ['203.0.113.0', 24, 'reserved'],
  ['224.0.0.0', 3, 'reserved'],
  ['0.0.0.0', 0, 'public'],
];

/** Only `2000::/3` is given out as global unicast: what nothing else contains is reserved. */
const V6: readonly (readonly [network: string, length: number, place: AddrClass])[] = [
  ['::', 127, 'loopback'],
  // Networks without IPv4 reach it below this prefix (RFC 6052).
  ...V4.map(([network, length, place]) => {
    return [`64:ff9b::${network}`, 96 + length, place === 'public' ? place : 'reserved'] as const;
  }),
  // Credentials of clouds, inside of a private network.
  ['fd00:42::42', 128, 'reserved'],
  ['fd00:ec2::', 32, 'reserved'],
  ['fd20:ce::254', 128, 'reserved'],
  ['fc00::', 7, 'private'],
  // Teredo, ORCHID and other experiments.
  ['2001::', 23, 'reserved'],
  ['2001:db8::', 32, 'reserved'],
  ['2002::', 16, 'reserved'],
  ['3fff::', 20, 'reserved'],
  ['2000::', 3, 'public'],
  ['::', 0, 'reserved'],
];

const LISTS = { ipv4: lists(V4, 'ipv4'), ipv6: lists(V6, 'ipv6') };

function lists(networks: typeof V4, family: 'ipv4' | 'ipv6'): readonly (readonly [BlockList, AddrClass])[] {
  return networks.map(([network, length, place]) => {
    const list = new BlockList();
    list.addSubnet(network, length, family);
    return [list, place];
  });
}

/** The place of an address in text form. What is not an IP address is nowhere. */
export function classOf(address: string): AddrClass {
  const version = isIP(address);
  if (version === 0) return 'reserved';
  // The same place in another notation: the system sends IPv4.
  const isMapped = version === 6 && MAPPED.check(address, 'ipv6');
  const family = version === 4 || isMapped ? 'ipv4' : 'ipv6';
  const found = LISTS[family].find(([list]) => list.check(address, version === 4 ? 'ipv4' : 'ipv6'));
  return found?.[1] ?? 'reserved';
}

const MAPPED = new BlockList();
MAPPED.addSubnet('::ffff:0:0', 96, 'ipv6');

/** Whether a connection may be made to an address. */
export function admits(reach: Reach, address: string): boolean {
  const place = classOf(address);
  return place === reach || (reach === 'private' && place === 'public');
}

/**
 * Where the requests of a session may lead. A base URL that a person configured may be in a private network. The
 * provider's own origin has no reason to be there: if its name leads there, somebody has changed what it resolves to.
 */
export function reachOf(baseUrl: string, ownOrigin: string): Reach {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (!url) return 'public';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  // RFC 6761, 6.3: such names are this machine.
  if (/^(.*\.)?localhost\.?$/i.test(host) || (isIP(host) && classOf(host) === 'loopback')) return 'loopback';
  return URL.canParse(ownOrigin) && url.origin === new URL(ownOrigin).origin ? 'public' : 'private';
}
