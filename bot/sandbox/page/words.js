// The page's texts in English and Chinese, and dates in the person's locale.

const EN = {
  skip: "Skip to the messages", channels: "Channels", direct: "Direct messages",
  app: "APP", menu: "Open the sidebar", close: "Close", theme: "Theme: {name}", auto: "system", light: "light", dark: "dark",
  people: "Switch person", messages: "Messages", home: "Home", tabs: "Views of this app",
  noHome: "This app has not published its Home tab yet.", loading: "Opening the workspace…",
  lost: "Connection lost. Reconnecting…", notConnected: "Not connected. Your message was not sent.",
  today: "Today", yesterday: "Yesterday", edited: "(edited)", onlyYou: "Only visible to you", dismiss: "Dismiss message",
  used: "used", gone: "This message was deleted.", showMore: "Show more", showLess: "Show less",
  replies: "{n} replies", reply: "1 reply", lastReply: "Last reply {when}", thread: "Thread", replyInThread: "Reply in thread",
  closeThread: "Close thread", react: "Add reaction", moreActions: "More actions", edit: "Edit message", remove: "Delete message",
  copyLink: "Copy link", linkCopied: "Link copied", notCopied: "The browser does not let this page copy. The link: {link}",
  removeTitle: "Delete message", removeText: "Delete this message? This cannot be undone.", removeYes: "Delete", cancel: "Cancel", save: "Save",
  reactedBy: "{names} reacted with :{name}:", emojis: "Pick a reaction",
  write: "Message {place}", writeReply: "Reply…", send: "Send", attach: "Attach a file", detach: "Remove {name}", shortcuts: "Shortcuts",
  commands: "Commands", keys: "Enter to send, Shift+Enter for a new line", asFile: "Send long text as a file",
  dropHere: "Drop to attach", notCommand: "{name} is not a valid command. To send it as a message, start with a space.",
  noThreadCommand: "Commands do not work in threads. Use the channel.", uploadFailed: "The file could not be uploaded.", fileGone: "This file was deleted.",
  noShortcuts: "No shortcuts available.", newest: "Jump to latest", empty: "No messages yet. Say something!",
  examples: "Examples",
  welcomeTitle: "Welcome to the {team} workspace", hideExamples: "Hide examples",
  welcomeText: "This is a small Slack workspace on your machine, with {app} in it. Click an example to send it, or write as you would in Slack.",
  kind_message: "message", kind_command: "command", kind_file: "file",
  required: "Please fill in this field.", tooShort: "Enter at least {n} characters.", tooLong: "Enter at most {n} characters.",
  optional: "(optional)", choose: "Choose an option", search: "Type to search", searching: "Searching…", noMatch: "No match",
  keepTyping: "Keep typing: at least {n} characters", options: "More options", unknownBlock: "This page cannot show blocks of type “{type}”.",
  imageBlocked: "Image: {alt}", video: "Video", table: "Table", lines: "{n} lines", newIn: "{n} new in {place}", bytes: "{n} bytes",
};

