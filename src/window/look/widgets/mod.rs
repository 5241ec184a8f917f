//! What pages are built from. Each of these has a name for screen readers, works with the keyboard
//! alone, and says what it says in shape and words as well as in color.

mod buttons;
mod choices;
mod dialogs;
mod fields;
mod measures;
mod signs;
mod surfaces;
mod texts;
mod tiles;

pub use buttons::{
    Press, copy_button, danger_button, icon_button, link_button, name_link, primary_button,
    quiet_button,
};
pub use choices::{check_row, switch_row};
pub use dialogs::{Dialog, dialog};
pub use fields::{FieldResponse, FieldSpec, field};
pub use measures::{figure, progress, steps};
pub use signs::{Sign, pill, sign_at, state_sign};
pub use surfaces::{Kind, banner, card, divider, flow};
pub use texts::{body, card_title, hint, mono, page_title, secondary, small, strong};
pub use tiles::tile;

#[cfg(test)]
mod tests;
