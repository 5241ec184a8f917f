//! The icons, by what they are for. They stand in the text like letters, in the text's color.
//!
//! Promises: each constant is one character that the bundled icon font has.
//!
//! `scripts/make-fonts.sh` reads the code points from here and keeps only these in the font: after
//! adding one, run it. Names and code points are those of Phosphor, weight regular.
//! Source: <https://phosphoricons.com>.

/// More, further down (`arrow-down`).
pub const ARROW_DOWN: &str = "\u{e03e}";
/// Back (`arrow-left`).
pub const ARROW_LEFT: &str = "\u{e058}";
/// On, next (`arrow-right`).
pub const ARROW_RIGHT: &str = "\u{e06c}";
/// Opens outside, in a browser (`arrow-square-out`).
pub const ARROW_SQUARE_OUT: &str = "\u{e5de}";
/// Less, further up (`arrow-up`).
pub const ARROW_UP: &str = "\u{e08e}";
/// Collect now, refresh (`arrows-clockwise`).
pub const ARROWS_CLOCKWISE: &str = "\u{e094}";
/// Alerts (`bell`).
pub const BELL: &str = "\u{e0ce}";
/// Silenced (`bell-slash`).
pub const BELL_SLASH: &str = "\u{e0d4}";
/// Accounts, customers (`buildings`).
pub const BUILDINGS: &str = "\u{e102}";
/// A date, a range of time (`calendar-blank`).
pub const CALENDAR: &str = "\u{e10a}";
/// Opens downwards (`caret-down`).
pub const CARET_DOWN: &str = "\u{e136}";
/// One back (`caret-left`).
pub const CARET_LEFT: &str = "\u{e138}";
/// Opens, one on (`caret-right`).
pub const CARET_RIGHT: &str = "\u{e13a}";
/// Closes upwards (`caret-up`).
pub const CARET_UP: &str = "\u{e13c}";
/// Dashboards (`chart-bar`).
pub const CHART: &str = "\u{e150}";
/// A course over time (`chart-line`).
pub const CHART_LINE: &str = "\u{e154}";
/// Shares of a whole (`chart-pie-slice`).
pub const CHART_PIE: &str = "\u{e15a}";
/// A tick (`check`).
pub const CHECK: &str = "\u{e182}";
/// Passed, all well (`check-circle`).
pub const CHECK_CIRCLE: &str = "\u{e184}";
/// A ring (`circle`).
pub const CIRCLE: &str = "\u{e18a}";
/// Waiting, time (`clock`).
pub const CLOCK: &str = "\u{e19a}";
/// History (`clock-counter-clockwise`).
pub const CLOCK_BACK: &str = "\u{e1a0}";
/// Copy (`copy`).
pub const COPY: &str = "\u{e1ca}";
/// The store (`database`).
pub const DATABASE: &str = "\u{e1de}";
/// A phone or token (`device-mobile`).
pub const DEVICE: &str = "\u{e1e0}";
/// More commands (`dots-three`).
pub const DOTS: &str = "\u{e1fe}";
/// Save to a file (`download-simple`).
pub const DOWNLOAD: &str = "\u{e20c}";
/// Mail (`envelope-simple`).
pub const ENVELOPE: &str = "\u{e218}";
/// Show what is hidden (`eye`).
pub const EYE: &str = "\u{e220}";
/// Hide again (`eye-slash`).
pub const EYE_SLASH: &str = "\u{e224}";
/// Reports (`file-text`).
pub const FILE_TEXT: &str = "\u{e23a}";
/// Marked (`flag`).
pub const FLAG: &str = "\u{e244}";
/// Open a folder (`folder-open`).
pub const FOLDER_OPEN: &str = "\u{e256}";
/// A filter (`funnel`).
pub const FUNNEL: &str = "\u{e266}";
/// Overview (`gauge`).
pub const GAUGE: &str = "\u{e628}";
/// Settings (`gear-six`).
pub const GEAR: &str = "\u{e272}";
/// A place, the network (`globe`).
pub const GLOBE: &str = "\u{e288}";
/// Worth knowing (`info`).
pub const INFO: &str = "\u{e2ce}";
/// A key (`key`).
pub const KEY: &str = "\u{e2d6}";
/// An address (`link-simple`).
pub const LINK: &str = "\u{e2e6}";
/// Events (`list-bullets`).
pub const LIST: &str = "\u{e2f2}";
/// Completeness (`list-checks`).
pub const LIST_CHECKS: &str = "\u{eadc}";
/// Locked, secret (`lock-simple`).
pub const LOCK: &str = "\u{e308}";
/// Search (`magnifying-glass`).
pub const MAGNIFIER: &str = "\u{e30c}";
/// A location (`map-pin`).
pub const MAP_PIN: &str = "\u{e316}";
/// A dash, fewer (`minus`).
pub const MINUS: &str = "\u{e32a}";
/// Outputs, deliveries (`paper-plane-tilt`).
pub const PAPER_PLANE: &str = "\u{e398}";
/// Pause (`pause`).
pub const PAUSE: &str = "\u{e39e}";
/// Edit (`pencil-simple`).
pub const PENCIL: &str = "\u{e3b4}";
/// Telephony (`phone`).
pub const PHONE: &str = "\u{e3b8}";
/// Resume, start (`play`).
pub const PLAY: &str = "\u{e3d0}";
/// Connect (`plug`).
pub const PLUG: &str = "\u{e946}";
/// Connected (`plugs-connected`).
pub const PLUGS_CONNECTED: &str = "\u{eb5a}";
/// Add (`plus`).
pub const PLUS: &str = "\u{e3d4}";
/// Quit, start at login (`power`).
pub const POWER: &str = "\u{e3da}";
/// Skipped, refused (`prohibit`).
pub const PROHIBIT: &str = "\u{e3de}";
/// Activity (`pulse`).
pub const PULSE: &str = "\u{e000}";
/// Help (`question`).
pub const QUESTION: &str = "\u{e3e8}";
/// Protection (`shield`).
pub const SHIELD: &str = "\u{e40a}";
/// Complete, proven (`shield-check`).
pub const SHIELD_CHECK: &str = "\u{e40c}";
/// Fraud, danger (`shield-warning`).
pub const SHIELD_WARNING: &str = "\u{e412}";
/// Leave (`sign-out`).
pub const SIGN_OUT: &str = "\u{e42a}";
/// Fine adjustment (`sliders-horizontal`).
pub const SLIDERS: &str = "\u{e434}";
/// Running; `widgets::state_sign` draws one that moves (`circle-notch`).
pub const SPINNER: &str = "\u{eb44}";
/// Stop (`stop`).
pub const STOP: &str = "\u{e46c}";
/// A table (`table`).
pub const TABLE: &str = "\u{e476}";
/// The command line (`terminal-window`).
pub const TERMINAL: &str = "\u{eae8}";
/// Delete (`trash`).
pub const TRASH: &str = "\u{e4a6}";
/// Falling (`trend-down`).
pub const TREND_DOWN: &str = "\u{e4ac}";
/// Rising (`trend-up`).
pub const TREND_UP: &str = "\u{e4ae}";
/// Import (`upload-simple`).
pub const UPLOAD: &str = "\u{e4c0}";
/// A person (`user`).
pub const USER: &str = "\u{e4c2}";
/// People (`users`).
pub const USERS: &str = "\u{e4d6}";
/// Attention: a triangle (`warning`).
pub const WARNING: &str = "\u{e4e0}";
/// Wrong: a mark in a circle (`warning-circle`).
pub const WARNING_CIRCLE: &str = "\u{e4e2}";
/// Repair (`wrench`).
pub const WRENCH: &str = "\u{e5d4}";
/// Close, a cross (`x`).
pub const X: &str = "\u{e4f6}";
/// Failed: a cross in a disc (`x-circle`).
pub const X_CIRCLE: &str = "\u{e4f8}";

