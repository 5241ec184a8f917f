//! A gallery of all widgets, drawn and used through the accessibility tree.

use super::*;
use crate::window::look::{icons, install, theme};
use eframe::egui::{self, Key, Role, Theme, Ui, accesskit::Toggled};
use egui_kittest::{Harness, kittest::NodeT as _, kittest::Queryable as _};

/// What the gallery's widgets change.
#[derive(Default)]
struct Gallery {
    integration_key: String,
    secret_key: String,
    hostname: String,
    chosen: bool,
    on: bool,
    pressed: Vec<&'static str>,
    left: Vec<&'static str>,
    dialog: bool,
}

fn gallery_ui(ui: &mut Ui, gallery: &mut Gallery) {
    page_title(ui, "Connect");
    steps(ui, &["Connect", "Choose", "Finish"], 1);
    ui.columns_const(|[left, right]| {
        card(left, |ui| {
            card_title(ui, "Admin API");
            let key = FieldSpec {
                label: "Integration Key",
                placeholder: "DI…",
                mono: true,
                ..FieldSpec::default()
            };
            if field(ui, &mut gallery.integration_key, &key).left {
                gallery.left.push("Integration Key");
            }
            let secret = FieldSpec {
                label: "Secret Key",
                help: "Kept in the keychain, never in a file",
                secret: true,
                mono: true,
                ..FieldSpec::default()
            };
            if field(ui, &mut gallery.secret_key, &secret).entered {
                gallery.left.push("Secret Key entered");
            }
            let host = FieldSpec {
                label: "API HostName",
                error: Some("Remove “https://”: only the name of the host belongs here"),
                ..FieldSpec::default()
            };
            field(ui, &mut gallery.hostname, &host);
            check_row(ui, &mut gallery.chosen, "Telephony", "Calls and text messages");
            switch_row(ui, &mut gallery.on, "Start at login", "");
            ui.horizontal(|ui| {
                link_button(ui, "Where do I find these?");
                hint(ui, "The Duo Admin Panel shows them");
            });
        });
        banner(right, Kind::Info, "Paused", "No log is read until you resume", |_| ());
        banner(right, Kind::Good, "All logs are current", "", |_| ());
        banner(right, Kind::Warn, "The clock is 40 s off", "Requests use Duo’s time", |_| ());
        let problem = "The secret key does not match. Copy it again";
        banner(right, Kind::Bad, "Duo refused the signature", problem, |ui| {
            if quiet_button(ui, "Edit account…").clicked() {
                gallery.pressed.push("Edit account…");
            }
            copy_button(ui, "code 40103");
        });
        card(right, |ui| {
            ui.horizontal(|ui| {
                figure(ui, "12,480", "records", "Stored today");
                ui.add_space(16.0);
                figure(ui, "38", "s", "Behind Duo");
            });
            progress(ui, Some(0.62), "About 3 min left");
            divider(ui);
            flow(ui, |ui| {
                for (sign, words) in [
                    (Sign::Pass, "Current"),
                    (Sign::Warn, "Attention"),
                    (Sign::Fail, "Denied"),
                    (Sign::Skipped, "Paused"),
                    (Sign::Waiting, "Waiting"),
                ] {
                    pill(ui, sign, words);
                }
            });
            flow(ui, |ui| {
                for sign in [Sign::Pass, Sign::Warn, Sign::Fail, Sign::Skipped, Sign::Waiting] {
                    state_sign(ui, sign);
                }
                mono(ui, "DIWJ8X6AEYOR5OMC6TQ1");
            });
            small(ui, "3 min ago");
        });
    });
    ui.horizontal(|ui| {
        quiet_button(ui, "Back");
        danger_button(ui, "Remove account");
        ui.add_enabled(false, Press::primary("Finish"));
        icon_button(ui, icons::GEAR, "Settings");
        if ui.add(Press::primary("Validate Credential").icon(icons::SHIELD_CHECK)).clicked() {
            gallery.pressed.push("Validate Credential");
            gallery.dialog = true;
        }
    });
    dialog(ui.ctx(), "Validation", &mut gallery.dialog, |ui| {
        ui.horizontal(|ui| {
            state_sign(ui, Sign::Pass);
            body(ui, "Duo can be reached");
        });
        if primary_button(ui, "OK").clicked() {
            gallery.pressed.push("OK");
        }
    });
}

fn harness(look: Theme, scale: f32) -> Harness<'static, Gallery> {
    Harness::builder()
        .with_size(egui::vec2(760.0, 820.0))
        .with_pixels_per_point(scale)
        .with_theme(look)
        .with_context_setup(move |ctx| {
            install(ctx, true);
            ctx.set_theme(look);
        })
        .build_ui_state(
            |ui, gallery| {
                egui::Frame::new().inner_margin(24).fill(theme::of(ui).ground).show(ui, |ui| {
                    ui.set_min_size(ui.available_size());
                    gallery_ui(ui, gallery);
                });
            },
            Gallery::default(),
        )
}

#[test]
fn everything_has_a_name_in_both_modes_and_sizes() {
    for look in [Theme::Light, Theme::Dark] {
        for scale in [1.0, 2.0] {
            let mut harness = harness(look, scale);
            harness.run();
            for name in ["Integration Key", "API HostName"] {
                harness.get_by_role_and_label(Role::TextInput, name);
            }
            harness.get_by_role_and_label(Role::PasswordInput, "Secret Key");
            for name in ["Back", "Remove account", "Finish", "Settings", "Validate Credential"] {
                harness.get_by_role_and_label(Role::Button, name);
            }
            for name in ["Passed", "Warning", "Failed", "Skipped", "Waiting"] {
                harness.get_by_role_and_label(Role::Image, name);
            }
            harness.get_by_role_and_label(Role::CheckBox, "Telephony");
            harness.get_by_role_and_label(Role::Switch, "Start at login");
            harness.get_by_role_and_label(Role::ProgressIndicator, "About 3 min left");
            harness.get_by_role_and_label(Role::Heading, "Connect");
        }
    }
}

#[test]
fn pictures() {
    for (look, scale) in
        [(Theme::Light, 1.0), (Theme::Light, 2.0), (Theme::Dark, 1.0), (Theme::Dark, 2.0)]
    {
        let mut harness = harness(look, scale);
        harness.state_mut().chosen = true;
        harness.state_mut().on = true;
        harness.state_mut().integration_key = "DIWJ8X6AEYOR5OMC6TQ1".into();
        harness.state_mut().secret_key = "0123456789012345678901234567890123456789".into();
        harness.state_mut().hostname = "https://api-1234".into();
        harness.run();
        harness.render().unwrap().save(format!("/tmp/look/gallery-{look:?}-{scale}.png")).unwrap();
        harness.get_by_label("Validate Credential").click();
        harness.run();
        harness.render().unwrap().save(format!("/tmp/look/dialog-{look:?}-{scale}.png")).unwrap();
    }
}