const ZH = {
  skip: "跳到消息", channels: "频道", direct: "私信",
  app: "应用", menu: "打开侧栏", close: "关闭", theme: "主题：{name}", auto: "跟随系统", light: "浅色", dark: "深色",
  people: "切换身份", messages: "消息", home: "主页", tabs: "此应用的视图",
  noHome: "此应用尚未发布主页。", loading: "正在打开工作区…",
  lost: "连接已断开，正在重试…", notConnected: "尚未连接，消息未发送。",
  today: "今天", yesterday: "昨天", edited: "（已编辑）", onlyYou: "仅你可见", dismiss: "移除消息",
  used: "使用了", gone: "此消息已删除。", showMore: "显示更多", showLess: "收起",
  replies: "{n} 条回复", reply: "1 条回复", lastReply: "最后回复：{when}", thread: "消息列", replyInThread: "在消息列中回复",
  closeThread: "关闭消息列", react: "添加回应", moreActions: "更多操作", edit: "编辑消息", remove: "删除消息",
  copyLink: "复制链接", linkCopied: "链接已复制", notCopied: "浏览器不允许此页面复制。链接：{link}",
  removeTitle: "删除消息", removeText: "确定删除这条消息吗？此操作无法撤销。", removeYes: "删除", cancel: "取消", save: "保存",
  reactedBy: "{names} 回应了 :{name}:", emojis: "选择回应",
  write: "发消息到 {place}", writeReply: "回复…", send: "发送", attach: "添加文件", detach: "移除 {name}", shortcuts: "快捷方式",
  commands: "命令", keys: "Enter 发送，Shift+Enter 换行", asFile: "将长文本作为文件发送",
  dropHere: "松开以添加文件", notCommand: "{name} 不是可用的命令。若要作为消息发送，请以空格开头。",
  noThreadCommand: "消息列中不能使用命令，请在频道中发送。", uploadFailed: "文件发送失败。", fileGone: "文件已删除。",
  noShortcuts: "这里没有快捷方式。", newest: "跳到最新", empty: "这里还没有消息，说点什么吧！",
  examples: "示例",
  welcomeTitle: "欢迎来到 {team} 工作区", hideExamples: "收起示例",
  welcomeText: "这是在本机运行的小型 Slack 工作区，{app} 已加入其中。点击示例即可发送，也可以像在 Slack 里一样直接输入。",
  kind_message: "消息", kind_command: "命令", kind_file: "文件",
  required: "请填写此项。", tooShort: "至少 {n} 个字符。", tooLong: "最多 {n} 个字符。",
  optional: "（选填）", choose: "请选择", search: "输入以搜索", searching: "正在搜索…", noMatch: "没有匹配项",
  keepTyping: "请继续输入：至少 {n} 个字符", options: "更多选项", unknownBlock: "此处不显示类型为“{type}”的内容块。",
  imageBlocked: "图片：{alt}", video: "视频", table: "表格", lines: "{n} 行", newIn: "{place} 有 {n} 条新消息", bytes: "{n} 字节",
};

let words = EN;
let locale = "en-US";

/** Set the language and locale from an IETF tag such as `zh-CN`. */
export function setLocale(tag) {
  locale = tag || "en-US";
  words = locale.toLowerCase().startsWith("zh") ? ZH : EN;
  document.documentElement.lang = words === ZH ? locale : "en";
}

/** Return the text for *key*, with `{names}` replaced from *values*. */
export function t(key, values = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

export const moment = (ts) => new Date(Number(ts) * 1000);

const formatDate = (date, options) => new Intl.DateTimeFormat(locale, options).format(date);

export const clock = (ts) => formatDate(moment(ts), { hour: "numeric", minute: "2-digit" });

export const fullTime = (ts) => formatDate(moment(ts), { dateStyle: "full", timeStyle: "medium" });

/** Return the day of *ts*: today, yesterday or the date. */
export function dayName(ts, now = new Date()) {
  const days = Math.round((new Date(now).setHours(0, 0, 0, 0) - moment(ts).setHours(0, 0, 0, 0)) / 86_400_000);
  if (days === 0) return t("today");
  if (days === 1) return t("yesterday");
  return formatDate(moment(ts), { weekday: "long", month: "long", day: "numeric" });
}

const TOKENS = {
  date_num: { year: "numeric", month: "2-digit", day: "2-digit" },
  date: { year: "numeric", month: "long", day: "numeric" },
  date_short: { year: "numeric", month: "short", day: "numeric" },
  date_long: { weekday: "long", year: "numeric", month: "long", day: "numeric" },
  time: { hour: "numeric", minute: "2-digit" },
  time_secs: { hour: "numeric", minute: "2-digit", second: "2-digit" },
};

/** Replace Slack's date tokens (`{date_short_pretty} {time}`) for *ts*, in seconds since 1970. */
export function slackDate(ts, format) {
  return format.replace(/\{(\w+)\}/g, (whole, token) => {
    if (token === "ago") return dayName(ts);
    const pretty = token.endsWith("_pretty");
    const options = TOKENS[token.replace("_pretty", "")];
    if (!options) return whole;
    const day = dayName(ts);
    return pretty && (day === t("today") || day === t("yesterday")) ? day : formatDate(moment(ts), options);
  });
}

/** Format a file size. */
export function size(bytes) {
  if (!(bytes >= 1024)) return t("bytes", { n: bytes ?? 0 });
  return bytes < 1_048_576 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1_048_576).toFixed(1)} MB`;
}
