//! The pictures of the icon, part of the program.

use std::io::Cursor;

use super::Face;

/// A picture: rows from the top, each pixel as red, green, blue and opacity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Picture {
    pub side: u32,
    pub rgba: Vec<u8>,
}

macro_rules! pictures {
    ($face:literal) => {
        [
            include_bytes!(concat!("../../assets/tray/", $face, "-16.png")).as_slice(),
            include_bytes!(concat!("../../assets/tray/", $face, "-22.png")),
            include_bytes!(concat!("../../assets/tray/", $face, "-24.png")),
            include_bytes!(concat!("../../assets/tray/", $face, "-32.png")),
            include_bytes!(concat!("../../assets/tray/", $face, "-48.png")),
            include_bytes!(concat!("../../assets/tray/", $face, "-64.png")),
        ]
    };
}

/// All sizes of a face, the smallest first.
pub(super) fn pictures(face: Face) -> Vec<Picture> {
    let files = match face {
        Face::Collecting => pictures!("collecting"),
        Face::Current => pictures!("current"),
        Face::Attention => pictures!("attention"),
        Face::Paused => pictures!("paused"),
    };
    // What cannot be read would be a mistake in the build, and a test finds it.
    files.into_iter().filter_map(|file| read(file).ok()).collect()
}

fn read(file: &[u8]) -> Result<Picture, String> {
    let mut decoder = png::Decoder::new(Cursor::new(file));
    decoder.set_transformations(
        png::Transformations::normalize_to_color8() | png::Transformations::ALPHA,
    );
    let mut reader = decoder.read_info().map_err(|error| error.to_string())?;
    let mut pixels = vec![0; reader.output_buffer_size().ok_or("too large")?];
    let frame = reader.next_frame(&mut pixels).map_err(|error| error.to_string())?;
    pixels.truncate(frame.buffer_size());
    let rgba = match frame.color_type {
        png::ColorType::Rgba => pixels,
        png::ColorType::GrayscaleAlpha => pixels
            .chunks_exact(2)
            .flat_map(|pixel| match pixel {
                [gray, alpha] => [*gray, *gray, *gray, *alpha],
                _ => [0; 4],
            })
            .collect(),
        other => return Err(format!("{other:?} is not expected here")),
    };
    if frame.width != frame.height {
        return Err("it is not square".to_owned());
    }
    Ok(Picture { side: frame.width, rgba })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_face_has_every_size() {
        for face in [Face::Collecting, Face::Current, Face::Attention, Face::Paused] {
            let pictures = pictures(face);
            let sides: Vec<u32> = pictures.iter().map(|picture| picture.side).collect();
            assert_eq!(sides, [16, 22, 24, 32, 48, 64], "{face:?}");
            for picture in pictures {
                assert_eq!(picture.rgba.len(), (picture.side * picture.side * 4) as usize);
            }
        }
    }

    #[test]
    fn faces_differ_in_shape_and_not_only_in_color() {
        let shape = |face| -> Vec<bool> {
            let all = pictures(face);
            let picture = all.iter().find(|picture| picture.side == 32).unwrap();
            let light = |pixel: &[u8]| pixel[..3].iter().map(|c| u32::from(*c)).sum::<u32>() > 600;
            picture.rgba.chunks_exact(4).map(|pixel| pixel[3] > 127 && !light(pixel)).collect()
        };
        let faces = [Face::Collecting, Face::Current, Face::Attention, Face::Paused].map(shape);
        for (i, one) in faces.iter().enumerate() {
            for other in &faces[i + 1..] {
                let differing = one.iter().zip(other).filter(|(a, b)| a != b).count();
                assert!(differing > 60, "only {differing} of 1024 pixels differ");
            }
        }
    }
}
