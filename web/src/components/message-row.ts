/** One message in the list, and one that is on its way. */

import { html, nothing, type TemplateResult } from "lit";
import type { Message, User } from "../api/types.ts";
import type { Outgoing } from "../state/outgoing.ts";
import type { Placed } from "../text/groups.ts";
import { authorName } from "../text/names.ts";
import { dayLabel, fullTime, timeOfDay } from "../text/time.ts";
import "./avatar.ts";
import { renderBody } from "./body.ts";

/** Return a message, with the heading of its day where it is the day's first. */
export function messageRow({ message, startsDay, startsGroup }: Placed, now: Date): TemplateResult {
  const name = authorName(message.author);
  return html`
    ${startsDay ? html`<li class="day"><span>${dayLabel(message.created_at, now)}</span></li>` : nothing}
    <li class="message ${startsGroup ? "first" : "next"}" data-message=${message.id}>
      ${startsGroup ? html`<hub-avatar .name=${name} .handle=${message.author?.username ?? ""}></hub-avatar>` : nothing}
      <p class="by">
        <strong class=${startsGroup ? nothing : "unseen"}>${name}</strong>
        <time datetime=${message.created_at} title=${fullTime(message.created_at)}
          >${timeOfDay(message.created_at)}</time
        >
      </p>
      ${messageBody(message)}
    </li>
  `;
}

/** In one line: white space in it is shown as it is. */
function messageBody({ body, edited_at: editedAt }: Message): TemplateResult {
  const edited = editedAt ? html` <span class="edited" title=${fullTime(editedAt)}>(edited)</span>` : nothing;
  return html`<p class="body">${renderBody(body)}${edited}</p>`;
}

/** What a reader can do with a message that the hub would not take. */
export interface OutgoingActions {
  readonly repost: (key: string) => void;
  readonly discard: (key: string) => void;
}

/** Return a message on its way; `isLive` says whether there is a connection to send it over. */
export function outgoingRow(one: Outgoing, me: User, isLive: boolean, actions: OutgoingActions): TemplateResult {
  const waiting = isLive ? "Sending…" : "Waiting for the connection";
  return html`
    <li class="message first ${one.problem ? "failed" : "pending"}" data-outgoing=${one.key}>
      <hub-avatar .name=${me.display_name} .handle=${me.username}></hub-avatar>
      <p class="by">
        <strong>${me.display_name}</strong>
        ${one.problem ? nothing : html`<span class="sending">${waiting}</span>`}
      </p>
      <p class="body">${renderBody(one.body)}</p>
      ${one.problem ? problemLine(one.key, one.problem, actions) : nothing}
    </li>
  `;
}

function problemLine(key: string, problem: string, actions: OutgoingActions): TemplateResult {
  return html`<div class="problem" role="alert">
    <span>Not sent. ${problem}</span>
    <button class="plain" @click=${() => actions.repost(key)}>Try again</button>
    <button class="plain" @click=${() => actions.discard(key)}>Discard</button>
  </div>`;
}
