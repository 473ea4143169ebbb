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
  /^(CERT_|ERR_TLS_CERT|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|INVALID_CA|ERROR_IN_CERT)/;

/** The code of an error. Node tries several addresses at once and then reports a list: its first error counts. */
function codeOf(error: unknown): string {
  const { code, errors } = error as { code?: unknown; errors?: unknown[] };
  if (typeof code === 'string') return code;
  return Array.isArray(errors) && errors.length > 0 ? codeOf(errors[0]) : '';
}

/** The error code for an error of Node. Node's text is never passed on: it may contain the URL or a header. */
export function errorCode(error: unknown, stage: Stage): ErrorCode {
  const code = codeOf(error);
  const known = BY_CODE[code];
  if (known) return known;
  if (CERTIFICATE.test(code)) return { tag: 'TLS-certificate-error' };
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
