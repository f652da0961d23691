// Map common emoji shortcodes to characters.

const TABLE = `+1 👍|-1 👎|thumbsup 👍|thumbsdown 👎|eyes 👀|white_check_mark ✅|heavy_check_mark ✔️|ballot_box_with_check ☑️|x ❌|negative_squared_cross_mark ❎|
warning ⚠️|rotating_light 🚨|no_entry ⛔|no_entry_sign 🚫|information_source ℹ️|question ❓|grey_question ❔|exclamation ❗|bangbang ‼️|bulb 💡|zap ⚡|fire 🔥|boom 💥|
mag 🔍|mag_right 🔎|book 📖|books 📚|bookmark 🔖|memo 📝|pencil 📝|pencil2 ✏️|clipboard 📋|page_facing_up 📄|scroll 📜|file_folder 📁|link 🔗|paperclip 📎|pushpin 📌|round_pushpin 📍|
key 🔑|lock 🔒|unlock 🔓|closed_lock_with_key 🔐|shield 🛡️|bell 🔔|no_bell 🔕|mega 📣|loudspeaker 📢|speech_balloon 💬|thought_balloon 💭|envelope ✉️|email 📧|inbox_tray 📥|outbox_tray 📤|
hourglass ⌛|hourglass_flowing_sand ⏳|stopwatch ⏱️|alarm_clock ⏰|clock3 🕒|calendar 📅|date 📅|repeat 🔁|arrows_counterclockwise 🔄|arrow_right ➡️|arrow_left ⬅️|arrow_up ⬆️|arrow_down ⬇️|
leftwards_arrow_with_hook ↩️|arrow_right_hook ↪️|twisted_rightwards_arrows 🔀|fast_forward ⏩|double_vertical_bar ⏸️|black_square_for_stop ⏹️|
gear ⚙️|wrench 🔧|hammer 🔨|hammer_and_wrench 🛠️|toolbox 🧰|electric_plug 🔌|battery 🔋|satellite 🛰️|satellite_antenna 📡|computer 💻|desktop_computer 🖥️|iphone 📱|robot_face 🤖|bug 🐛|beetle 🐞|ambulance 🚑|
red_circle 🔴|large_orange_circle 🟠|large_yellow_circle 🟡|large_green_circle 🟢|large_blue_circle 🔵|white_circle ⚪|black_circle ⚫|large_red_square 🟥|large_green_square 🟩|small_blue_diamond 🔹|small_orange_diamond 🔸|
globe_with_meridians 🌐|earth_asia 🌏|cn 🇨🇳|us 🇺🇸|gb 🇬🇧|flag-cn 🇨🇳|flag-us 🇺🇸|bar_chart 📊|chart_with_upwards_trend 📈|chart_with_downwards_trend 📉|package 📦|rocket 🚀|construction 🚧|
bust_in_silhouette 👤|busts_in_silhouette 👥|wave 👋|raised_hands 🙌|pray 🙏|clap 👏|ok_hand 👌|point_right 👉|point_left 👈|point_up ☝️|point_down 👇|muscle 💪|raised_hand ✋|
smile 😄|smiley 😃|slightly_smiling_face 🙂|grin 😁|joy 😂|wink 😉|thinking_face 🤔|sob 😭|cry 😢|scream 😱|sweat_smile 😅|neutral_face 😐|sunglasses 😎|sleeping 😴|heart ❤️|
tada 🎉|sparkles ✨|star ⭐|star2 🌟|100 💯|checkered_flag 🏁|dart 🎯|see_no_evil 🙈|skull 💀|ghost 👻|coffee ☕|
one 1️⃣|two 2️⃣|three 3️⃣|four 4️⃣|five 5️⃣|six 6️⃣|seven 7️⃣|eight 8️⃣|nine 9️⃣|keycap_ten 🔟|zero 0️⃣|new 🆕|sos 🆘|ok 🆗|up 🆙`;

const BY_NAME = new Map(TABLE.replace(/\n/g, "").split("|").map((pair) => pair.trim().split(" ")));

/** The emoji offered as reactions, most useful first. */
export const REACTIONS = ["eyes", "white_check_mark", "+1", "pray", "tada", "thinking_face", "mag", "rotating_light", "heart", "x", "raised_hands", "fire"];

/** Return the character of a shortcode, or an unknown shortcode between colons. */
export const emoji = (name) => BY_NAME.get(name.split("::")[0]) ?? `:${name}:`;

/** Replace the known shortcodes in plain text. */
export const withEmoji = (text) => text.replace(/:([a-z0-9_+'-]+):(?::skin-tone-\d:)?/g, (whole, name) => BY_NAME.get(name) ?? whole);
