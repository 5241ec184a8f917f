//! What draws the window: OpenGL, or Direct3D on a Windows computer that has no OpenGL to speak of.
//!
//! Promises: where one renderer cannot draw here, the next is tried; only when none can there is a
//! message, and it holds what each of them said. A person's wish is tried alone.
//!
//! In remote desktop sessions and in many virtual machines Windows offers OpenGL 1.1, and eframe
//! needs 2.0. Direct3D 12 is there on every Windows since 10 (1709) and Server 2019, without a
//! graphics card as well: the processor draws then. OpenGL goes first, because it is tried on three
//! systems.
//! Source: <https://learn.microsoft.com/windows/win32/direct3darticles/directx-warp>.

use std::fmt;

/// The environment variable in which a person names a renderer, for a computer where one of them
/// opens a window and draws nothing in it. Only Windows has a choice.
pub const VARIABLE: &str = "DUO_INTEGRATOR_RENDERER";

/// A way to draw the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renderer {
    /// OpenGL 2.0 or newer.
    OpenGl,
    /// Direct3D 12.
    Direct3d,
}

/// Why a renderer did not bring the window.
#[derive(Debug, PartialEq)]
pub enum Failure {
    /// It cannot draw here; another one may.
    CannotDraw(String),
    /// Something that another one would not change.
    Final(String),
}

/// What to try, in this order. A wish that names no renderer is none.
pub fn order(has_direct3d: bool, wish: Option<&str>) -> &'static [Renderer] {
    if !has_direct3d {
        return &[Renderer::OpenGl];
    }
    match wish.map(str::to_ascii_lowercase).as_deref() {
        Some("opengl") => &[Renderer::OpenGl],
        Some("direct3d") => &[Renderer::Direct3d],
        _ => &[Renderer::OpenGl, Renderer::Direct3d],
    }
}

/// Opens the window with the first renderer that can draw. The error is for people.
pub fn try_in(
    order: &[Renderer],
    mut open: impl FnMut(Renderer) -> Result<(), Failure>,
) -> Result<(), String> {
    let mut said = Vec::new();
    for &renderer in order {
        match open(renderer) {
            Ok(()) => return Ok(()),
            Err(Failure::CannotDraw(why)) => {
                tracing::warn!("{renderer} cannot draw the window: {why}");
                said.push(format!("{renderer}: {why}"));
            }
            Err(Failure::Final(why)) => {
                said.push(why);
                break;
            }
        }
    }
    Err(said.join("; "))
}

impl Renderer {
    /// What eframe has to be told. Direct3D is compiled in for Windows only.
    pub fn options(self) -> eframe::NativeOptions {
        let options = eframe::NativeOptions {
            // Named: a library that tests bring along would switch to another one.
            renderer: eframe::Renderer::Glow,
            ..eframe::NativeOptions::default()
        };
        match self {
            #[cfg(windows)]
            Self::Direct3d => eframe::NativeOptions {
                renderer: eframe::Renderer::Wgpu,
                wgpu_options: direct3d(),
                ..options
            },
            _ => options,
        }
    }
}

/// Sparing: the usual blocks of 128 MB and more are real memory where the processor draws.
#[cfg(windows)]
fn direct3d() -> eframe::WgpuConfiguration {
    use eframe::egui_wgpu::WgpuSetupCreateNew;
    use eframe::wgpu;

    let mut setup = WgpuSetupCreateNew::without_display_handle();
    setup.power_preference = wgpu::PowerPreference::LowPower;
    let usual = setup.device_descriptor;
    setup.device_descriptor = std::sync::Arc::new(move |adapter| wgpu::DeviceDescriptor {
        memory_hints: wgpu::MemoryHints::MemoryUsage,
        ..usual(adapter)
    });
    eframe::WgpuConfiguration { wgpu_setup: setup.into(), ..eframe::WgpuConfiguration::default() }
}

impl fmt::Display for Renderer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OpenGl => "OpenGL",
            Self::Direct3d => "Direct3D",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Renderer::{Direct3d, OpenGl};
    use super::*;

    /// Which renderers were tried, and what came of it, with these answers.
    fn tried(
        order: &[Renderer],
        answers: &[Result<(), Failure>],
    ) -> (Vec<Renderer>, Result<(), String>) {
        let mut tried = Vec::new();
        let done = try_in(order, |renderer| {
            tried.push(renderer);
            match &answers[tried.len() - 1] {
                Ok(()) => Ok(()),
                Err(Failure::CannotDraw(why)) => Err(Failure::CannotDraw(why.clone())),
                Err(Failure::Final(why)) => Err(Failure::Final(why.clone())),
            }
        });
        (tried, done)
    }

    fn cannot_draw(why: &str) -> Result<(), Failure> {
        Err(Failure::CannotDraw(why.to_owned()))
    }

    #[test]
    fn a_wish_is_tried_alone_and_only_where_there_is_a_choice() {
        for (has_direct3d, wish, expected) in [
            (false, None, &[OpenGl][..]),
            (false, Some("direct3d"), &[OpenGl]),
            (true, None, &[OpenGl, Direct3d]),
            (true, Some("opengl"), &[OpenGl]),
            (true, Some("direct3d"), &[Direct3d]),
            (true, Some("Direct3D"), &[Direct3d]),
            (true, Some(""), &[OpenGl, Direct3d]),
            (true, Some("vulkan"), &[OpenGl, Direct3d]),
        ] {
            assert_eq!(order(has_direct3d, wish), expected, "{has_direct3d} {wish:?}");
        }
    }

    #[test]
    fn the_first_that_can_draw_is_the_last_that_is_tried() {
        let both = [OpenGl, Direct3d];
        assert_eq!(tried(&both, &[Ok(())]), (vec![OpenGl], Ok(())));
        assert_eq!(tried(&both, &[cannot_draw("1.1"), Ok(())]), (both.to_vec(), Ok(())));
    }

    #[test]
    fn when_none_can_draw_each_has_said_why() {
        let both = [OpenGl, Direct3d];
        let (_, done) = tried(&both, &[cannot_draw("needs 2.0"), cannot_draw("no adapter")]);
        assert_eq!(done, Err("OpenGL: needs 2.0; Direct3D: no adapter".to_owned()));
    }

    #[test]
    fn what_no_renderer_changes_is_not_tried_again() {
        let full = Err(Failure::Final("the disk is full".to_owned()));
        let (tried, done) = tried(&[OpenGl, Direct3d], &[full]);
        assert_eq!((tried, done), (vec![OpenGl], Err("the disk is full".to_owned())));
    }
}
