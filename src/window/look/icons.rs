//! The icons, by what they are for. They stand in the text like letters, in the text's color.
//!
//! Promises: each constant is one character that the bundled icon font has.
//!
//! `scripts/make-fonts.sh` reads the code points from here and keeps only these in the font: after
//! adding one, run it. Names and code points are those of Phosphor, weight regular.
//! Source: <https://phosphoricons.com>.

/// Collect now, refresh (`arrows-clockwise`).
pub const ARROWS_CLOCKWISE: &str = "\u{e094}";
/// Smaller (`arrows-in`).
pub const ARROWS_IN: &str = "\u{e09a}";
/// Larger (`arrows-out`).
pub const ARROWS_OUT: &str = "\u{e0a2}";
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
/// Alerts (`bell`).
pub const BELL: &str = "\u{e0ce}";
/// An alert just raised (`bell-ringing`).
pub const BELL_RINGING: &str = "\u{e5e8}";
/// Silenced (`bell-slash`).
pub const BELL_SLASH: &str = "\u{e0d4}";
/// Help (`book-open`).
pub const BOOK: &str = "\u{e0e6}";
/// A saved search (`bookmark-simple`).
pub const BOOKMARK: &str = "\u{e0ea}";
/// Accounts, customers (`buildings`).
pub const BUILDINGS: &str = "\u{e102}";
/// A date, a range of time (`calendar-blank`).
pub const CALENDAR: &str = "\u{e10a}";
/// A schedule (`calendar-check`).
pub const CALENDAR_CHECK: &str = "\u{e712}";
/// To the end (`caret-double-right`).
pub const CARET_DOUBLE_RIGHT: &str = "\u{e12a}";
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
/// A rule's text, a raw record (`code`).
pub const CODE: &str = "\u{e1bc}";
/// Columns of a table (`columns`).
pub const COLUMNS: &str = "\u{e546}";
/// The command palette (`command`).
pub const COMMAND: &str = "\u{e1c4}";
/// Copy (`copy`).
pub const COPY: &str = "\u{e1ca}";
/// What a rule looks for (`crosshair`).
pub const CROSSHAIR: &str = "\u{e1d6}";
/// The store (`database`).
pub const DATABASE: &str = "\u{e1de}";
/// A phone or token (`device-mobile`).
pub const DEVICE: &str = "\u{e1e0}";
/// More commands (`dots-three`).
pub const DOTS: &str = "\u{e1fe}";
/// Save to a file (`download-simple`).
pub const DOWNLOAD: &str = "\u{e20c}";
/// Take and move (`dots-six-vertical`).
pub const DRAG: &str = "\u{eae2}";
/// Mail (`envelope-simple`).
pub const ENVELOPE: &str = "\u{e218}";
/// Write to a file (`export`).
pub const EXPORT: &str = "\u{eaf0}";
/// Show what is hidden (`eye`).
pub const EYE: &str = "\u{e220}";
/// Hide again (`eye-slash`).
pub const EYE_SLASH: &str = "\u{e224}";
/// A CSV file (`file-csv`).
pub const FILE_CSV: &str = "\u{eb1c}";
/// A PDF file (`file-pdf`).
pub const FILE_PDF: &str = "\u{e702}";
/// Reports (`file-text`).
pub const FILE_TEXT: &str = "\u{e23a}";
/// An Excel file (`file-xls`).
pub const FILE_XLS: &str = "\u{eb22}";
/// A second factor (`fingerprint`).
pub const FINGERPRINT: &str = "\u{e23e}";
/// Marked (`flag`).
pub const FLAG: &str = "\u{e244}";
/// Save (`floppy-disk`).
pub const FLOPPY: &str = "\u{e248}";
/// Open a folder (`folder-open`).
pub const FOLDER_OPEN: &str = "\u{e256}";
/// A filter (`funnel`).
pub const FUNNEL: &str = "\u{e266}";
/// No filter (`funnel-x`).
pub const FUNNEL_X: &str = "\u{e26c}";
/// Overview (`gauge`).
pub const GAUGE: &str = "\u{e628}";
/// Settings (`gear-six`).
pub const GEAR: &str = "\u{e272}";
/// A place, the network (`globe`).
pub const GLOBE: &str = "\u{e288}";
/// An id (`hash`).
pub const HASH: &str = "\u{e2a2}";
/// An administrator (`identification-badge`).
pub const ID_BADGE: &str = "\u{e6f6}";
/// A picture (`image`).
pub const IMAGE: &str = "\u{e2ca}";
/// Worth knowing (`info`).
pub const INFO: &str = "\u{e2ce}";
/// A key (`key`).
pub const KEY: &str = "\u{e2d6}";
/// Keyboard shortcuts (`keyboard`).
pub const KEYBOARD: &str = "\u{e2d8}";
/// Something that happens by itself (`lightning`).
pub const LIGHTNING: &str = "\u{e2de}";
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
/// Places (`map-trifold`).
pub const MAP: &str = "\u{e31a}";
/// A location (`map-pin`).
pub const MAP_PIN: &str = "\u{e316}";
/// A dash, fewer (`minus`).
pub const MINUS: &str = "\u{e32a}";
/// Dark (`moon`).
pub const MOON: &str = "\u{e330}";
/// A knowledge pack (`package`).
pub const PACKAGE: &str = "\u{e390}";
/// Appearance (`palette`).
pub const PALETTE: &str = "\u{e6c8}";
/// Outputs, deliveries (`paper-plane-tilt`).
pub const PAPER_PLANE: &str = "\u{e398}";
/// Pause (`pause`).
pub const PAUSE: &str = "\u{e39e}";
/// Edit (`pencil-simple`).
pub const PENCIL: &str = "\u{e3b4}";
/// Telephony (`phone`).
pub const PHONE: &str = "\u{e3b8}";
/// Keep in place (`push-pin`).
pub const PIN: &str = "\u{e3e2}";
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
/// Density of rows (`rows`).
pub const ROWS: &str = "\u{e5a2}";
/// Protection (`shield`).
pub const SHIELD: &str = "\u{e40a}";
/// Complete, proven (`shield-check`).
pub const SHIELD_CHECK: &str = "\u{e40c}";
/// Fraud, danger (`shield-warning`).
pub const SHIELD_WARNING: &str = "\u{e412}";
/// The side panel (`sidebar-simple`).
pub const SIDEBAR: &str = "\u{ec24}";
/// Leave (`sign-out`).
pub const SIGN_OUT: &str = "\u{e42a}";
/// Fine adjustment (`sliders-horizontal`).
pub const SLIDERS: &str = "\u{e434}";
/// Largest first (`sort-descending`).
pub const SORT_DOWN: &str = "\u{e446}";
/// Smallest first (`sort-ascending`).
pub const SORT_UP: &str = "\u{e444}";
/// Running; `widgets::state_sign` draws one that moves (`circle-notch`).
pub const SPINNER: &str = "\u{eb44}";
/// Dashlets (`squares-four`).
pub const SQUARES: &str = "\u{e464}";
/// A favorite (`star`).
pub const STAR: &str = "\u{e46a}";
/// Stop (`stop`).
pub const STOP: &str = "\u{e46c}";
/// Light (`sun`).
pub const SUN: &str = "\u{e472}";
/// A table (`table`).
pub const TABLE: &str = "\u{e476}";
/// A category (`tag`).
pub const TAG: &str = "\u{e478}";
/// What was acted on (`target`).
pub const TARGET: &str = "\u{e47c}";
/// The command line (`terminal-window`).
pub const TERMINAL: &str = "\u{eae8}";
/// Size of letters (`text-aa`).
pub const TEXT_SIZE: &str = "\u{e6ee}";
/// Delete (`trash`).
pub const TRASH: &str = "\u{e4a6}";
/// Falling (`trend-down`).
pub const TREND_DOWN: &str = "\u{e4ac}";
/// Rising (`trend-up`).
pub const TREND_UP: &str = "\u{e4ae}";
/// Undo (`arrow-counter-clockwise`).
pub const UNDO: &str = "\u{e038}";
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
/// Larger (`magnifying-glass-plus`).
pub const ZOOM_IN: &str = "\u{e310}";
/// Smaller (`magnifying-glass-minus`).
pub const ZOOM_OUT: &str = "\u{e30e}";

