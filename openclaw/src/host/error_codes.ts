/** Maps Node's errors of a failed request to the error codes of `wasi:http`. */

import type { ErrorCode } from '../../generated/interfaces/wasi-http-types.js';
import { PROHIBITED } from './connections.js';

/** The stage of a request when it failed. */
export type Stage = 'connecting' | 'securing' | 'sent' | 'receiving';

/** Codes of Node that mean the same at every stage. */
const BY_CODE: Readonly<Record<string, ErrorCode>> = {
  [PROHIBITED]: { tag: 'destination-IP-prohibited' },
  ENOTFOUND: { tag: 'DNS-error', val: { rcode: 'ENOTFOUND' } },
  EAI_AGAIN: { tag: 'DNS-error', val: { rcode: 'EAI_AGAIN' } },
  ECONNREFUSED: { tag: 'connection-refused' },
  EHOSTUNREACH: { tag: 'destination-IP-unroutable' },
  ENETUNREACH: { tag: 'destination-IP-unroutable' },
  EADDRNOTAVAIL: { tag: 'destination-IP-unroutable' },
  EMFILE: { tag: 'connection-limit-reached' },
  ENFILE: { tag: 'connection-limit-reached' },
  EPROTO: { tag: 'TLS-protocol-error' },
  HPE_HEADER_OVERFLOW: { tag: 'HTTP-response-header-section-size', val: undefined },
  ERR_PROXY_TUNNEL: { tag: 'destination-unavailable' },
  ERR_PROXY_INVALID_CONFIG: { tag: 'configuration-error' },
};

/** How OpenSSL's codes for a rejected certificate begin. */
const CERTIFICATE =
  /^(CERT_|CRL_|ERR_TLS_CERT|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE)|PATH_LENGTH|ERROR_IN_C)/;

/** The part of Node's errors that is read here. */
interface NodeError {
  code?: unknown;
  /** The address that was connected to. */
  port?: unknown;
  /** The name that was looked up. */
  hostname?: unknown;
  errors?: unknown[];
}

/** Codes that say least about a server with several addresses: this machine has no route to one of them. */
const UNROUTABLE = /^(?:ENETUNREACH|EHOSTUNREACH|EADDRNOTAVAIL)$/;

/**
 * The error that counts. Node tries all addresses of a name and then reports a list. On a machine without IPv6, a server
 * that refuses the connection is unreachable by its other address.
 */
function causeOf(error: unknown): NodeError {
  const { errors } = error as NodeError;
  if (!Array.isArray(errors) || errors.length === 0) return error as NodeError;
  const causes = errors.map(causeOf);
  return causes.find((cause) => !UNROUTABLE.test(codeOf(cause))) ?? (causes[0] as NodeError);
}

function codeOf({ code }: NodeError): string {
  return typeof code === 'string' ? code : '';
}

/** The reason for a failure that concerns the proxy, and not the provider. */
export const PROXY_FAILED = 'ERR_PROXY_TUNNEL';

/**
 * Node's code for an error of a request to this URL. It is more exact than the codes of `wasi:http`, which have one for
 * all faults of a certificate.
 */
export function reasonOf(error: unknown, url: URL): string {
  const cause = causeOf(error);
  const code = codeOf(cause);
  // A connection to another port, or the look-up of another name, is that of the proxy.
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  const name = url.hostname.replace(/^\[|\]$/g, '');
  const isElsewhere =
    (typeof cause.port === 'number' && cause.port !== port) ||
    (typeof cause.hostname === 'string' && cause.hostname !== name);
  return isElsewhere || code.startsWith('ERR_PROXY_') ? PROXY_FAILED : code;
}

/** Whether a reason is a rejected certificate. */
export function isCertificate(reason: string): boolean {
  return CERTIFICATE.test(reason);
}

/** The error code for an error of Node. Node's text is never passed on: it may contain the URL or a header. */
export function errorCode(error: unknown, stage: Stage): ErrorCode {
  const code = codeOf(causeOf(error));
  const known = BY_CODE[code];
  if (known) return known;
  if (isCertificate(code)) return { tag: 'TLS-certificate-error' };
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS')) return { tag: 'TLS-protocol-error' };
  if (code.startsWith('HPE_')) return { tag: 'HTTP-protocol-error' };
  if (code === 'ETIMEDOUT') return { tag: stage === 'connecting' ? 'connection-timeout' : 'connection-terminated' };
  switch (stage) {
    case 'connecting':
      return { tag: 'destination-unavailable' };
    case 'securing':
      return { tag: 'TLS-protocol-error' };
    case 'sent':
      return { tag: 'connection-terminated' };
    case 'receiving':
      return { tag: 'HTTP-response-incomplete' };
  }
}
