/** What a call of the component may do on the network, and who is told of it. */

import type { ResponseHead } from '../component/contract.js';
import type { Connections } from './connections.js';
import type { Credential } from './credential.js';
import type { Exchange } from './exchange.js';
import type { Redaction } from './redaction.js';

/** The rights of one question, for as long as it is open. */
export interface Grant {
  /** The key, and where it may go; the component never sees it. */
  readonly credential: Credential;
  /** Takes the key out of answers. */
  readonly redaction: Redaction;
  readonly connections: Connections;
  /** What is on its way for this question. */
  readonly exchanges: Set<Exchange>;
  /** Whether the question was given up: what is on its way is closed at once. */
  readonly cancelled: boolean;
  /** The component has something to do. */
  wake(): void;
  onResponse(head: ResponseHead): void;
  onActivity(): void;
}