/// Every icon with its name, for the test and the gallery.
#[cfg(test)]
pub(crate) const ALL: &[(&str, &str)] = &[
    ("ARROW_DOWN", ARROW_DOWN),
    ("ARROW_LEFT", ARROW_LEFT),
    ("ARROW_RIGHT", ARROW_RIGHT),
    ("ARROW_SQUARE_OUT", ARROW_SQUARE_OUT),
    ("ARROW_UP", ARROW_UP),
    ("ARROWS_CLOCKWISE", ARROWS_CLOCKWISE),
    ("BELL", BELL),
    ("BELL_SLASH", BELL_SLASH),
    ("BUILDINGS", BUILDINGS),
    ("CALENDAR", CALENDAR),
    ("CARET_DOWN", CARET_DOWN),
    ("CARET_LEFT", CARET_LEFT),
    ("CARET_RIGHT", CARET_RIGHT),
    ("CARET_UP", CARET_UP),
    ("CHART", CHART),
    ("CHART_LINE", CHART_LINE),
    ("CHART_PIE", CHART_PIE),
    ("CHECK", CHECK),
    ("CHECK_CIRCLE", CHECK_CIRCLE),
    ("CIRCLE", CIRCLE),
    ("CLOCK", CLOCK),
    ("CLOCK_BACK", CLOCK_BACK),
    ("COPY", COPY),
    ("DATABASE", DATABASE),
    ("DEVICE", DEVICE),
    ("DOTS", DOTS),
    ("DOWNLOAD", DOWNLOAD),
    ("ENVELOPE", ENVELOPE),
    ("EYE", EYE),
    ("EYE_SLASH", EYE_SLASH),
    ("FILE_TEXT", FILE_TEXT),
    ("FLAG", FLAG),
    ("FOLDER_OPEN", FOLDER_OPEN),
    ("FUNNEL", FUNNEL),
    ("GAUGE", GAUGE),
    ("GEAR", GEAR),
    ("GLOBE", GLOBE),
    ("INFO", INFO),
    ("KEY", KEY),
    ("LINK", LINK),
    ("LIST", LIST),
    ("LIST_CHECKS", LIST_CHECKS),
    ("LOCK", LOCK),
    ("MAGNIFIER", MAGNIFIER),
    ("MAP_PIN", MAP_PIN),
    ("MINUS", MINUS),
    ("PAPER_PLANE", PAPER_PLANE),
    ("PAUSE", PAUSE),
    ("PENCIL", PENCIL),
    ("PHONE", PHONE),
    ("PLAY", PLAY),
    ("PLUG", PLUG),
    ("PLUGS_CONNECTED", PLUGS_CONNECTED),
    ("PLUS", PLUS),
    ("POWER", POWER),
    ("PROHIBIT", PROHIBIT),
    ("PULSE", PULSE),
    ("QUESTION", QUESTION),
    ("SHIELD", SHIELD),
    ("SHIELD_CHECK", SHIELD_CHECK),
    ("SHIELD_WARNING", SHIELD_WARNING),
    ("SIGN_OUT", SIGN_OUT),
    ("SLIDERS", SLIDERS),
    ("SPINNER", SPINNER),
    ("STOP", STOP),
    ("TABLE", TABLE),
    ("TERMINAL", TERMINAL),
    ("TRASH", TRASH),
    ("TREND_DOWN", TREND_DOWN),
    ("TREND_UP", TREND_UP),
    ("UPLOAD", UPLOAD),
    ("USER", USER),
    ("USERS", USERS),
    ("WARNING", WARNING),
    ("WARNING_CIRCLE", WARNING_CIRCLE),
    ("WRENCH", WRENCH),
    ("X", X),
    ("X_CIRCLE", X_CIRCLE),
];
