/** What a call of the component may do on the network, and who is notified of it. */

import type { ResponseHead } from '../component/contract.js';
import type { Reach } from './addresses.js';
import type { Connections } from './connections.js';
import type { Credential } from './credential.js';
import type { Exchange } from './exchange.js';
import type { Redaction } from './redaction.js';

/** The rights of one call, for as long as it is pending. */
export interface Grant {
  /** The key, and where it may go; the component never sees it. */
  readonly credential: Credential;
  /** Removes the key from responses. */
  readonly redaction: Redaction;
  readonly connections: Connections;
  /** Where its connections may lead. */
  readonly reach: Reach;
  /** The open exchanges of this call. */
  readonly exchanges: Set<Exchange>;
  /** Whether the call was cancelled: its exchanges are then closed at once, without waiting for their end. */
  readonly cancelled: boolean;
  /** The component has something to do: call it again. */
  wake(): void;
  onResponse(head: ResponseHead): void;
  onActivity(): void;
  /** An exchange failed, for a reason in Node's codes. */
  onFailure(reason: string): void;
}