/// Every icon with its name, for the test and the gallery.
#[cfg(test)]
pub(crate) const ALL: &[(&str, &str)] = &[
    ("ARROWS_CLOCKWISE", ARROWS_CLOCKWISE),
    ("ARROWS_IN", ARROWS_IN),
    ("ARROWS_OUT", ARROWS_OUT),
    ("ARROW_DOWN", ARROW_DOWN),
    ("ARROW_LEFT", ARROW_LEFT),
    ("ARROW_RIGHT", ARROW_RIGHT),
    ("ARROW_SQUARE_OUT", ARROW_SQUARE_OUT),
    ("ARROW_UP", ARROW_UP),
    ("BELL", BELL),
    ("BELL_RINGING", BELL_RINGING),
    ("BELL_SLASH", BELL_SLASH),
    ("BOOK", BOOK),
    ("BOOKMARK", BOOKMARK),
    ("BUILDINGS", BUILDINGS),
    ("CALENDAR", CALENDAR),
    ("CALENDAR_CHECK", CALENDAR_CHECK),
    ("CARET_DOUBLE_RIGHT", CARET_DOUBLE_RIGHT),
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
    ("CODE", CODE),
    ("COLUMNS", COLUMNS),
    ("COMMAND", COMMAND),
    ("COPY", COPY),
    ("CROSSHAIR", CROSSHAIR),
    ("DATABASE", DATABASE),
    ("DEVICE", DEVICE),
    ("DOTS", DOTS),
    ("DOWNLOAD", DOWNLOAD),
    ("DRAG", DRAG),
    ("ENVELOPE", ENVELOPE),
    ("EXPORT", EXPORT),
    ("EYE", EYE),
    ("EYE_SLASH", EYE_SLASH),
    ("FILE_CSV", FILE_CSV),
    ("FILE_PDF", FILE_PDF),
    ("FILE_TEXT", FILE_TEXT),
    ("FILE_XLS", FILE_XLS),
    ("FINGERPRINT", FINGERPRINT),
    ("FLAG", FLAG),
    ("FLOPPY", FLOPPY),
    ("FOLDER_OPEN", FOLDER_OPEN),
    ("FUNNEL", FUNNEL),
    ("FUNNEL_X", FUNNEL_X),
    ("GAUGE", GAUGE),
    ("GEAR", GEAR),
    ("GLOBE", GLOBE),
    ("HASH", HASH),
    ("ID_BADGE", ID_BADGE),
    ("IMAGE", IMAGE),
    ("INFO", INFO),
    ("KEY", KEY),
    ("KEYBOARD", KEYBOARD),
    ("LIGHTNING", LIGHTNING),
    ("LINK", LINK),
    ("LIST", LIST),
    ("LIST_CHECKS", LIST_CHECKS),
    ("LOCK", LOCK),
    ("MAGNIFIER", MAGNIFIER),
    ("MAP", MAP),
    ("MAP_PIN", MAP_PIN),
    ("MINUS", MINUS),
    ("MOON", MOON),
    ("PACKAGE", PACKAGE),
    ("PALETTE", PALETTE),
    ("PAPER_PLANE", PAPER_PLANE),
    ("PAUSE", PAUSE),
    ("PENCIL", PENCIL),
    ("PHONE", PHONE),
    ("PIN", PIN),
    ("PLAY", PLAY),
    ("PLUG", PLUG),
    ("PLUGS_CONNECTED", PLUGS_CONNECTED),
    ("PLUS", PLUS),
    ("POWER", POWER),
    ("PROHIBIT", PROHIBIT),
    ("PULSE", PULSE),
    ("QUESTION", QUESTION),
    ("ROWS", ROWS),
    ("SHIELD", SHIELD),
    ("SHIELD_CHECK", SHIELD_CHECK),
    ("SHIELD_WARNING", SHIELD_WARNING),
    ("SIDEBAR", SIDEBAR),
    ("SIGN_OUT", SIGN_OUT),
    ("SLIDERS", SLIDERS),
    ("SORT_DOWN", SORT_DOWN),
    ("SORT_UP", SORT_UP),
    ("SPINNER", SPINNER),
    ("SQUARES", SQUARES),
    ("STAR", STAR),
    ("STOP", STOP),
    ("SUN", SUN),
    ("TABLE", TABLE),
    ("TAG", TAG),
    ("TARGET", TARGET),
    ("TERMINAL", TERMINAL),
    ("TEXT_SIZE", TEXT_SIZE),
    ("TRASH", TRASH),
    ("TREND_DOWN", TREND_DOWN),
    ("TREND_UP", TREND_UP),
    ("UNDO", UNDO),
    ("UPLOAD", UPLOAD),
    ("USER", USER),
    ("USERS", USERS),
    ("WARNING", WARNING),
    ("WARNING_CIRCLE", WARNING_CIRCLE),
    ("WRENCH", WRENCH),
    ("X", X),
    ("X_CIRCLE", X_CIRCLE),
    ("ZOOM_IN", ZOOM_IN),
    ("ZOOM_OUT", ZOOM_OUT),
];
