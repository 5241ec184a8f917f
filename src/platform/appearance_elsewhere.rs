//! Windows and macOS: the windowing layer follows light and dark by itself.

use super::appearance::Appearance;

pub(super) async fn follow(tell: &mut (impl FnMut(Appearance) + Send)) {
    tell(Appearance::default());
}
