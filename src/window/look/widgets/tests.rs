//! A gallery of all widgets, drawn and used through the accessibility tree.

use super::*;
use crate::window::look::{icons, install, theme};
use eframe::egui::{self, Key, Role, Theme, Ui, accesskit::Toggled};
use egui_kittest::{Harness, kittest::NodeT as _, kittest::Queryable as _};
use std::time::Duration;

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
        .with_size(egui::vec2(760.0, 736.0))
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
fn the_gallery_looks_as_it_did() {
    let mut all = egui_kittest::SnapshotResults::new();
    for (look, name) in [(Theme::Light, "gallery_light"), (Theme::Dark, "gallery_dark")] {
        let mut harness = filled(look, 1.0);
        harness.run();
        harness.snapshot(name);
        all.extend_harness(&mut harness);
    }
}

#[test]
fn a_mistake_is_tied_to_its_field() {
    let mut harness = harness(Theme::Light, 1.0);
    harness.run();
    let field = harness.get_by_role_and_label(Role::TextInput, "API HostName");
    let node = field.accesskit_node();
    assert_eq!(node.data().invalid(), Some(egui::accesskit::Invalid::True));
    assert!(node.data().error_message().is_some());
    let good = harness.get_by_role_and_label(Role::TextInput, "Integration Key");
    assert_eq!(good.accesskit_node().data().invalid(), None);
    harness.get_by_label_contains("Remove “https://”");
}

#[test]
fn a_field_says_when_it_was_left_and_when_enter_was_pressed() {
    let mut harness = harness(Theme::Light, 1.0);
    harness.run();
    harness.get_by_role_and_label(Role::TextInput, "Integration Key").focus();
    harness.run();
    harness.get_by_role_and_label(Role::TextInput, "Integration Key").type_text("DI123");
    harness.run();
    assert!(harness.state().left.is_empty());
    harness.key_press(Key::Tab);
    harness.run();
    assert_eq!(harness.state().integration_key, "DI123");
    assert_eq!(harness.state().left, ["Integration Key"]);
    harness.get_by_role_and_label(Role::PasswordInput, "Secret Key").type_text("abc");
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().left, ["Integration Key", "Secret Key entered"]);
}

#[test]
fn a_secret_is_hidden_until_the_eye_is_opened() {
    let mut harness = filled(Theme::Light, 1.0);
    harness.run();
    let secret = harness.state().secret_key.clone();
    let told = |harness: &Harness<'_, Gallery>| {
        let field = harness
            .query_by_role_and_label(Role::PasswordInput, "Secret Key")
            .unwrap_or_else(|| harness.get_by_role_and_label(Role::TextInput, "Secret Key"));
        field.accesskit_node().value()
    };
    assert_ne!(told(&harness), Some(secret.clone()));
    harness.get_by_role_and_label(Role::Button, "Show the secret key").click();
    harness.run();
    assert_eq!(told(&harness), Some(secret.clone()));
    harness.get_by_role_and_label(Role::Button, "Hide the secret key").click();
    harness.run();
    assert_ne!(told(&harness), Some(secret));
}

#[test]
fn rows_change_by_click_and_by_space() {
    let mut harness = harness(Theme::Light, 1.0);
    harness.run();
    harness.get_by_role_and_label(Role::CheckBox, "Telephony").click();
    harness.run();
    assert!(harness.state().chosen);
    harness.get_by_role_and_label(Role::Switch, "Start at login").focus();
    harness.run();
    harness.key_press(Key::Space);
    harness.run();
    assert!(harness.state().on);
    let row = harness.get_by_role_and_label(Role::Switch, "Start at login");
    assert_eq!(row.accesskit_node().toggled(), Some(Toggled::True));
}

#[test]
fn a_disabled_button_does_nothing() {
    let mut harness = harness(Theme::Light, 1.0);
    harness.run();
    let finish = harness.get_by_role_and_label(Role::Button, "Finish");
    assert!(finish.accesskit_node().is_disabled());
    finish.click();
    harness.run();
    assert!(harness.state().pressed.is_empty());
}

