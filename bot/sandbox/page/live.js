// Owns the wire: one WebSocket that comes back by itself, numbered option requests, and uploads.

const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 8000;

let socket = null;
let person = null;
let wait = FIRST_WAIT_MS;
let timer = 0;
let hooks = { frame() {}, status() {} };
let lastRequest = 0;
const waiting = new Map();

/** Connect as *user*; *frame* gets every message of the server, *status* true or false as the line comes and goes. */
export function connect(user, { frame, status }) {
  hooks = { frame, status };
  person = user;
  clearTimeout(timer);
  socket?.close();
  open();
}

function open() {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const mine = new WebSocket(`${scheme}//${location.host}/live?user=${encodeURIComponent(person)}`);
  socket = mine;
  mine.addEventListener("open", () => {
    if (mine !== socket) return;
    wait = FIRST_WAIT_MS;
    hooks.status(true);
  });
  mine.addEventListener("message", (event) => mine === socket && receive(JSON.parse(event.data)));
  mine.addEventListener("close", () => {
    if (mine !== socket) return;
    hooks.status(false);
    timer = setTimeout(open, wait);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  });
}

addEventListener("online", () => {
  if (!socket || socket.readyState !== WebSocket.CLOSED) return;
  clearTimeout(timer);
  open();
});

function receive(frame) {
  const answer = frame.type === "options" && waiting.get(frame.request);
  if (!answer) return hooks.frame(frame);
  waiting.delete(frame.request);
  answer(frame);
}

/** Send a frame; false when the line is down, and then nothing was sent. */
export function send(frame) {
  if (socket?.readyState !== WebSocket.OPEN) return false;
  socket.send(JSON.stringify(frame));
  return true;
}

/** Ask the app for the options of an external select. */
export function askOptions(query) {
  const request = ++lastRequest;
  return new Promise((resolve) => {
    waiting.set(request, resolve);
    if (!send({ type: "options", request, ...query })) resolve({ options: [] });
    setTimeout(() => waiting.delete(request) && resolve({ options: [] }), 5000);
  });
}

/** Upload files with a text beside them; rejects when the server refuses. */
export async function upload({ channel, thread_ts, text, files }) {
  const query = new URLSearchParams({ user: person, channel, ...(thread_ts ? { thread_ts } : {}) });
  const form = new FormData();
  form.append("text", text);
  for (const file of files) form.append("file", file, file.name);
  const answer = await fetch(`/upload?${query}`, { method: "POST", body: form });
  if (!answer.ok) throw new Error(`upload: HTTP ${answer.status}`);
}
