/** Commands that are kept until they are answered, one at a time and in order. */

import { CommandTimeout, ConnectionDropped } from "./errors.ts";

/** A command that the hub has left unanswered this often is given up, or it would hold up all that follow. */
export const MAX_TIMEOUTS = 3;

/** What a command is sent by. */
export interface Sender {
  /** Wait for a connection. Rejects with `ConnectionClosed` when there will be none. */
  connected(): Promise<void>;
  /** Send the command once, and wait for its answer. Rejects with a `CommandError`. */
  send(name: string, data: object): Promise<unknown>;
  /** The connection is dead, or as good as: have another one made. */
  renew(): void;
}

export class KeptCommands {
  readonly #sender: Sender;
  #last: Promise<unknown> = Promise.resolve();

  constructor(sender: Sender) {
    this.#sender = sender;
  }

  /** Send a command after those before it. The promise settles when it is answered or given up. */
  submit(name: string, data: object): Promise<unknown> {
    const send = (): Promise<unknown> => this.#sendUntilAnswered(name, data);
    const answer = this.#last.then(send, send);
    this.#last = answer;
    return answer;
  }

  async #sendUntilAnswered(name: string, data: object): Promise<unknown> {
    for (let timeouts = 0; ; ) {
      await this.#sender.connected();
      try {
        return await this.#sender.send(name, data);
      } catch (error) {
        if (error instanceof CommandTimeout && ++timeouts < MAX_TIMEOUTS) this.#sender.renew();
        else if (!(error instanceof ConnectionDropped)) throw error;
      }
    }
  }
}