#[test]
fn the_buttons_of_a_banner_can_be_pressed() {
    let mut harness = harness(Theme::Light, 1.0);
    harness.run();
    harness.get_by_role_and_label(Role::Button, "Edit account…").click();
    harness.run();
    assert_eq!(harness.state().pressed, ["Edit account…"]);
}

#[test]
fn a_dialog_keeps_the_focus_inside_and_gives_it_back() {
    let mut harness = harness(Theme::Light, 1.0);
    harness.run();
    harness.get_by_role_and_label(Role::Button, "Validate Credential").focus();
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    harness.get_by_role_and_label(Role::Dialog, "Validation");
    for _ in 0..6 {
        harness.key_press(Key::Tab);
        harness.run();
        let inside = ["OK", "Close"].into_iter().any(|name| {
            harness.get_by_role_and_label(Role::Button, name).accesskit_node().is_focused()
        });
        assert!(inside, "the focus left the dialog");
    }
    harness.key_press(Key::Escape);
    harness.run();
    assert!(!harness.state().dialog);
    assert!(harness.query_by_role_and_label(Role::Dialog, "Validation").is_none());
    let opener = harness.get_by_role_and_label(Role::Button, "Validate Credential");
    assert!(opener.accesskit_node().is_focused());
}

#[test]
fn a_click_beside_a_dialog_does_not_close_it() {
    let mut harness = harness(Theme::Light, 1.0);
    harness.state_mut().dialog = true;
    harness.run();
    harness.get_by_role_and_label(Role::Button, "Edit account…").click();
    harness.run();
    assert!(harness.state().dialog);
    assert!(harness.state().pressed.is_empty());
}

#[test]
fn copying_says_so_and_then_no_more() {
    let mut harness = harness(Theme::Light, 1.0);
    harness.run();
    harness.get_by_role_and_label(Role::Button, "Copy").click();
    harness.step();
    let copied = harness.output().platform_output.commands.iter().any(
        |command| matches!(command, egui::OutputCommand::CopyText(text) if text == "code 40103"),
    );
    harness.step();
    let copied = copied
        || harness.output().platform_output.commands.iter().any(
            |command| matches!(command, egui::OutputCommand::CopyText(text) if text == "code 40103"),
        );
    assert!(copied);
    harness.get_by_role_and_label(Role::Button, "Copied");
    // The harness moves its clock a quarter of a second a step.
    harness.run_steps(10);
    harness.get_by_role_and_label(Role::Button, "Copy");
}

#[test]
fn an_idle_window_draws_nothing() {
    let mut harness = filled(Theme::Light, 1.0);
    install(&harness.ctx, false);
    harness.ctx.set_theme(Theme::Light);
    harness.run();
    // With the focus in a field, too: the cursor does not blink.
    harness.get_by_role_and_label(Role::TextInput, "Integration Key").focus();
    harness.run();
    harness.run_steps(2);
    assert_eq!(next_frame(&harness), Duration::MAX);
}

#[test]
fn only_what_moves_asks_for_frames_and_not_with_reduced_motion() {
    for (reduced, expected) in [(false, true), (true, false)] {
        let mut harness = Harness::builder()
            .with_context_setup(move |ctx| install(ctx, reduced))
            .build_ui(|ui| {
                state_sign(ui, Sign::Running);
                progress(ui, None, "Looking");
            });
        // Once more: the harness has switched off all motion meanwhile.
        install(&harness.ctx, reduced);
        harness.run_steps(4);
        let delay = harness.output().viewport_output[&egui::ViewportId::ROOT].repaint_delay;
        assert_eq!(delay < Duration::from_secs(1), expected, "{delay:?}");
    }
}

fn next_frame(harness: &Harness<'_, Gallery>) -> Duration {
    harness.output().viewport_output[&egui::ViewportId::ROOT].repaint_delay
}

fn filled(look: Theme, scale: f32) -> Harness<'static, Gallery> {
    let mut harness = harness(look, scale);
    let gallery = harness.state_mut();
    gallery.chosen = true;
    gallery.on = true;
    gallery.integration_key = "DIWJ8X6AEYOR5OMC6TQ1".into();
    gallery.secret_key = "not a secret, only as long as one is: xx".into();
    gallery.hostname = "https://api-1234".into();
    harness
}
