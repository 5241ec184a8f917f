//! What gets messages about alerts: mailboxes, channels, webhooks.

use super::{Field, Secret, Type, What};
use crate::window::look::icons;

pub(super) const TYPES: [Type; 4] = [
    Type {
        name: "email",
        title: "E-mail",
        about: "To mailboxes, by your mail server",
        icon: icons::ENVELOPE,
        is_for_records: false,
        fields: &[
            Field::text("server", "Mail server")
                .example("smtp.example.com:587")
                .help("Without a port, the usual one of the protection"),
            Field::choice(
                "security",
                "Protection",
                &[
                    ("starttls", "STARTTLS, usually port 587"),
                    ("tls", "TLS from the start, usually port 465"),
                    ("none", "None, for a server on this computer"),
                ],
            ),
            Field::text("from", "From").example("duo@example.com"),
            Field::list("to", "To")
                .example("security@example.com, it@example.com")
                .help("Several addresses with commas between them"),
            Field::text("user", "User at the mail server").help("Empty where it asks for none"),
        ],
        secret: |typed| typed.has("user").then_some(Secret::new("Password", "")),
    },
    Type {
        name: "slack",
        title: "Slack",
        about: "To a channel of your workspace",
        icon: icons::USERS,
        is_for_records: false,
        fields: &[],
        secret: |_| {
            Some(Secret {
                is_address: true,
                ..Secret::new(
                    "Webhook address",
                    "From \u{201c}Incoming webhooks\u{201d} of your Slack app. Whoever has it can \
                     write there. ",
                )
            })
        },
    },
    Type {
        name: "teams",
        title: "Microsoft Teams",
        about: "To a channel, by a workflow",
        icon: icons::USERS,
        is_for_records: false,
        fields: &[],
        secret: |_| {
            Some(Secret {
                is_address: true,
                ..Secret::new(
                    "Webhook address",
                    "From the workflow \u{201c}Send webhook alerts to a channel\u{201d}. Whoever has \
                     it can write there. ",
                )
            })
        },
    },
    Type {
        name: "webhook",
        title: "Webhook",
        about: "As JSON to any program that takes it",
        icon: icons::CODE,
        is_for_records: false,
        fields: &[
            Field::text("url", "Address")
                .example("https://example.com/alerts")
                .help("Alerts are posted there as JSON")
                .wide(),
            Field::text("header_name", "Header")
                .example("Authorization")
                .help("For an address that asks who is there; empty where it does not"),
        ],
        secret: |typed| typed.has("header_name").then_some(Secret::new("Header value", "")),
    },
];

/// When messages are sent, beside the levels.
pub(in super::super) const TASTE: [Field; 4] = [
    Field::text("quiet_hours", "Quiet hours")
        .example("22:00-07:00")
        .help("Between these times only what is grave is sent; empty for none")
        .rare(),
    Field::text("zone", "Zone")
        .example("Europe/Paris")
        .help("Whose clock tells the quiet hours; empty for this computer\u{2019}s")
        .rare()
        .when(|typed| typed.has("quiet_hours")),
    Field::new("quiet_level", "Sent in quiet hours too, from", What::Choice(&LEVELS))
        .rare()
        .when(|typed| typed.has("quiet_hours")),
    Field::text("group_for", "One message for what begins within")
        .example("5 min")
        .help("5 min unless you write another; 0 s sends each alert by itself")
        .rare(),
];

/// The first one goes without saying.
const LEVELS: [(&str, &str); 5] = [
    ("critical", "Critical"),
    ("high", "High"),
    ("medium", "Medium"),
    ("low", "Low"),
    ("informational", "Informational"),
];
