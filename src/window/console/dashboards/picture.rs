//! A card as a picture: copied, or saved as PNG.
//!
//! What is on the screen is taken, so that the picture looks like the card. It is brought into
//! sight first, without menu and read-outs.

use std::sync::{Arc, Mutex, PoisonError};

use eframe::egui::{self, ColorImage, Rect, Ui, ViewportCommand};

use super::save::{self, Saved};
use crate::base::Problem;
use crate::window::console::here::Here;
use crate::window::worker::{Act, Did};

/// Frames until menus have gone and the card has come into sight.
const STILL: u8 = 3;

/// Frames after which nobody waits any more.
const MOST: u8 = 60;

/// What becomes of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// It goes to the clipboard.
    Copy,
    /// It becomes a file.
    Save,
}

/// A picture that is being taken.
pub struct Shot {
    then: Then,
    frames: u8,
    taken: Option<Arc<Mutex<Option<Arc<ColorImage>>>>>,
}

impl Shot {
    /// The next frames are for it.
    pub fn new(then: Then) -> Self {
        Self { then, frames: 0, taken: None }
    }

    /// Takes the next step with the card at `rect`; `None` when it is over.
    pub fn go_on(
        mut self,
        ui: &Ui,
        here: &mut Here<'_>,
        rect: Rect,
        title: &str,
        saved: &Saved,
    ) -> Option<Self> {
        let ctx = ui.ctx();
        self.frames += 1;
        if self.frames > MOST {
            let problem = Problem::new("The picture could not be taken")
                .next("save the numbers as CSV instead");
            here.act(Act::new("picture", move |_| Err(problem.clone())));
            return None;
        }
        ctx.request_repaint();
        let Some(taken) = &self.taken else {
            ui.scroll_to_rect(rect, None);
            if self.frames >= STILL {
                let taken = Arc::<Mutex<Option<Arc<ColorImage>>>>::default();
                let theirs = Arc::clone(&taken);
                let wake = ctx.clone();
                let callback = egui::ScreenshotCallback::new(move |image| {
                    *theirs.lock().unwrap_or_else(PoisonError::into_inner) = Some(image);
                    wake.request_repaint();
                });
                ctx.send_viewport_cmd(ViewportCommand::Screenshot(callback));
                self.taken = Some(taken);
            }
            return Some(self);
        };
        let image = taken.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(image) = image else { return Some(self) };
        let image = cut(&image, rect.intersect(ui.clip_rect()), ctx.pixels_per_point());
        match self.then {
            Then::Copy => {
                ctx.copy_image(image);
                here.act(Act::new("copy a picture", |_| Ok(Did::said("The picture is copied"))));
            }
            Then::Save => here.act(save_picture(title, image, saved.clone())),
        }
        None
    }
}

/// The part of a picture that lies in `rect`, in points.
fn cut(image: &ColorImage, rect: Rect, pixels_per_point: f32) -> ColorImage {
    let [width, height] = image.size;
    let pixel =
        |at: f32, most: usize| ((at * pixels_per_point).round().max(0.0) as usize).min(most);
    let (left, right) = (pixel(rect.left(), width), pixel(rect.right(), width));
    let (top, bottom) = (pixel(rect.top(), height), pixel(rect.bottom(), height));
    let size = [right.saturating_sub(left), bottom.saturating_sub(top)];
    image.region_by_pixels([left.min(width), top.min(height)], size)
}

fn save_picture(title: &str, image: ColorImage, saved: Saved) -> Act {
    let name = save::file_name(title, "png");
    Act::new("save a picture", move |_| {
        let bytes = png_of(&image).map_err(|error| {
            Problem::new("The picture could not be made").because(error.to_string())
        })?;
        save::save(&saved, &name, &bytes)
    })
}

/// A picture as the bytes of a PNG file.
pub fn png_of(image: &ColorImage) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let [width, height] = image.size;
    let mut encoder = png::Encoder::new(&mut bytes, width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let pixels: Vec<u8> =
        image.pixels.iter().flat_map(egui::Color32::to_srgba_unmultiplied).collect();
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::{Color32, pos2};

    fn image() -> ColorImage {
        let pixels = (0..20 * 10).map(|i| Color32::from_rgb((i % 20) as u8, (i / 20) as u8, 7));
        ColorImage::new([20, 10], pixels.collect())
    }

    #[test]
    fn a_picture_is_cut_at_whole_pixels_and_never_outside() {
        let rect = Rect::from_min_max(pos2(2.0, 1.0), pos2(5.0, 4.0));
        let part = cut(&image(), rect, 2.0);
        assert_eq!(part.size, [6, 6]);
        assert_eq!(part.pixels[0], Color32::from_rgb(4, 2, 7));
        let beyond = Rect::from_min_max(pos2(-5.0, -5.0), pos2(500.0, 500.0));
        assert_eq!(cut(&image(), beyond, 1.5).size, [20, 10]);
        let nowhere = Rect::from_min_max(pos2(100.0, 100.0), pos2(120.0, 120.0));
        assert_eq!(cut(&image(), nowhere, 1.0).size, [0, 0]);
    }

    #[test]
    fn a_saved_picture_can_be_read_again() {
        let bytes = png_of(&image()).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(&bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width, info.height), (20, 10));
        assert_eq!(&pixels[4 * 21..4 * 22], [1, 1, 7, 255]);
    }
}
