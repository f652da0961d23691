// Draw the welcome panel: an introduction, and examples that are sent with one click.

import { h, icon, iconButton, recall, redraw, remember } from "./dom.js";
import { deliver } from "./composer.js";
import { expectAnswer } from "./first_look.js";
import { placeName, set, state } from "./state.js";
import { t } from "./words.js";

/** Return whether the panel opens by itself: it does until the person has closed it once. */
export const isFirstOpen = () => recall("welcomed") === null;

export function toggleWelcome(shown) {
  remember("welcomed", "yes");
  set({ welcome: shown });
}

/** Draw the panel into *place*; call *openChannel* with the channel of a clicked example. */
export function drawWelcome(place, openChannel) {
  place.hidden = !state.welcome || !state.examples.length || state.tab === "home";
  place.classList.toggle("short", state.welcome === "short");
  redraw(place, [state.examples, state.team, state.channel, document.documentElement.lang], () => [
    h("div", { class: "welcome-head" },
      h("h2", {}, t("welcomeTitle", { team: state.team.name })), iconButton("close", t("hideExamples"), () => toggleWelcome(false)),
      h("p", {}, t("welcomeText", { app: state.app.name }))),
    h("ul", { class: "examples" }, sortedExamples().map(([example, index]) => h("li", {}, drawExample(example, index, openChannel)))),
  ]);
}

/** Return the examples with their indexes: those of the open channel first, then those in the language of the page. */
function sortedExamples() {
  const isRead = (example) => document.documentElement.lang.startsWith(example.language);
  const rank = ([example]) => (example.channel === state.channel ? 0 : isRead(example) ? 1 : 2);
  return state.examples.map((example, index) => [example, index]).sort((one, other) => rank(one) - rank(other));
}

function drawExample(example, index, openChannel) {
  const run = async () => {
    const { channel, kind, text, filename } = example;
    openChannel(channel, { focus: false });
    const files = kind === "file" ? [new File([text], filename ?? "example.log", { type: "text/plain" })] : [];
    if (kind !== "command") expectAnswer(channel);
    await deliver({ channel, text: files.length ? "" : text, files });
  };
  const summary = example.kind === "file" ? (example.filename ?? "example.log") : example.text.split("\n")[0];
  return h("button", { class: "example", data: { example: index, kind: example.kind, key: `example ${index}` }, onclick: run },
    h("span", { class: "example-label" }, h("strong", {}, example.label)),
    h("span", { class: "example-text" }, example.kind === "file" && icon("file"), h("code", {}, summary)),
    h("small", {}, `${placeName(example.channel)} · ${t(`kind_${example.kind}`)}`));
}
