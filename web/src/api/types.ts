/** What the hub's REST API and its events say, as they say it. `docs/reference` describes each. */

export interface User {
  readonly id: number;
  readonly username: string;
  readonly display_name: string;
}

/** A room as everybody sees it; events carry this. */
export interface RoomFields {
  readonly slug: string;
  readonly title: string;
  readonly topic: string;
  readonly is_private: boolean;
  readonly is_closed: boolean;
  readonly created_at: string;
}

/** A room as the asking user sees it; the REST API answers with this. */
export interface Room extends RoomFields {
  readonly is_member: boolean;
}

export interface Message {
  readonly id: number;
  readonly room: string;
  /** Null once the user is deleted. */
  readonly author: User | null;
  readonly body: string;
  readonly created_at: string;
  readonly edited_at: string | null;
}

export interface Notification {
  readonly id: number;
  readonly kind: string;
  readonly title: string;
  readonly body: string;
  readonly url: string;
  readonly created_at: string;
  readonly read_at: string | null;
}
