// Exchange frames with the server over one WebSocket that reconnects, request options, and upload files.

const FIRST_WAIT_MS = 400;
const MAX_WAIT_MS = 8000;

let socket = null;
let person = null;
let wait = FIRST_WAIT_MS;
let timer = 0;
let handlers = { frame() {}, status() {} };
let lastRequest = 0;
const waiting = new Map();

/** Connect as *user*; *frame* gets each frame of the server, *status* gets whether the page is connected. */
export function connect(user, { frame, status }) {
  handlers = { frame, status };
  person = user;
  clearTimeout(timer);
  socket?.close();
  open();
}

function open() {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const opened = new WebSocket(`${scheme}//${location.host}/live?user=${encodeURIComponent(person)}`);
  socket = opened;
  opened.addEventListener("open", () => {
    if (opened !== socket) return;
    wait = FIRST_WAIT_MS;
    handlers.status(true);
  });
  opened.addEventListener("message", (event) => opened === socket && receive(JSON.parse(event.data)));
  opened.addEventListener("close", () => {
    if (opened !== socket) return;
    handlers.status(false);
    timer = setTimeout(open, wait);
    wait = Math.min(wait * 2, MAX_WAIT_MS);
  });
}

addEventListener("online", () => {
  if (!socket || socket.readyState !== WebSocket.CLOSED) return;
  clearTimeout(timer);
  open();
});

function receive(frame) {
  const answer = frame.type === "options" && waiting.get(frame.request);
  if (!answer) return handlers.frame(frame);
  waiting.delete(frame.request);
  answer(frame);
}

/** Send a frame; return false without a connection. */
export function send(frame) {
  if (socket?.readyState !== WebSocket.OPEN) return false;
  socket.send(JSON.stringify(frame));
  return true;
}

/** Request the options of an external select from the app; resolve to no options after 5 s. */
export function requestOptions(query) {
  const request = ++lastRequest;
  return new Promise((resolve) => {
    waiting.set(request, resolve);
    if (!send({ type: "options", request, ...query })) resolve({ options: [] });
    setTimeout(() => waiting.delete(request) && resolve({ options: [] }), 5000);
  });
}

/** Upload files with a text; reject if the server refuses. */
export async function upload({ channel, thread_ts, text, files }) {
  const query = new URLSearchParams({ user: person, channel, ...(thread_ts ? { thread_ts } : {}) });
  const form = new FormData();
  form.append("text", text);
  for (const file of files) form.append("file", file, file.name);
  const answer = await fetch(`/upload?${query}`, { method: "POST", body: form });
  if (!answer.ok) throw new Error(`upload: HTTP ${answer.status}`);
}
