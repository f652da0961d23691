// Keep the page's state: the workspace as the server sends it, and the channel, thread and tab that are open.

export const state = {
  ready: false, connected: false, team: {}, me: null, app: {}, users: new Map(), channels: [], messages: new Map(), ephemerals: new Map(),
  commands: [], shortcuts: [], examples: [], home: null, view: null, viewErrors: null,
  channel: null, thread: null, tab: "messages", editing: null, unread: new Map(), drawer: false, welcome: false,
  atEnd: { channel: true, thread: true }, // whether the pane follows new messages
  takesFocus: true, // whether a thread that opens takes the keyboard focus
};

const listeners = new Set();
let scheduled = false;

/** Call *listener* once after each batch of changes. */
export function watch(listener) {
  listeners.add(listener);
}

export function changed() {
  if (scheduled) return;
  scheduled = true;
  queueMicrotask(() => {
    scheduled = false;
    listeners.forEach((listener) => listener());
  });
}

/** Change fields of the state. */
export function set(values) {
  Object.assign(state, values);
  changed();
}

const byTs = (messages) => new Map((messages ?? []).map((message) => [message.ts, message]));

function messagesOf(kind, channel) {
  if (!state[kind].has(channel)) state[kind].set(channel, new Map());
  return state[kind].get(channel);
}

const RECEIVE = {
  state(frame) {
    const { team, me, app, channels, commands, shortcuts, examples, home } = frame;
    Object.assign(state, { ready: true, team, me, app, channels, commands, shortcuts, examples: examples ?? [], home, viewErrors: null });
    state.users = new Map(frame.users.map((user) => [user.id, user]));
    for (const kind of ["messages", "ephemerals"]) {
      state[kind] = new Map(Object.entries(frame[kind] ?? {}).map(([channel, list]) => [channel, byTs(list)]));
    }
    if (!channelOf(state.channel)) Object.assign(state, { channel: (channels.find((channel) => !channel.is_im) ?? channels[0])?.id ?? null, thread: null });
  },
  message({ channel, message }) {
    const known = messagesOf("messages", channel).has(message.ts);
    messagesOf("messages", channel).set(message.ts, message);
    if (!known && channel !== state.channel && message.user !== state.me) countUnread(channel);
  },
  deleted({ channel, ts }) {
    messagesOf("messages", channel).delete(ts);
    if (state.thread === ts && repliesTo(channel, ts).length === 0) state.thread = null;
  },
  ephemeral({ channel, message }) {
    const known = messagesOf("ephemerals", channel).has(message.ts);
    messagesOf("ephemerals", channel).set(message.ts, { ...message, ephemeral: true });
    if (!known && channel !== state.channel) countUnread(channel);
    // Only this person sees it, and has usually just asked for it.
    else if (!known && !isReply(message)) state.atEnd.channel = true;
  },
  ephemeral_deleted({ channel, ts }) {
    messagesOf("ephemerals", channel).delete(ts);
  },
  view({ view }) {
    Object.assign(state, { view, viewErrors: null });
  },
  view_errors({ errors }) {
    state.viewErrors = errors;
  },
  home({ view }) {
    state.home = view;
  },
};

/** Apply a frame of the server to the state; ignore unknown types. */
export function receive(frame) {
  RECEIVE[frame.type]?.(frame);
  changed();
}

function countUnread(channel) {
  state.unread.set(channel, (state.unread.get(channel) ?? 0) + 1);
}

export const channelOf = (id) => state.channels.find((channel) => channel.id === id);
export const me = () => state.users.get(state.me) ?? {};
const isReply = (message) => Boolean(message.thread_ts) && message.thread_ts !== message.ts;
const inOrder = (messages) => messages.sort((one, other) => Number(one.ts) - Number(other.ts));

const all = (channel) => [...(state.messages.get(channel)?.values() ?? []), ...(state.ephemerals.get(channel)?.values() ?? [])];

/** Return the messages of a channel without replies in threads, oldest first. */
export const mainline = (channel) =>
  inOrder(all(channel).filter((message) => !isReply(message) || message.subtype === "thread_broadcast"));

/** Return the replies of one thread, oldest first. */
export const repliesTo = (channel, ts) => inOrder(all(channel).filter((message) => isReply(message) && message.thread_ts === ts));

/** Return the replies that everybody sees; Slack counts only these. */
export const publicRepliesTo = (channel, ts) => repliesTo(channel, ts).filter((reply) => !reply.ephemeral);

export const messageOf = (channel, ts) => state.messages.get(channel)?.get(ts);

/** Return the link to a message, as Slack's API returns it. */
export function linkTo(channel, { ts, thread_ts: thread = ts }) {
  const link = `${state.team.url}/archives/${channel}/p${ts.replace(".", "")}`;
  return thread === ts ? link : `${link}?thread_ts=${thread}&cid=${channel}`;
}

export const nameOf = (id) => {
  const user = state.users.get(id);
  return user ? user.real_name || user.name : id;
};

/** Return the label of a channel: `#oncall`, or the app's name for the direct message. */
export function placeName(id) {
  const channel = channelOf(id);
  if (!channel) return id;
  return channel.is_im ? imName(channel) : `#${channel.name}`;
}

export const imName = (channel) => state.app.name || channel.name;

/** Return the author of a message: name, initials, color, and whether it is an app. */
export function authorOf(message) {
  // A message posted through a response URL has the bot's id and name, but not its user id.
  const named = message.username && [...state.users.values()].find((each) => each.is_bot && each.real_name === message.username);
  const id = message.user ?? (message.username ? named?.id : state.app.user);
  const user = state.users.get(id);
  const isApp = Boolean(message.bot_id) || Boolean(user?.is_bot);
  const name = message.username || (user && (user.real_name || user.name)) || id || "?";
  const initials = (user && (named || !message.username) && user.initials) || [...name].slice(0, 1).join("").toUpperCase();
  return { name, initials, color: user?.color, isApp };
}
